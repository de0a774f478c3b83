"""A trace in plain words: the sentence, the check that decided, who came near, the smallest edit, the hazards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cacheview.engine.cache import ImageCache
from cacheview.engine.certainty import rests_on
from cacheview.engine.check import ABSENT, UNKNOWN, Check, CheckOutcome
from cacheview.engine.doubts import Doubted
from cacheview.engine.edit import Edit, smallest_edit
from cacheview.engine.hazards import Hazard, hazards
from cacheview.engine.nearness import Near, countable, nearest
from cacheview.engine.ruleset import Candidates, Descent, Sources
from cacheview.engine.trace import Stage, Subject, Trace, first_failed, passed_elements
from cacheview.engine.tracer import trace
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.model import SCRATCH, Doubt, HistoryEntry, Image, ImageStore, Probe, short_id

__all__ = ["Deciding", "Explanation", "deciding_check", "explain", "known_as", "parent_title", "plain", "plain_change"]


DIFFERS, DIFFERS_AS_KNOWN = "differs.", "differs, as far as is known."
"""What the reason says of the deciding check before it tells both values."""

_STEP = 60
"""Characters of a step that are told beside an id."""
_DIGEST = re.compile("([0-9a-f]{12})[0-9a-f]{52}")
"""The checksum of files in a step; its beginning tells it apart, as that of an id does."""


@dataclass(frozen=True)
class Deciding:
    """The check that decided, and where it stands in the trace. ``subject`` is None for a check of the stage itself."""

    stage: Stage
    subject: Subject | None
    check: Check | None


@dataclass(frozen=True)
class Explanation:
    """Why the cache answers as it does.

    Attributes:
        sentence: the verdict in one sentence, without the word hit or miss before it.
        reason: one more sentence on the deciding check, with both values; may be empty.
        deciding: the check that decided: of a miss, where the nearest candidate or source failed.
        edit: the smallest edit that makes a hit of a miss.
        doubted: what the verdict rests on that is not known exactly, with the images it concerns; empty: it is certain.
    """

    trace: Trace
    sentence: str
    reason: str
    deciding: Deciding | None
    edit: Edit | None
    hazards: tuple[Hazard, ...]
    doubted: tuple[Doubted, ...] = ()

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """The distinct doubts that the verdict rests on."""
        return tuple(each.doubt for each in self.doubted)

    @property
    def verdict(self) -> Verdict:
        return self.trace.verdict

    def nearest(self) -> Iterator[Near]:
        """The candidates, nearest first.

        Then those without a time, which can never match; last those whose container config is not known: how near
        they are is not known either.
        """
        index, config = self.trace.index, self.trace.probe.config
        known = index.all & ~index.unknown
        yield from nearest(index, self.trace.rules, config, index.dated & known)
        yield from nearest(index, self.trace.rules, config, known & ~index.dated)
        most = len(self.trace.rules.compared_fields)
        yield from (Near(image, most, most) for image in index.images(index.unknown))


def explain(cache: ImageCache, probe: Probe) -> Explanation:
    """Ask the cache and say why. Looks at as few candidates as it can."""
    told = trace(cache, probe)
    edit = smallest_edit(cache, probe, told.verdict)
    deciding = _deciding(told, cache)
    doubted = rests_on(cache, probe, told.verdict)
    sentence, reason = _words(told, deciding, certain=not doubted)
    return Explanation(told, sentence, reason, deciding, edit, hazards(cache, probe, told.verdict), doubted)


def deciding_check(cache: ImageCache, probe: Probe) -> tuple[Verdict, Deciding | None]:
    """The answer and the check that decided: of `explain` what a table of many answers needs."""
    told = trace(cache, probe)
    return told.verdict, _deciding(told, cache)


def known_as(image: Image) -> str:
    """What a person knows an image by: its name, else its short id with the step that made it."""
    if image.names or not image.instruction:
        return image.title
    step = _DIGEST.sub(r"\1…", image.instruction)
    return f"{image.short_id} ({step if len(step) <= _STEP else step[: _STEP - 1] + '…'})"


def parent_title(store: ImageStore, parent: str) -> str:
    """What a person knows the probe's parent by."""
    image = store.by_id.get(parent)
    return known_as(image) if image is not None else short_id(parent)


