"""The trace: the checks of one probe, in the daemon's order, as a tree: stage → candidate or source → check."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cacheview.engine.check import Check, CheckOutcome
from cacheview.engine.index import CandidateIndex
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import joined
from cacheview.engine.verdict import StageKind, Verdict
from cacheview.model import Doubt, Image, ImageStore, Probe

__all__ = [
    "Role",
    "Stage",
    "Subject",
    "Tally",
    "Trace",
    "first_failed",
    "first_unknown",
    "outcome_of",
    "passed_elements",
]

Role = Literal["candidate", "source"]


def first_failed(checks: Sequence[Check]) -> Check | None:
    """The check that failed, at the depth of elements: ``Env[1]``, not ``Env``. None: none failed."""
    return _first(checks, CheckOutcome.FAILED)


def first_unknown(checks: Sequence[Check]) -> Check | None:
    """The first check whose outcome is not known, at the depth of elements. None if there is none."""
    return _first(checks, CheckOutcome.UNKNOWN)


def _first(checks: Sequence[Check], outcome: CheckOutcome) -> Check | None:
    result = next((check for check in checks if check.outcome is outcome), None)
    while result is not None:
        after = range(passed_elements(result), len(result.children))
        inner = next((each for i in after if (each := result.children[i]).outcome is outcome), None)
        if inner is None:
            return result
        result = inner
    return None


def outcome_of(passes: bool, doubts: Sequence[Doubt]) -> CheckOutcome:
    """What comes of a comparison that passes or fails with the values as reported, and rests on these doubts."""
    if passes:
        return CheckOutcome.PASSED
    return CheckOutcome.UNKNOWN if doubts else CheckOutcome.FAILED


def passed_elements(check: Check) -> int:
    """How many elements passed before the first that did not. Looks at few of them, however many there are."""
    elements = check.children
    return bisect_left(range(len(elements)), True, key=lambda i: elements[i].outcome is not CheckOutcome.PASSED)


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a candidate or source came: checks passed and compared, elements not counted.

    ``failed_at``: the name of the check that it failed at, down to the element; empty: it failed at none.
    """

    passed: int
    compared: int
    failed_at: str = ""


class Subject:
    """A candidate or a source in one stage, with its checks.

    Attributes:
        image: which one.
        role: candidate or source.
        outcome: passed: all its checks did; failed: one did; not known: none fails for certain, and some may;
            not reached: the daemon had its answer before.
        note: a remark, in a sentence; mostly empty.
        membership: the doubts that it rests on that the image is a candidate or source at all.

    ``tally``: a faster way to the same counts as the checks have, for lists of very many.
    """

    def __init__(
        self,
        image: Image,
        role: Role,
        outcome: CheckOutcome,
        checks: Callable[[], tuple[Check, ...]],
        note: str = "",
        membership: tuple[Doubt, ...] = (),
        tally: Callable[[], Tally] | None = None,
    ) -> None:
        self.image = image
        self.role: Role = role
        self.outcome = outcome
        self.note = note
        self.membership = membership
        self._make_checks = checks
        self._make_tally = tally

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Its checks in the daemon's order, made when first asked for."""
        return self._make_checks()

    @cached_property
    def deciding(self) -> Check | None:
        """The check that it failed at, otherwise the first that is not known, down to the element; None: all passed."""
        return first_failed(self.checks) or first_unknown(self.checks)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """What its outcome rests on that is not known exactly; empty: it is certain, or was not reached."""
        if self.outcome in (CheckOutcome.NOT_REACHED, CheckOutcome.FAILED):
            return ()
        return joined(self.membership, *(check.doubts for check in self.checks))

    @cached_property
    def tally(self) -> Tally:
        """How many checks there are and how many passed: elements, and what is not compared, do not count."""
        if self._make_tally is not None:
            return self._make_tally()
        outcomes = [check.outcome for check in self.checks]
        failed = first_failed(self.checks)
        compared = sum(outcome is not CheckOutcome.NOT_COMPARED for outcome in outcomes)
        return Tally(outcomes.count(CheckOutcome.PASSED), compared, failed.name if failed is not None else "")


@dataclass(frozen=True)
class Stage:
    """One step of the daemon's way to an answer.

    Attributes:
        outcome: passed: it answered; failed: it found nothing; not known: what it answers is not; not reached: the
            answer was there before.
        note: its result, in a few words.
        checks: what is checked once for the stage.
        subjects: candidates or sources in the daemon's order, each made when it is looked at.
        images: the images of the subjects, in the same order.
        unsure: how many of them may come out otherwise, for something that is not known of them.
        find: where the image of an id stands among the subjects; None: nobody has a table of that yet.
    """

    kind: StageKind
    outcome: CheckOutcome
    note: str
    checks: Sequence[Check] = ()
    subjects: Sequence[Subject] = ()
    images: Sequence[Image] = ()
    unsure: int = 0
    find: Callable[[str], int | None] | None = None

    def position(self, image_id: str) -> int | None:
        """Where the image first stands among the subjects."""
        return self.find(image_id) if self.find is not None else self._places.get(image_id)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {image.id: place for place, image in reversed(list(enumerate(self.images)))}


@dataclass(frozen=True)
class Trace:
    """All checks of one probe, with the verdict that they lead to.

    Attributes:
        stages: in the daemon's order; without ``--cache-from`` the local cache alone.
        index: the candidates' index, for what has to be known of all of them.
    """

    probe: Probe
    store: ImageStore
    rules: RuleSet
    verdict: Verdict
    stages: tuple[Stage, ...]
    index: CandidateIndex

    def stage(self, kind: StageKind) -> Stage | None:
        """The stage of that kind, if the probe has it."""
        return next((stage for stage in self.stages if stage.kind is kind), None)

    def subject(self, kind: StageKind, image: Image) -> Subject | None:
        """The image where it first stands in a stage."""
        stage = self.stage(kind)
        position = stage.position(image.id) if stage is not None else None
        return stage.subjects[position] if stage is not None and position is not None else None

    def walk(self) -> Iterator[tuple[Stage, Subject | None, Check]]:
        """Every check, depth first, in the daemon's order. Makes all of the trace."""
        for stage in self.stages:
            for check in stage.checks:
                for inner in _walk(check):
                    yield stage, None, inner
            for subject in stage.subjects:
                for check in subject.checks:
                    for inner in _walk(check):
                        yield stage, subject, inner


def _walk(check: Check) -> Iterator[Check]:
    yield check
    for child in check.children:
        yield from _walk(child)
