"""The trace: the checks of one probe, in the daemon's order, as a tree: stage → candidate or source → check."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
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
    """Return the check that failed, down to the element: ``Env[1]``, not ``Env``. None: none failed."""
    return _first(checks, CheckOutcome.FAILED)


def first_unknown(checks: Sequence[Check]) -> Check | None:
    """Return the first check whose outcome is not known, down to the element. None: every outcome is known."""
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
    """Return the outcome of a comparison with this result for the reported values, depending on these doubts."""
    if passes:
        return CheckOutcome.PASSED
    return CheckOutcome.UNKNOWN if doubts else CheckOutcome.FAILED


def passed_elements(check: Check) -> int:
    """Return the number of elements that passed before the first that did not, examining only a few of them."""
    elements = check.children
    return bisect_left(range(len(elements)), True, key=lambda i: elements[i].outcome is not CheckOutcome.PASSED)


@dataclass(frozen=True, slots=True)
class Tally:
    """The number of checks that a candidate or source passed, and of those compared, without elements.

    ``failed_at``: the name of the check that failed, down to the element; empty: none did.
    """

    passed: int
    compared: int
    failed_at: str = ""


class Subject:
    """A candidate or a source in one stage, with its checks.

    Attributes:
        image: the candidate or source.
        role: which of the two it is.
        outcome: passed: all its checks passed; failed: one failed; unknown: none certainly fails, but some may; not
            reached: the daemon had already found its answer.
        note: a remark, in a sentence; usually empty.
        membership: the doubts about whether the image is a candidate or source at all.

    ``tally`` is a faster way to get the counts of the checks, for very long lists.
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
        """Its checks in the daemon's order, created on first use."""
        return self._make_checks()

    @cached_property
    def deciding(self) -> Check | None:
        """The check that failed, or else the first unknown one, down to the element; None: all passed."""
        return first_failed(self.checks) or first_unknown(self.checks)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """Unknown facts that its outcome depends on; empty: it is certain, or was not reached."""
        if self.outcome in (CheckOutcome.NOT_REACHED, CheckOutcome.FAILED):
            return ()
        return joined(self.membership, *(check.doubts for check in self.checks))

    @cached_property
    def tally(self) -> Tally:
        """The number of checks and of those that passed, without elements and without checks that are not compared."""
        if self._make_tally is not None:
            return self._make_tally()
        outcomes = [check.outcome for check in self.checks]
        failed = first_failed(self.checks)
        compared = sum(outcome is not CheckOutcome.NOT_COMPARED for outcome in outcomes)
        return Tally(outcomes.count(CheckOutcome.PASSED), compared, failed.name if failed is not None else "")


@dataclass(frozen=True)
class Stage:
    """One stage of the daemon's search for an answer.

    Attributes:
        outcome: passed: it answered; failed: it found nothing; unknown: its answer is not known; not reached: there
            already was an answer.
        note: its result, in a few words.
        checks: the checks that are made once for the stage.
        subjects: candidates or sources in the daemon's order, each created on first use.
        images: the images of the subjects, in the same order.
        find: returns the index of an image id among the subjects; None: there is no such table yet.
    """

    kind: StageKind
    outcome: CheckOutcome
    note: str
    checks: Sequence[Check] = ()
    subjects: Sequence[Subject] = ()
    images: Sequence[Image] = ()
    find: Callable[[str], int | None] | None = None

    def position(self, image_id: str) -> int | None:
        """Return the first index of the image among the subjects."""
        return self.find(image_id) if self.find is not None else self._places.get(image_id)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return dict(zip(map(attrgetter("id"), reversed(self.images)), reversed(range(len(self.images))), strict=True))


@dataclass(frozen=True)
class Trace:
    """All checks of one probe, with the resulting verdict.

    Attributes:
        stages: in the daemon's order; without ``--cache-from`` only the local cache.
        index: the index of the candidates, for questions about all of them.
    """

    probe: Probe
    store: ImageStore
    rules: RuleSet
    verdict: Verdict
    stages: tuple[Stage, ...]
    index: CandidateIndex

    def stage(self, kind: StageKind) -> Stage | None:
        """Return the stage of that kind, if the probe has it."""
        return next((stage for stage in self.stages if stage.kind is kind), None)

    def subject(self, kind: StageKind, image: Image) -> Subject | None:
        """Return the subject for the first occurrence of the image in a stage."""
        stage = self.stage(kind)
        position = stage.position(image.id) if stage is not None else None
        return stage.subjects[position] if stage is not None and position is not None else None