def plain(value: object) -> str:
    """A value as text for people: strings in quotes, lists and maps as JSON, what is not there as a word."""
    if value is ABSENT:
        return "nothing"
    if value is UNKNOWN:
        return UNKNOWN.value
    if isinstance(value, HistoryEntry):
        return json.dumps(value.created_by, ensure_ascii=False)
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_defaults=True)
    if value is None or isinstance(value, str | bool | int | list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def plain_change(path: str, old: object, new: object, store: ImageStore) -> str:
    """One change of an edit as a phrase: ``set Env[1] to "A=1"``."""
    if path == "parent":
        return f"set the parent to {parent_title(store, str(new))}"
    if path == "cache_from" and not new:
        return "leave out --cache-from"
    if new is ABSENT:
        return f"remove {path}"
    if old is ABSENT:
        return f"add {path} = {plain(new)}"
    return f"set {path} to {plain(new)}"


def _deciding(told: Trace, cache: ImageCache) -> Deciding | None:
    verdict, kind = told.verdict, told.verdict.stage
    if verdict.outcome is VerdictOutcome.MISS:
        return _deciding_of_miss(told, cache)
    stage = told.stage(kind) if kind is not None else None
    if stage is None:
        return None
    if verdict.outcome is VerdictOutcome.DIVERGES:
        ends = [subject for subject in stage.subjects if subject.outcome is CheckOutcome.FAILED]
        return Deciding(stage, ends[-1], ends[-1].deciding)
    if verdict.outcome is VerdictOutcome.ERROR and (failed := first_failed(stage.checks)) is not None:
        return Deciding(stage, None, failed)
    if verdict.outcome in (VerdictOutcome.ERROR, VerdictOutcome.PANIC):
        source = next((subject for subject in stage.subjects if subject.outcome is CheckOutcome.PASSED), None)
        return Deciding(stage, source, source.checks[-1] if source is not None else None)
    used = verdict.narrowed or verdict.image
    assert used is not None
    hit = told.subject(stage.kind, used)
    passed = [check for check in hit.checks if check.outcome is CheckOutcome.PASSED] if hit is not None else []
    return Deciding(stage, hit, passed[-1] if passed else None)


def _deciding_of_miss(told: Trace, cache: ImageCache) -> Deciding | None:
    """Where the nearest came to its end: of the sources if there are any, unless a candidate could still count."""
    local, history = told.stage(StageKind.LOCAL), told.stage(StageKind.HISTORY)
    assert local is not None
    if cache.rules.candidates is Candidates.BY_LAYERS:
        return _deciding_by_layers(told)
    index = told.index
    known = ~index.unknown
    eligible = index.eligible(told.probe)
    among = index.dated & known & eligible or index.dated & known or index.all & known
    distinct = cache.sources(told.probe.cache_from)[1]
    if history is not None:
        among = countable(cache, index, index.dated & known & eligible, distinct)
    near = next(nearest(index, cache.rules, told.probe.config, among), None)
    if near is None and history is None and index.unknown:
        near = Near(next(index.images(index.unknown)), len(cache.rules.compared_fields), 0)
    source = _nearest_source(history, distinct) if history is not None else None
    if near is not None and (source is None or near.fields > 0):
        subject = told.subject(StageKind.LOCAL, near.image)
        return Deciding(local, subject, subject.deciding if subject is not None else None)
    if history is not None and source is not None:
        return Deciding(history, source, source.deciding)
    cache_from = told.stage(StageKind.CACHE_FROM)
    if cache_from is not None:
        return Deciding(cache_from, None, first_failed(cache_from.checks))
    return Deciding(local, None, None)


def _deciding_by_layers(told: Trace) -> Deciding | None:
    """The image that passed the most checks, of the sources first."""
    best: Deciding | None = None
    for stage in told.stages:
        if best is None and (failed := first_failed(stage.checks)) is not None:
            return Deciding(stage, None, failed)
        for subject in stage.subjects if stage.kind is not StageKind.CACHE_FROM else ():
            if best is None or best.subject is None or subject.passed_count > best.subject.passed_count:
                best = Deciding(stage, subject, subject.deciding)
    return best or Deciding(told.stages[-1], None, None)


def _nearest_source(history: Stage, distinct: Sequence[Image]) -> Subject | None:
    """The source that passed the most: of the history, entry by entry."""
    best: tuple[int, int] = (-1, -1)
    found: Subject | None = None
    for image in distinct:
        position = history.position(image.id)
        assert position is not None
        subject = history.subjects[position]
        prefix = next((check for check in subject.checks if check.name == "history"), None)
        matching = passed_elements(prefix) if prefix is not None else 0
        rank = (subject.passed_count, matching)
        if rank > best:
            best, found = rank, subject
    return found


def _words(told: Trace, deciding: Deciding | None, *, certain: bool) -> tuple[str, str]:
    verdict, probe = told.verdict, told.probe
    parent = parent_title(told.store, probe.parent)
    match verdict.outcome:
        case VerdictOutcome.HIT:
            assert verdict.image is not None
            return _words_of_hit(told, verdict.image, parent)
        case VerdictOutcome.ERROR:
            return _words_of_error(told)
        case VerdictOutcome.PANIC:
            return (
                "the daemon faults, and the build ends",
                f"The history of the source has more steps with a layer than the source has layers: {verdict.error}.",
            )
        case VerdictOutcome.DIVERGES:
            assert verdict.local is not None
            why = "but neither it nor the source asked about it has a parent recorded."
            if told.rules.descent is Descent.ANCESTOR:
                why = "but the recorded parents of the source go round in a circle."
            return "the daemon would never answer this probe", f"{verdict.local.title} matches locally, {why}"
        case VerdictOutcome.MISS:
            return _words_of_miss(told, deciding, parent, certain=certain)


def _words_of_error(told: Trace) -> tuple[str, str]:
    verdict, probe = told.verdict, told.probe
    if verdict.stage is StageKind.CACHE_FROM:
        return (
            "a --cache-from reference cannot be resolved",
            f"{verdict.error}. These rules end the build there: leave the reference out, or pull the image first.",
        )
    if told.store.by_id.get(probe.parent) is None and probe.parent != SCRATCH:
        why = "The daemon has" if told.rules.sources is Sources.ALL else "With --cache-from the daemon has"
        return (
            f"the store has no image {short_id(probe.parent)}",
            f"{why} to read the parent, and it is not there. Choose a parent that the store has.",
        )
    if verdict.error.startswith("failed to restore"):
        return (
            "the image of this step cannot be made from the source, and the build fails",
            f"{verdict.error}. Leave out --cache-from, or name an image that ends with this step.",
        )
    return (
        f"the parent {parent_title(told.store, probe.parent)} is of another platform than the builder",
        "With --cache-from the daemon looks the parent up for the builder's platform, and finds none.",
    )


def _words_of_hit(told: Trace, image: Image, parent: str) -> tuple[str, str]:
    if told.rules.candidates is Candidates.BY_LAYERS:
        reason = f"It has one layer and one history entry more than {parent}, and the entry is this command."
        return f"{known_as(image)} is used", reason
    if told.verdict.narrowed is not None:
        source = known_as(told.verdict.narrowed)
        reason = f"The history of the source {source} begins with that of {parent} and goes on with this command"
        made = "and then with others: so an image of this step alone is made from it."
        if not told.verdict.is_new:
            made = "and then with others: the image of this step was made from it before."
        return "an image that is made anew is used", f"{reason}, {made}"
    if told.verdict.stage is StageKind.HISTORY:
        reason = f"Its history begins with that of {parent} and goes on with this command."
        if told.probe.parent == SCRATCH:
            reason = "Its history begins with this command."
        return f"the source {known_as(image)} is used", reason
    matches = len(told.index.matches(told.probe))
    others = f" It is the newest of {matches} that match." if matches > 1 else ""
    kin = "parent" if told.rules.descent is Descent.PARENT else "ancestor"
    counted = f" A source has it as its {kin}, so the local answer counts." if told.probe.cache_from else ""
    child = "An image without a parent" if told.probe.parent == SCRATCH else f"A child of {parent}"
    return f"{known_as(image)} is used", f"{child} whose config matches in all that is compared.{others}{counted}"


def _words_of_miss(told: Trace, deciding: Deciding | None, parent: str, *, certain: bool) -> tuple[str, str]:
    verdict = told.verdict
    kin = "image without a parent" if told.probe.parent == SCRATCH else f"child of {parent}"
    reason = _reason(deciding)
    has = "has" if certain else "is known to have"
    if told.probe.cache_from:
        if not verdict.sources:
            discarded = (
                f"; {verdict.local.title} matches locally and does not count" if verdict.local is not None else ""
            )
            return f"the cache-from references bring in no source{discarded}", reason
        if verdict.local is not None:
            return f"{known_as(verdict.local)} matches locally, but no source was built on it", reason
        return f"no {kin} and no source {has} this step", reason
    if told.rules.candidates is Candidates.BY_LAYERS and told.probe.parent == SCRATCH:
        return "these rules look nothing up for a step FROM scratch", ""
    if not len(told.index):
        if told.probe.parent == SCRATCH:
            return "the store has no image without a parent", ""
        return f"the store has no image whose parent is {parent}", ""
    return f"no {kin} {has} this config", reason


def _reason(deciding: Deciding | None) -> str:
    if deciding is None or deciding.check is None:
        return ""
    check = deciding.check
    if deciding.subject is None:
        return f"{plain(check.probe)}: {check.note}." if check.note else ""
    who = known_as(deciding.subject.image)
    if check.image is UNKNOWN:
        return f"What {who} was made with is not known, so neither is whether it matches."
    if check.name == "created" and check.image is ABSENT:
        return f"Nearest is {who}, which matches but has no time: an image without a time never matches."
    if check.name.startswith("len(") and check.field:
        ours, theirs = (f"{count} element{'' if count == 1 else 's'}" for count in (check.probe, check.image))
        return f"Nearest is {who}: {check.field} has {ours} in the probe and {theirs} in the image."
    side = "parent" if check.name.startswith(("history", "diff_ids", "len(history)", "len(diff_ids)")) else "probe"
    ours = "has nothing there" if check.probe is ABSENT else f"has {plain(check.probe)}"
    theirs = "has nothing there" if check.image is ABSENT else f"has {plain(check.image)}"
    differs = DIFFERS_AS_KNOWN if check.doubts else DIFFERS
    return f"Nearest is {who}: {check.name} {differs} The {side} {ours}, the image {theirs}."
