"""A watched build: the request, cacheview's prediction, and the daemon's result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from cacheview.cases import Daemon
from cacheview.model import DataError
from cacheview.replay.check import differences
from cacheview.replay.file import ExpectedBuild, ExpectedStep, ReplayCase
from cacheview.replay.misses import Miss
from cacheview.replay.records import record_of, time_text
from cacheview.replay.result import Step, StepStatus
from cacheview.watch.before import ImageListing
from cacheview.watch.outcome import BuildOutcome, ReportedStep
from cacheview.watch.prediction import Prediction
from cacheview.watch.request import BuildRequest

__all__ = ["NOT_EXPLAINED", "BuildState", "WatchedBuild", "WatchedStep", "expected_build", "record_of_build"]

NO_OUTCOME: Final = BuildOutcome()
NOT_EXPLAINED: Final = "built by BuildKit, not explained here"


class BuildState(Enum):
    """The progress of a build."""

    SENDING = "sending"  # the client sends the context
    BUILDING = "building"
    BUILT = "built"
    FAILED = "failed"


@dataclass(frozen=True)
class WatchedStep:
    """One step: cacheview's prediction and the daemon's result. Either is None while it is not known.

    Attributes:
        differs: whether both are known and differ.
    """

    number: int
    text: str
    predicted: Step | None
    reported: ReportedStep | None
    differs: bool


@dataclass(frozen=True)
class WatchedBuild:
    """A build at one moment.

    Attributes:
        number: from 1, in the order of their starts; below 1 for a build from an opened record.
        started: its start time; None: the record does not include it.
        request: the client's request.
        outcome: the daemon's report.
        prediction: the prediction; None: there is none, or not yet.
        unpredicted: the reason that there is no prediction.
        differences: after its end, the differences between the daemon's result and the prediction.
        overlapped: whether other builds ran at the same time and may have changed the store.
        is_late: whether the daemon may have begun before the store was listed.
        is_sent: whether the daemon has the whole context.
        is_final: whether it is over and compared, so that nothing changes any more.
        record: path of the record that it was read from; empty: it was watched.
        line: line in that file; 0: none.
        is_replayed: whether no daemon built it, so the outcome is the prediction that was recorded.
    """

    number: int
    started: datetime | None
    request: BuildRequest
    outcome: BuildOutcome = NO_OUTCOME
    prediction: Prediction | None = None
    unpredicted: str = ""
    differences: tuple[str, ...] = ()
    overlapped: bool = False
    is_late: bool = False
    is_sent: bool = False
    is_final: bool = False
    record: str = ""
    line: int = 0
    is_replayed: bool = False

    @property
    def state(self) -> BuildState:
        """The progress of the build."""
        if self.outcome.is_over:
            return BuildState.BUILT if self.outcome.is_ok else BuildState.FAILED
        return BuildState.BUILDING if self.is_sent or self.outcome.steps else BuildState.SENDING

    @property
    def began(self) -> str:
        """Its start time in the local time zone; for a record, the day and the minute; empty: not known."""
        if self.started is None:
            return ""
        return f"{self.started.astimezone():{'%b %d %H:%M' if self.record else '%H:%M:%S'}}"

    @property
    def stamp(self) -> str:
        """Its start time, for a file name."""
        return f"{self.started:%Y%m%dT%H%M%S}" if self.started is not None else ""

    @property
    def title(self) -> str:
        """The first name of its image, or a placeholder for a build without names."""
        return self.request.tags[0] if self.request.tags else "(no name)"

    @property
    def first_miss(self) -> Miss | None:
        """The reason for the first step that misses; None: none does, or the reason is not known."""
        return next(iter(self.prediction.misses), None) if self.prediction is not None else None

    @property
    def rows(self) -> Iterator[WatchedStep]:
        """The steps with prediction and result side by side."""
        predicted = self.prediction.replay.steps if self.prediction is not None else ()
        reported_steps = self.outcome.steps
        for index in range(max(len(predicted), len(reported_steps))):
            step = predicted[index] if index < len(predicted) else None
            reported = reported_steps[index] if index < len(reported_steps) else None
            text = reported.text if reported is not None else step.text if step is not None else ""
            is_done = reported is not None and (self.outcome.is_over or index + 1 < len(reported_steps))
            yield WatchedStep(index + 1, text, step, reported, is_done and _differs(step, reported))

    @property
    def can_be_recorded(self) -> bool:
        """Whether everything that a record needs is known."""
        has_all = self.prediction is not None and self.prediction.context is not None
        return self.outcome.is_over and has_all and not self.record


def _differs(step: Step | None, reported: ReportedStep | None) -> bool:
    if step is None or reported is None:
        return False
    if step.text != reported.text or (None not in (step.cached, reported.cached) and step.cached != reported.cached):
        return True
    return bool(
        step.status is StepStatus.HIT
        and not step.made_by
        and reported.image
        and not step.image.removeprefix("sha256:").startswith(reported.image)
    )


def expected_build(build: WatchedBuild, listing: ImageListing | None) -> ExpectedBuild:
    """Return the daemon's result in the form of a replay file. ``listing``: the current images, for full ids."""
    outcome = build.outcome
    steps = tuple(
        ExpectedStep(
            instruction=step.text,
            cached=step.cached,
            image=listing.full_id(step.image) if listing is not None else step.image,
            triggers=step.triggers,
            at=time_text(step.at),
        )
        for step in outcome.steps
    )
    is_silent = build.request.is_quiet and not steps
    return ExpectedBuild(ok=outcome.is_ok, error=outcome.error, steps=None if is_silent else steps, image=outcome.image)


def with_differences(build: WatchedBuild, expect: ExpectedBuild) -> WatchedBuild:
    """Return the build with the differences between result and prediction; none if the connection was lost."""
    if build.prediction is None:
        return build
    result = differences(build.prediction.replay, expect) if build.outcome.is_complete else ()
    return replace(build, differences=tuple(result))


def record_of_build(build: WatchedBuild, expect: ExpectedBuild, *, with_store: bool = True) -> ReplayCase:
    """Return a build as a line of a replay file. Raises `DataError` if a record cannot contain it."""
    prediction = build.prediction
    if prediction is None or prediction.context is None or build.started is None:
        raise DataError(
            build.unpredicted or "cacheview kept only the steps of this build, and a record requires more data",
            where="record",
        )
    daemon: Daemon = prediction.daemon
    return record_of(
        prediction.context,
        prediction.store,
        daemon,
        build.request.options,
        expect,
        client=build.request.client,
        started=build.started,
        tags=build.request.tags,
        image_facts=prediction.image_facts,
        with_store=with_store,
    )
