"""All possible answers, given the known facts: `KnownCache.as_known` with yes, no or maybe for each comparison.

An answer is certain if it is the only one possible, so doubts that make no difference are not reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from cacheview.engine.candidate import membership
from cacheview.engine.doubts import DoubtCounter, doubts_about
from cacheview.engine.earlier import is_restored
from cacheview.engine.history import IsParent, descends, descent_doubts
from cacheview.engine.index import CandidateIndex
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.layers import child_doubts
from cacheview.engine.restore import identity, restored_config
from cacheview.engine.stage_check import Certainty, joined
from cacheview.engine.verdict import UnknownAnswer, Verdict, VerdictOutcome, VerdictReason
from cacheview.model import SCRATCH, Doubt, Image, Probe
from cacheview.model.effort import go_on, paced

__all__ = ["MAX_IMAGES", "possible_answers"]

MAX_IMAGES = 500
"""The most images that an unknown answer lists."""

_KNOWN_OUTCOMES = frozenset(VerdictOutcome) - {VerdictOutcome.UNKNOWN}


@dataclass
class _Answers:
    """The possible answers found so far, and the doubts that they depend on."""

    outcomes: set[VerdictOutcome] = field(default_factory=set)
    images: dict[str, Image] = field(default_factory=dict)
    has_others: bool = False
    allows_any: bool = False
    grounds: DoubtCounter = field(default_factory=DoubtCounter)

    def hit(self, image: Image) -> None:
        self.outcomes.add(VerdictOutcome.HIT)
        if len(self.images) < MAX_IMAGES:
            self.images[image.id] = image
        elif image.id not in self.images:
            self.has_others = True

    def allow_any(self, doubts: tuple[Doubt, ...], *images: Image | None) -> None:
        """Allow any answer: nothing is known because of these doubts."""
        self.allows_any = True
        self.grounds.add(doubts, *images)

    def add_verdict(self, verdict: Verdict) -> None:
        """Add the cache's answer for the values as reported."""
        self.outcomes.add(verdict.outcome)
        if verdict.image is None:
            return
        if verdict.is_new and verdict.source is not None:
            self.images[f"{verdict.image.id}@{verdict.source.id}"] = verdict.image
        else:
            self.hit(verdict.image)

    @property
    def is_certain(self) -> bool:
        return not self.allows_any and not self.has_others and len(self.outcomes) == 1 and len(self.images) <= 1


def possible_answers(cache: KnownCache, probe: Probe, known: Verdict) -> UnknownAnswer | None:
    """Return all answers that the daemon may give; None if the known answer is the only one."""
    answers = _Answers()
    if cache.rules.by_layers:
        _by_layers(cache, probe, answers)
    else:
        _by_config(cache, probe, answers)
    if answers.is_certain:
        return None
    outcomes = _KNOWN_OUTCOMES if answers.allows_any else frozenset(answers.outcomes)
    images = tuple(image for image in answers.images.values() if image.id in cache.store.by_id)
    others = answers.has_others or answers.allows_any or len(images) < len(answers.images)
    return UnknownAnswer(known, outcomes, images, others, answers.grounds.reported())


# The local cache, and the sources after it


def _by_config(cache: KnownCache, probe: Probe, answers: _Answers) -> None:
    local = _Local.of(cache, probe)
    local.count(answers.grounds)
    if not probe.cache_from:
        for candidate in local.images():
            answers.hit(candidate)
            if answers.has_others:
                break
        if local.certain is None:
            answers.outcomes.add(VerdictOutcome.MISS)
        return
    possible_sources = _possible_sources(cache, probe)
    continues = False
    for image, group in local.representatives(cache.counting_parents(probe.cache_from)):
        continues |= _counts(cache, possible_sources, image, group, answers)
    if continues:
        _by_history(cache, probe, possible_sources, answers)


@dataclass(frozen=True, slots=True)
class _CandidateGroup:
    """Candidates, as bits of an index: with the same doubts about their parents; all or none have a parent."""

    index: CandidateIndex
    bits: int

    def ids(self) -> Iterator[str]:
        return (image.id for image in self.index.images(self.bits))


