"""The checks of the local cache: those of each candidate, in order, then the choice of the newest match."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from cacheview.engine.candidate import (
    CandidateCheck,
    candidate_checks,
    config_is_unknown,
    container_config_of,
    local_aspects,
    membership,
)
from cacheview.engine.check import ABSENT, UNKNOWN, Check, CheckKind, CheckOutcome, path_text
from cacheview.engine.doubts import doubts_about
from cacheview.engine.field_comparison import Element
from cacheview.engine.history import created_by
from cacheview.engine.index import CandidateIndex
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.engine.stage_check import joined
from cacheview.engine.trace import Stage, Subject, Tally, outcome_of
from cacheview.engine.tracing.lazy import LazySequence
from cacheview.engine.verdict import StageKind
from cacheview.engine.words import trace as words
from cacheview.model import ContainerConfig, Doubt, Image, Probe, is_default
from cacheview.model.effort import paced
from cacheview.platforms import HOST

__all__ = ["local_stage"]

PASSED, FAILED = CheckOutcome.PASSED, CheckOutcome.FAILED
NOT_REACHED, NOT_COMPARED = CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED

_EMPTY_CONFIG = ContainerConfig()
_TIME_CHECK_COUNT = 2  # that there is a time, and that it is the newest


def local_stage(probe: Probe, rules: RuleSet, candidates: Sequence[Image], index: CandidateIndex) -> Stage:
    """Return the stage of all candidates for the probe's parent, in store order."""
    member = membership(rules, probe.parent)
    matches = index.matches(probe)
    preliminary_answers = _PreliminaryAnswers(index, matches)
    best = index.image(matches[0]) if matches and index.dated >> matches[0] & 1 else None
    may, must = (index.may_match(probe), index.must_match(probe, *member)) if index.unknowns else (0, 0)
    undecided = may & ~must
    rivals = _may_win(index, must, may) & undecided

    def make(i: int) -> Subject:
        image = candidates[i]
        is_match = preliminary_answers.has(image)
        before = preliminary_answers.before(image) if is_match else None
        selected = is_match and _replaces(rules, image, before)
        note = ""
        if selected and best is not None and best.id != image.id:
            note = words.replaced_by(best)
        outcome = PASSED if selected else FAILED
        if undecided >> index.position(image) & 1 and (not selected or config_is_unknown(image)):
            outcome = CheckOutcome.UNKNOWN
        return Subject(
            image,
            "candidate",
            outcome,
            lambda: tuple(_checks(rules, probe, image, before, rival_doubts() if image is best else ())),
            note,
            doubts_about(image, *member),
            None if image.doubts or selected else lambda: _tally(rules, probe, image),
        )

    def rival_doubts() -> tuple[Doubt, ...]:
        """Return the doubts about other candidates that might be the answer instead of the best match."""
        return tuple(doubt for doubt, _ in index.unknowns.among(rivals) if doubt.aspect not in member)

    count, matching = len(candidates), len(matches)
    note = words.candidates(count, matching, undecided.bit_count())
    outcome = PASSED if best is not None else CheckOutcome.UNKNOWN if undecided else FAILED
    return Stage(
        StageKind.LOCAL,
        outcome,
        note,
        subjects=LazySequence(count, make),
        images=candidates,
        find=index.place,
    )


class _PreliminaryAnswers:
    """The newest of the earlier matches in store order, which is the preliminary answer, for each match."""

    def __init__(self, index: CandidateIndex, matches: Sequence[int]) -> None:
        self._index = index
        self._matches = matches  # the newest first

    def has(self, image: Image) -> bool:
        position = self._index.position(image)
        place = bisect_left(self._matches, position)
        return place < len(self._matches) and self._matches[place] == position

    def before(self, image: Image) -> Image | None:
        """Return the newest match before an image in store order; matches without a time do not count."""
        place = self._index.order_in_store[self._index.position(image)]
        row = bisect_right(self._first, -place, key=lambda each: -each[0])
        return self._index.image(self._first[row][1]) if row < len(self._first) else None

    @cached_property
    def _first(self) -> Sequence[tuple[int, int]]:
        """The index and position of each match that precedes all newer ones, the newest first."""
        results: list[tuple[int, int]] = []
        order, dated, first = self._index.order_in_store, self._index.dated, float("inf")
        for position in paced(self._matches):
            if order[position] < first and dated >> position & 1:
                first = order[position]
                results.append((order[position], position))
        return results


