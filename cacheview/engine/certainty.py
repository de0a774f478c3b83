"""What an answer rests on that is not known exactly: which other answers the daemon may give, by all that is known.

The same way as `ImageCache.verdict`, with every comparison answered yes, no or maybe. An answer is certain when only
one is possible, so a doubt that makes no difference is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from cacheview.engine.cache import ImageCache
from cacheview.engine.doubts import Doubted, Grounds, doubts_about, prefix_doubts
from cacheview.engine.history import IsParent, created_by, descends, history_keys, matches_history
from cacheview.engine.index import CandidateIndex, iterate_bits
from cacheview.engine.lineage import Lineage
from cacheview.engine.ruleset import Candidates, Descent, RuleSet, SourceHit
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.model import SCRATCH, Aspect, ContainerConfig, Doubt, Image, Probe

__all__ = ["Certainty", "descent_doubts", "following_doubts", "history_doubts", "layer_doubts", "rests_on", "rivals"]


class _Any(Enum):
    ANY = "any"


_Answer = tuple[VerdictOutcome, str] | _Any
_ANY = _Any.ANY
_MISS: _Answer = (VerdictOutcome.MISS, "")
_ERROR: _Answer = (VerdictOutcome.ERROR, "")
_DIVERGES: _Answer = (VerdictOutcome.DIVERGES, "")


def _hit(image: Image) -> _Answer:
    return (VerdictOutcome.HIT, image.id)


def rests_on(cache: ImageCache, probe: Probe, verdict: Verdict) -> tuple[Doubted, ...]:
    """The doubts for which the daemon may answer otherwise; empty: the verdict is certain."""
    if not cache.has_doubts:
        return ()
    grounds = Grounds()
    if not _is_followed(cache.rules):
        _all_that_concerns(cache, probe, grounds)
        return grounds.told()
    possible = set(_possible(cache, probe, verdict, grounds))
    if len(possible) == 1 and _ANY not in possible:
        return ()
    return grounds.told()


def _is_followed(rules: RuleSet) -> bool:
    """Whether all ways to an answer are gone through. Elsewhere every doubt that a rule might read counts."""
    return (
        rules.candidates is Candidates.CHILDREN
        and not rules.requirements
        and rules.descent is Descent.PARENT
        and rules.source_hit is SourceHit.WHOLE
    )


_OF_ENTRIES: tuple[Aspect, ...] = (
    *("history.created", "history.created_by", "history.author", "history.comment", "history.empty_layer"),
)
_OF_SOURCES: tuple[Aspect, ...] = ("names", "parent", "config", "diff_ids", "history", *_OF_ENTRIES)


def membership(rules: RuleSet, parent: str) -> tuple[Aspect, ...]:
    """What of an image tells whether it is a candidate for this parent."""
    if rules.candidates is Candidates.BY_LAYERS:
        # Entry by entry against the parent's, whole.
        return ("diff_ids", "history", *_OF_ENTRIES)
    return ("from_scratch",) if rules.candidates is Candidates.MARKED and parent == SCRATCH else ("parent",)


def _all_that_concerns(cache: ImageCache, probe: Probe, grounds: Grounds) -> None:
    """Every doubt about what the rules may read of a candidate that might match, of a source or the parent."""
    rules = cache.rules
    member = membership(rules, probe.parent)
    own: tuple[Aspect, ...] = (*member, "container_config", "created")
    for requirement in (*rules.requirements, *rules.later):
        own = (*own, requirement.aspect)
    everything = cache.everything
    alike = everything.alike(probe) | everything.unread
    candidates = {image.id for image in cache.children(probe.parent)}
    for image in everything.images(alike):
        may_be_one = image.doubts and (image.id in candidates or doubts_about(image, *member))
        if may_be_one and _meets_what_is_known(rules, probe, image):
            grounds.add(doubts_about(image, *own), image)
    if probe.cache_from:
        for image in cache.store.images:
            grounds.add(doubts_about(image, *_OF_SOURCES), image)


def _meets_what_is_known(rules: RuleSet, probe: Probe, image: Image) -> bool:
    """Whether no requirement certainly fails."""
    return all(
        requirement.matches(probe, image) or doubts_about(image, requirement.aspect)
        for requirement in (*rules.requirements, *rules.later)
    )


# The local cache


def rivals(index: CandidateIndex, probe: Probe, answer: Image | None) -> int:
    """The candidates (bits) that may be the local answer instead, the answer itself if it may be none."""
    if not index.doubts:
        return 0
    found = index.maybe_matching(probe, index.undatable)
    if found and answer is not None:
        found &= ((1 << (index.position(answer) + 1)) - 1) | index.undatable
    return found


def _stray_rivals(cache: ImageCache, probe: Probe, answer: Image | None) -> int:
    """Likewise of the images whose parent is not known."""
    strays = cache.strays
    if not len(strays):
        return 0
    found = strays.maybe_matching(probe, strays.all)
    if answer is not None and answer.created is not None:
        found &= strays.not_older(answer.created) | strays.undatable
    return found


def _count_doubts(index: CandidateIndex, bits: int, grounds: Grounds, *, with_parent: bool) -> None:
    for doubt, about in index.doubts:
        if about & bits and (with_parent or doubt.aspect != "parent"):
            grounds.count(doubt, (about & bits).bit_count())


def _possible(cache: ImageCache, probe: Probe, verdict: Verdict, grounds: Grounds) -> Iterator[_Answer]:
    index = cache.candidates(probe.parent)
    others = rivals(index, probe, verdict.local)
    strays = _stray_rivals(cache, probe, verdict.local)
    _count_doubts(cache.strays, strays, grounds, with_parent=True)
    if strays:
        yield _ANY
        if not probe.cache_from:
            return
    if not probe.cache_from:
        yield _hit(verdict.local) if verdict.local is not None else _MISS
        if others:
            _count_doubts(index, others, grounds, with_parent=False)
            yield _ANY
        return
    members = _members(cache.lineages(probe.cache_from))
    own, goes_on = _of_local(cache, members, verdict.local, grounds)
    yield from own
    if others:
        # None too: what does not count comes to the same. Otherwise it is no matter which of them it would be.
        beside = others | sum(1 << position for position in index.matches(probe))
        led = [
            _of_local(cache, members, local, grounds)
            for local in (None, *_countable(cache, probe, index, beside, members))
        ]
        if any(answers - own or further != goes_on for answers, further in led):
            _count_doubts(index, others, grounds, with_parent=False)
        for answers, further in led:
            yield from answers
            goes_on = goes_on or further
    if goes_on:
        yield from _of_history(cache, probe, members, grounds)


def _countable(
    cache: ImageCache, probe: Probe, index: CandidateIndex, bits: int, members: list[_Member]
) -> Iterator[Image]:
    """Of the possible local answers those that some source may make count, or make diverge; of those alike, one."""
    sources = [member.image for member in members if member.image is not None]
    wanted = {source.parent for source in sources if source.parent is not None} | {probe.parent}
    for image_id in wanted:
        image = cache.store.by_id.get(image_id)
        if image is not None and (image.parent or SCRATCH) == probe.parent and bits >> index.position(image) & 1:
            yield image
    yield index.image(next(iterate_bits(bits)))


# The sources


@dataclass(frozen=True, slots=True)
class _Member:
    """A source, or None for any image at all; and why it may not be one."""

    image: Image | None
    doubts: tuple[Doubt, ...]
    carriers: tuple[Image, ...]


def _members(lineages: Iterable[Lineage]) -> list[_Member]:
    found: dict[tuple[str, bool], _Member] = {}
    for lineage in lineages:
        doubts = lineage.doubts
        whole = lineage.sources or ((lineage.image,) if lineage.image is not None else ())
        for source in lineage.sources:
            found.setdefault((source.id, bool(doubts)), _Member(source, doubts, whole))
            doubts = (*doubts, *doubts_about(source, "parent"))
        if lineage.open_ended:
            found.setdefault((f"any after {len(found)}", True), _Member(None, lineage.open_ended, whole))
    return list(found.values())


def descent_doubts(source: Image, answer: Image) -> tuple[Doubt, ...]:
    """What it rests on whether the source has the local answer as its parent."""
    doubts = doubts_about(source, "parent")
    if source.parent is None or doubts:
        doubts = (*doubts, *(doubt for doubt in doubts_about(answer, "parent") if doubt not in doubts))
    return doubts


def _of_local(
    cache: ImageCache, members: list[_Member], local: Image | None, grounds: Grounds
) -> tuple[set[_Answer], bool]:
    """The answers to which the sources may lead with this local answer; and whether the daemon may go on after that."""
    answers: set[_Answer] = set()
    if local is None:
        return answers, True
    for member in members:
        source = member.image
        if source is None:
            answers.add(_ANY)
            grounds.add(member.doubts, *member.carriers)
            continue
        doubts = descent_doubts(source, local)
        result = descends(source, local, cache.store, cache.rules)
        if doubts:
            answers.add(_ANY)
            grounds.add(doubts, source, local)
        elif result is not IsParent.NO:
            answers.add(_hit(local) if result is IsParent.YES else _DIVERGES)
            if not member.doubts:
                return answers, False
        if doubts or result is not IsParent.NO:
            grounds.add(member.doubts, *member.carriers)
    return answers, True


def _of_history(cache: ImageCache, probe: Probe, members: list[_Member], grounds: Grounds) -> Iterator[_Answer]:
    parent: Image | None = None
    if probe.parent != SCRATCH:
        parent = cache.store.by_id.get(probe.parent)
        if parent is None:
            yield _ERROR
            return
    for member in members:
        source = member.image
        if source is None:
            yield _ANY
            grounds.add(member.doubts, *member.carriers)
            continue
        certainty, doubts = history_doubts(source, parent, probe.config, cache.rules)
        if certainty is Certainty.NO:
            continue
        yield _hit(source)
        grounds.add(doubts, source, parent)
        grounds.add(member.doubts, *member.carriers)
        if certainty is Certainty.YES and not member.doubts:
            return
    yield _MISS


class Certainty(Enum):
    """What is known of a comparison's outcome."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


