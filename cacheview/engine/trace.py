"""The trace: the checks of one probe, in the daemon's order, as a tree: stage → candidate or source → check."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cacheview.engine.check import Check, CheckOutcome
from cacheview.engine.index import CandidateIndex
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import StageKind, Verdict
from cacheview.model import Doubt, Image, ImageStore, Probe

__all__ = ["Role", "Stage", "Subject", "Trace", "first_failed", "passed_elements"]

Role = Literal["candidate", "source"]


def first_failed(checks: Sequence[Check]) -> Check | None:
    """The check that failed, at the depth of elements: ``Env[1]``, not ``Env``. None: all passed or not reached."""
    failed = next((check for check in checks if check.failed), None)
    while failed is not None:
        at = passed_elements(failed)
        inner = failed.children[at] if at < len(failed.children) else None
        if inner is None or not inner.failed:
            return failed
        failed = inner
    return None


def passed_elements(check: Check) -> int:
    """How many elements passed before the first that did not. Looks at few of them, however many there are."""
    elements = check.children
    return bisect_left(range(len(elements)), True, key=lambda i: elements[i].outcome is not CheckOutcome.PASSED)


def _fails_for_certain(check: Check) -> bool:
    return check.failed and not check.doubts


class Subject:
    """A candidate or a source in one stage, with its checks.

    Attributes:
        image: which one.
        role: candidate or source.
        outcome: passed: all its checks did; failed: one did; not reached: the daemon had its answer before.
        note: what else there is to say, in a sentence; mostly empty.
        membership: the doubts that it rests on that the image is a candidate or source at all.
    """

    def __init__(
        self,
        image: Image,
        role: Role,
        outcome: CheckOutcome,
        checks: Callable[[], tuple[Check, ...]],
        note: str = "",
        membership: tuple[Doubt, ...] = (),
    ) -> None:
        self.image = image
        self.role: Role = role
        self.outcome = outcome
        self.note = note
        self.membership = membership
        self._make_checks = checks

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Its checks in the daemon's order, made when first asked for."""
        return self._make_checks()

    @cached_property
    def deciding(self) -> Check | None:
        """The check that it failed at, down to the element; None if it failed at none."""
        return first_failed(self.checks)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """What its outcome rests on that is not known exactly; empty: it is certain, or was not reached."""
        if self.outcome is CheckOutcome.NOT_REACHED or any(_fails_for_certain(check) for check in self.checks):
            return ()
        return tuple(dict.fromkeys((*self.membership, *(doubt for check in self.checks for doubt in check.doubts))))

    @property
    def passed_count(self) -> int:
        """How many of its checks passed: elements do not count."""
        return sum(check.outcome is CheckOutcome.PASSED for check in self.checks)

    @property
    def compared_count(self) -> int:
        """How many checks the rules have for it: those that are not compared do not count."""
        return sum(check.outcome is not CheckOutcome.NOT_COMPARED for check in self.checks)


@dataclass(frozen=True)
class Stage:
    """One step of the daemon's way to an answer.

    Attributes:
        outcome: passed: it answered; failed: it found nothing; not reached: the answer was there before.
        note: what came of it, in a few words.
        checks: what is checked once for the stage.
        subjects: candidates or sources in the daemon's order, each made when it is looked at.
        images: the images of the subjects, in the same order.
        unsure: how many of them may come out otherwise, for something that is not known of them.
    """

    kind: StageKind
    outcome: CheckOutcome
    note: str
    checks: Sequence[Check] = ()
    subjects: Sequence[Subject] = ()
    images: Sequence[Image] = ()
    unsure: int = 0

    def position(self, image_id: str) -> int | None:
        """Where the image first stands among the subjects."""
        return next((i for i, image in enumerate(self.images) if image.id == image_id), None)


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