def _tally(rules: RuleSet, probe: Probe, image: Image) -> Tally:
    """Return the tally of a candidate that is not the answer, and about which everything is known."""
    total = len(rules.requirements) + len(rules.config_checks) + len(rules.later) + _TIME_CHECK_COUNT
    for passed, each in enumerate(candidate_checks(rules, probe, image)):
        if not each.passes:
            return Tally(passed, total, _failed_at(each.row, rules, probe, image))
    return Tally(total - 1, total, CheckKind.NEWEST.value)


def _failed_at(row: Requirement | ConfigCheck | None, rules: RuleSet, probe: Probe, image: Image) -> str:
    if row is None:
        return CheckKind.CREATED.value
    if isinstance(row, ConfigCheck):
        probe_value, image_value = (
            getattr(probe.config, row.field),
            rules.read_image(container_config_of(image), row.field),
        )
        parts = row.comparison.elements(row.field, probe_value, image_value)
        return next((path_text(part.path) for part in parts if part.matches is False), row.name)
    return next((part.name for part in row.parts(probe, image) if not part.passes), row.name)


def _may_win(index: CandidateIndex, must: int, may: int) -> int:
    """Return the candidates that may be the answer: no newer one certainly matches."""
    return may & (((must & -must) - 1) | index.unknowns.times) if must else may


def _replaces(rules: RuleSet, image: Image, preliminary: Image | None) -> bool:
    """Return whether a match becomes the preliminary answer: it must be strictly newer and have a time."""
    created = rules.time(image.created)
    if created is None:
        return False
    before = rules.time(preliminary.created) if preliminary is not None else None
    return before is None or before.before(created)


def _checks(
    rules: RuleSet,
    probe: Probe,
    image: Image,
    preliminary: Image | None,
    rival_doubts: tuple[Doubt, ...],
) -> Iterator[Check]:
    config, stored = probe.config, container_config_of(image)
    is_unknown = config_is_unknown(image)
    reached = True  # until a check fails
    for each in candidate_checks(rules, probe, image):
        doubts = each.doubts if reached else ()
        if each.row is None:
            check = _time_check(rules, image, each, doubts, reached=reached)
        elif isinstance(each.row, ConfigCheck):
            check = _config_check(each, each.row, rules, config, stored, doubts, reached=reached, is_unknown=is_unknown)
        else:
            check = _requirement_check(each, each.row, probe, image, doubts, reached=reached)
        reached = reached and check.outcome is not FAILED
        yield check
    yield _newest_check(rules, image, preliminary, rival_doubts, reached=reached)
    note = words.UNKNOWN_CONFIG if is_unknown else words.ABSENT_CONFIG if stored is None else ""
    for field in rules.ignored_fields:
        value = UNKNOWN if is_unknown else getattr(stored or _EMPTY_CONFIG, field)
        yield Check(CheckKind.FIELD, NOT_COMPARED, getattr(config, field), value, field, note, path=(field,))


def _outcome(each: CandidateCheck, doubts: tuple[Doubt, ...], *, reached: bool) -> CheckOutcome:
    return outcome_of(each.passes, doubts) if reached else NOT_REACHED


def _requirement_check(
    each: CandidateCheck, row: Requirement, probe: Probe, image: Image, doubts: tuple[Doubt, ...], *, reached: bool
) -> Check:
    outcome = _outcome(each, doubts, reached=reached)
    parts = row.parts(probe, image)
    if not parts:
        value = row.read_all((image,))[0]
        entry: object = value if isinstance(value, bool) else ABSENT
        if each.doubts:
            entry = UNKNOWN
        note = words.BUILT_HERE if entry is not ABSENT else ""
        return Check(row.kind, outcome, ABSENT, entry, row.field, note, doubts=doubts)
    children = tuple(
        Check(
            CheckKind.PLATFORM_PART,
            outcome_of(part.passes, doubts) if reached else NOT_REACHED,
            part.probe,
            part.image,
            row.field,
            words.platform_note(part.note),
            doubts=doubts,
            path=(part.name,),
        )
        for part in parts
    )
    probe_value, image_value = probe.platform or HOST, image.config.platform
    return Check(row.kind, outcome, str(probe_value), str(image_value), row.field, "", children, doubts)