def history_doubts(
    source: Image, parent: Image | None, config: ContainerConfig, rules: RuleSet
) -> tuple[Certainty, tuple[Doubt, ...]]:
    """Whether a source's history fits, by all that is known; and what that rests on where it is not certain."""
    if not source.doubts and (parent is None or not parent.doubts):
        return (Certainty.YES if matches_history(source, parent, config, rules) else Certainty.NO), ()
    met: dict[Doubt, None] = {}
    for passes, doubts in _comparisons(source, parent, config, rules):
        if not passes and not doubts:
            return Certainty.NO, ()
        met.update(dict.fromkeys(doubts))
    return (Certainty.MAYBE if met else Certainty.YES), tuple(met)


def layer_doubts(source: Image, parent: Image | None) -> tuple[Doubt, ...]:
    """What the comparison of the layers rests on."""
    return (*doubts_about(source, "diff_ids"), *(doubts_about(parent, "diff_ids") if parent is not None else ()))


def following_doubts(source: Image, parent: Image | None) -> tuple[Doubt, ...]:
    """What the comparison of the next entry's command rests on."""
    return (*doubts_about(source, "history.created_by"), *_length_doubts(parent))


def _length_doubts(image: Image | None) -> tuple[Doubt, ...]:
    return doubts_about(image, "history") if image is not None else ()


def _comparisons(
    source: Image, parent: Image | None, config: ContainerConfig, rules: RuleSet
) -> Iterator[tuple[bool, tuple[Doubt, ...]]]:
    """Each comparison of ``isValidParent`` and ``isValidConfig``: whether it passes as known, and what it rests on."""
    lengths = (*_length_doubts(source), *_length_doubts(parent))
    yield bool(source.history), _length_doubts(source)
    entries = 0
    if parent is not None:
        entries, layers = len(parent.history), len(parent.diff_ids)
        told = (*_length_doubts(parent), *doubts_about(parent, "diff_ids"))
        certainly_something = (parent.history and not _length_doubts(parent)) or (
            parent.diff_ids and not doubts_about(parent, "diff_ids")
        )
        if told and not certainly_something:
            yield True, told  # it may have neither history nor layers, and then nothing of this is compared
        elif entries or layers:
            yield entries < len(source.history), lengths
            yield source.diff_ids[:layers] == parent.diff_ids, layer_doubts(source, parent)
            yield history_keys(source, rules)[:entries] == history_keys(parent, rules), prefix_doubts(parent, source)
    following = source.history[entries] if entries < len(source.history) else None
    yield following is not None and following.created_by == created_by(config), following_doubts(source, parent)