@dataclass(frozen=True)
class _Local:
    """The possible answers of the local cache.

    Attributes:
        index: the candidates for the parent.
        bits: those of them that may be the answer.
        strays: the images for which it is not known whether they are candidates.
        stray_bits: those of them that may be the answer.
        certain: the newest candidate that certainly matches; None: there is none, so there may be no answer.
    """

    index: CandidateIndex
    bits: int
    strays: CandidateIndex
    stray_bits: int
    certain: Image | None

    @classmethod
    def of(cls, cache: KnownCache, probe: Probe) -> _Local:
        aspects = membership(cache.rules, probe.parent)
        index, strays = cache.candidates(probe.parent), cache.strays(probe.parent)
        bits = index.may_match(probe)
        stray_bits = strays.may_match(probe) if len(strays) else 0
        must = index.must_match(probe, *aspects, "existence") if bits else 0
        certain: Image | None = None
        if must:
            place = (must & -must).bit_length()
            certain = index.image(place - 1)
            bits &= ((1 << place) - 1) | index.unknowns.times
            stray_bits = _winning(cache, strays, stray_bits, certain)
        return cls(index, bits, strays, stray_bits, certain)

    def images(self) -> Iterator[Image]:
        """Yield all images that may be the answer: first those known to be candidates, newest first."""
        yield from self.index.images(self.bits)
        yield from self.strays.images(self.stray_bits)

    def count(self, grounds: DoubtCounter) -> None:
        """Count the doubts on which it depends whether these images are the answer."""
        certain = 0 if self.certain is None else 1 << self.index.position(self.certain)
        for index, bits in ((self.index, self.bits & ~certain), (self.strays, self.stray_bits)):
            for doubt, images in index.unknowns.among(bits):
                grounds.count(doubt, images)

    def representatives(
        self, counting_parents: Collection[str | None]
    ) -> Iterator[tuple[Image | None, _CandidateGroup]]:
        """Yield one image, or None, from each group of possible answers that all sources treat alike, with its group.

        ``counting_parents``: see `Lookups.counting_parents`.
        """
        if self.certain is None:
            yield None, _CandidateGroup(self.index, 0)
        ids = [image_id for image_id in counting_parents if image_id is not None]
        for index, bits in ((self.index, self.bits), (self.strays, self.stray_bits)):
            if not bits:
                continue
            singles = bits & (index.having(ids) | index.own_parents)
            groups = {of_group & -of_group: of_group for of_group in index.grouped_by_parent_doubts(bits & ~singles)}
            chosen = singles
            for first in groups:
                chosen |= first
            for image in index.images(chosen):
                first = 1 << index.position(image)
                yield image, _CandidateGroup(index, groups.get(first, first))


def _winning(cache: KnownCache, strays: CandidateIndex, bits: int, certain: Image) -> int:
    """Return those of the strays that may win over a match: the newer ones, and on a tie those earlier in the store."""
    created = cache.rules.time(certain.created)
    assert created is not None
    newer = bits & (strays.newer(created) | strays.unknowns.times)
    tied = bits & strays.not_older(created) & ~newer
    if not tied:
        return newer
    place = cache.store.place
    end = place(certain.id)
    return newer | strays.having(image.id for image in paced(strays.images(tied)) if place(image.id) < end)


@dataclass(frozen=True, slots=True)
class _PossibleSource:
    """A source, or None for an unknown image, and the doubts about whether it is a source."""

    image: Image | None
    doubts: tuple[Doubt, ...]
    carriers: tuple[Image, ...]


def _possible_sources(cache: KnownCache, probe: Probe) -> list[_PossibleSource]:
    return cache.last("possible sources", probe.cache_from, lambda: _find_possible_sources(cache, probe))


def _find_possible_sources(cache: KnownCache, probe: Probe) -> list[_PossibleSource]:
    if cache.carried.sources is not None:
        return [_PossibleSource(source, (), ()) for source in cache.sources(probe.cache_from)[1]]
    by_source: dict[tuple[str, bool], _PossibleSource] = {}
    for lineage in cache.lineages(probe.cache_from):
        doubts = lineage.doubts
        carriers = lineage.sources or ((lineage.image,) if lineage.image is not None else ())
        for source in lineage.sources:
            by_source.setdefault((source.id, bool(doubts)), _PossibleSource(source, doubts, carriers))
            doubts = joined(doubts, doubts_about(source, "parent"))
        if lineage.open_ended:
            by_source.setdefault((f"after {len(by_source)}", True), _PossibleSource(None, lineage.open_ended, carriers))
    return list(by_source.values())


def _counts(
    cache: KnownCache,
    possible_sources: list[_PossibleSource],
    local: Image | None,
    group: _CandidateGroup,
    answers: _Answers,
) -> bool:
    """Add the sources' decisions on this local answer; return whether the daemon may continue with their histories.

    ``group``: the local answers on which the sources decide alike, whose doubts are counted too.
    """
    if local is None:
        return True
    undecided: dict[Doubt, None] = {}
    continues = _decide(cache, possible_sources, local, answers, undecided)
    own_doubts = [doubt for doubt in undecided if doubt in local.doubts]
    if own_doubts and group.bits.bit_count() > 1:
        answers.grounds.add_all(own_doubts, list(group.ids()))
    return continues


def _decide(
    cache: KnownCache,
    possible_sources: list[_PossibleSource],
    local: Image,
    answers: _Answers,
    undecided: dict[Doubt, None],
) -> bool:
    """Do the same for one local answer. Adds to ``undecided`` the doubts that decide whether it counts."""
    not_below: set[str] = set()
    for possible in possible_sources:
        go_on()
        source = possible.image
        if source is None:
            answers.allow_any(possible.doubts, *possible.carriers)
            continue
        doubts = descent_doubts(source, local, cache.store, cache.rules)
        result = descends(source, local, cache.store, cache.rules, not_below)
        if doubts:
            answers.allow_any(doubts, source, local)
            undecided.update(dict.fromkeys(doubts))
        elif result is not IsParent.NO:
            if result is IsParent.YES:
                answers.hit(local)
            else:
                answers.outcomes.add(VerdictOutcome.DIVERGES)
            if not possible.doubts:
                return False
        if doubts or result is not IsParent.NO:
            answers.grounds.add(possible.doubts, *possible.carriers)
    return True