def _config_check(
    each: CandidateCheck,
    row: ConfigCheck,
    rules: RuleSet,
    probe: ContainerConfig,
    stored: ContainerConfig | None,
    doubts: tuple[Doubt, ...],
    *,
    reached: bool,
    is_unknown: bool,
) -> Check:
    probe_value, image_value = getattr(probe, row.field), rules.read_image(stored, row.field)
    comparison = row.comparison
    kind, path = comparison.kind, (row.field,)
    outcome = _outcome(each, doubts, reached=reached)
    if each.command is not None:
        return Check(kind, outcome, created_by(probe), each.command, row.field, words.FROM_HISTORY, path=path)
    note = words.ABSENT_CONFIG if stored is None and not is_unknown else ""
    if row.field not in rules.image_fields:
        if stored is not None and not is_default(stored, row.field):
            note = words.unread_value(getattr(stored, row.field))
    elif is_unknown:
        outcome = CheckOutcome.UNKNOWN if reached else NOT_REACHED
        probe_shown = comparison.displayed(probe_value)
        return Check(kind, outcome, probe_shown, UNKNOWN, row.field, words.UNKNOWN_CONFIG, doubts=doubts, path=path)
    return Check(
        kind,
        outcome,
        comparison.displayed(probe_value),
        comparison.displayed(image_value),
        row.field,
        note,
        _elements(comparison.elements(row.field, probe_value, image_value), row.field, doubts, reached=reached),
        doubts,
        path,
    )


def _elements(parts: Sequence[Element], field: str, doubts: tuple[Doubt, ...], *, reached: bool) -> tuple[Check, ...]:
    checks = []
    for part in parts:
        if part.matches is None:
            outcome = NOT_COMPARED
        elif not reached:
            outcome = NOT_REACHED
        else:
            outcome = outcome_of(part.matches, doubts)
            reached = part.matches
        element_doubts = doubts if part.matches is not None else ()
        kind = CheckKind.ELEMENT
        checks.append(
            Check(
                kind, outcome, part.probe, part.image, field, words.element(part), doubts=element_doubts, path=part.path
            )
        )
    return tuple(checks)


def _time_check(
    rules: RuleSet, image: Image, each: CandidateCheck, doubts: tuple[Doubt, ...], *, reached: bool
) -> Check:
    outcome = _outcome(each, doubts, reached=reached)
    created: object = rules.time(image.created) if each.passes else UNKNOWN if each.doubts else ABSENT
    note = words.YEAR_ONE if each.passes and image.created is None else ""
    if not each.passes:
        note = words.TIME_UNKNOWN if each.doubts else words.NEVER_WITHOUT_TIME
    return Check(CheckKind.CREATED, outcome, ABSENT, created, note=note, doubts=doubts)


def _newest_check(
    rules: RuleSet, image: Image, preliminary: Image | None, rival_doubts: tuple[Doubt, ...], *, reached: bool
) -> Check:
    """Return the check that a match is the newest one.

    ``rival_doubts``: the doubts about other candidates that might be the answer instead of this one.
    """
    time_doubts = doubts_about(image, "created")
    dated = rules.time(image.created) is not None
    created: object = rules.time(image.created) if dated else UNKNOWN if time_doubts else ABSENT
    doubts = time_doubts
    if preliminary is not None:
        doubts = (*doubts, *doubts_about(preliminary, *local_aspects(rules)))
    doubts = joined(doubts, rival_doubts) if reached else ()
    outcome = outcome_of(_replaces(rules, image, preliminary), doubts) if reached else NOT_REACHED
    if preliminary is None:
        note = words.NO_MATCH_BEFORE if reached else ""
        return Check(CheckKind.NEWEST, outcome, ABSENT, created, note=note, doubts=doubts)
    note = words.matched_before(preliminary)
    return Check(CheckKind.NEWEST, outcome, rules.time(preliminary.created), created, note=note, doubts=doubts)