def _by_history(cache: KnownCache, probe: Probe, possible_sources: list[_PossibleSource], answers: _Answers) -> None:
    parent: Image | None = None
    if probe.parent != SCRATCH:
        image = cache.store.by_id.get(probe.parent)
        doubts = doubts_about(image, "config") if image is not None else ()
        if doubts:
            answers.allow_any(doubts, image)  # whether it matches the builder's platform
        parent = cache.parent(probe)
        if parent is None:
            answers.outcomes.add(VerdictOutcome.ERROR)
            return
    sources = cache.continuations(probe).possible(probe.config)
    continuing = {image.id: (certainty, doubts) for image, certainty, doubts in sources}
    for possible in possible_sources:
        source = possible.image
        if source is None:
            answers.allow_any(possible.doubts, *possible.carriers)
            continue
        if source.id not in continuing:
            continue
        go_on()
        certainty, doubts = continuing[source.id]
        answers.grounds.add(doubts, source, parent)
        answers.grounds.add(possible.doubts, *possible.carriers)
        _hit_of_source(cache, probe, parent, source, answers)
        if certainty is Certainty.YES and not possible.doubts:
            return
    answers.outcomes.add(VerdictOutcome.MISS)


def _hit_of_source(cache: KnownCache, probe: Probe, parent: Image | None, source: Image, answers: _Answers) -> None:
    """Add the possible answers for a source whose history continues with the step."""
    rules = cache.rules
    if not rules.may_restore:
        answers.hit(source)
        return
    length_doubts = (*doubts_about(source, "history"), *(doubts_about(parent, "history") if parent is not None else ()))
    step = len(parent.history) if parent is not None else 0
    if length_doubts or step >= len(source.history):
        answers.allow_any(length_doubts, source, parent)
        return
    if step < len(source.history) - 1:
        restore_doubts = doubts_about(source, "diff_ids", "history.empty_layer")
        if rules.restoring.refuses_features:
            restore_doubts = (*restore_doubts, *doubts_about(source, "config.other"))
        if restore_doubts:
            answers.allow_any(restore_doubts, source)
    verdict = cache.source_hit(probe, parent, source, None, ())
    answers.add_verdict(verdict)
    if rules.restoring.fails_again and (
        verdict.only_source is not None or verdict.why is VerdictReason.RESTORED_BEFORE
    ):
        _restored_before(cache, probe, parent, source, answers)


def _restored_before(cache: KnownCache, probe: Probe, parent: Image | None, source: Image, answers: _Answers) -> None:
    """Add both answers if an existing record without a name may be the record of the image to restore.

    If it is, the build fails; otherwise, there is a hit. An image that this build restored certainly has such a record.
    """
    step = len(parent.history) if parent is not None else 0
    config = restored_config(cache.rules, parent, source, step, probe.config, cache.store.layer_content)
    if identity(cache.rules, config) in cache.carried.restored:
        return
    for image in cache.like_restored(config):
        records = doubts_about(image, "dangling") if image.names else ()
        certainty, doubts = is_restored(cache.rules, cache.store, config, source, image)
        doubts = joined(doubts, records)
        if certainty is Certainty.NO or not doubts or not (image.is_dangling or records):
            continue
        answers.outcomes.update((VerdictOutcome.ERROR, VerdictOutcome.HIT))
        answers.has_others = True
        answers.grounds.add(doubts, source, image)


# The first containerd cache


def _by_layers(cache: KnownCache, probe: Probe, answers: _Answers) -> None:
    """``GetCache`` of ``daemon/containerd/cache.go`` at v24.0: the sources first, then the children."""
    for lineage in cache.lineages(probe.cache_from):
        if lineage.doubts or lineage.open_ended:
            answers.allow_any((*lineage.doubts, *lineage.open_ended), lineage.image)
        if lineage.image is None and cache.rules.sources_must_exist:
            answers.outcomes.add(VerdictOutcome.ERROR)
            return
    if probe.parent == SCRATCH:
        answers.outcomes.add(VerdictOutcome.MISS)
        return
    parent = cache.store.by_id.get(probe.parent)
    if parent is None:
        answers.outcomes.add(VerdictOutcome.MISS if cache.rules.lost_parent.is_miss else VerdictOutcome.ERROR)
        return
    for source, certainty, doubts in cache.continuations(probe).possible(probe.config):
        answers.hit(source)
        answers.grounds.add(doubts, source, parent)
        if certainty is Certainty.YES:
            return
    for image, certainty, doubts in cache.maybe_children(probe, parent).possible(probe.config):
        parent_doubts = child_doubts(image, parent)
        answers.hit(image)
        answers.grounds.add((*doubts, *parent_doubts), image, parent)
        if certainty is Certainty.YES and not parent_doubts:
            return
    answers.outcomes.add(VerdictOutcome.MISS)
