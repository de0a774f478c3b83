"""Converts a watched build to the values that are shown."""

from __future__ import annotations

from collections import Counter

from cacheview.model import short_id
from cacheview.report.replays import why_lines
from cacheview.report.shown_build import ShownBuild, ShownStep
from cacheview.watch.build import BuildState, WatchedBuild, WatchedStep

__all__ = ["shown_build"]


def shown_build(build: WatchedBuild) -> ShownBuild:
    """Return the values to show for a build in its present state."""
    miss, prediction = build.first_miss, build.prediction
    return ShownBuild(
        number=build.number,
        title=build.title,
        began=build.began,
        started=f"{build.started.astimezone():%Y-%m-%d %H:%M:%S}" if build.started is not None else "",
        stamp=build.stamp,
        client=build.request.client,
        outcome=_outcome_line(build),
        error=build.outcome.error,
        unpredicted=build.unpredicted,
        differences=build.differences,
        record=build.record,
        line=build.line,
        is_over=build.outcome.is_over,
        is_final=build.is_final,
        is_replayed=build.is_replayed,
        is_buildkit=build.request.is_buildkit,
        is_predicted=prediction is not None,
        is_late=build.is_late,
        overlapped=build.overlapped,
        can_be_recorded=build.can_be_recorded,
        total=build.outcome.total,
        done=len(build.outcome.steps),
        unknown=sum(step.cached is None for step in prediction.replay.looked_up) if prediction is not None else 0,
        missed=miss.step.number if miss is not None else 0,
        why=tuple(why_lines(miss)) if miss is not None else (),
        steps=tuple(map(_shown_step, build.rows)),
    )


def _shown_step(row: WatchedStep) -> ShownStep:
    step = row.predicted
    if step is None:
        return ShownStep(row.number, row.text, reported=row.reported, differs=row.differs)
    return ShownStep(row.number, row.text, step.status, step.reason, row.reported, row.differs)


def _outcome_line(build: WatchedBuild) -> str:
    outcome = build.outcome
    match build.state:
        case BuildState.SENDING:
            return "sending its context"
        case BuildState.BUILDING:
            return f"step {len(outcome.steps)} of {outcome.total}" if outcome.total else "building"
        case BuildState.FAILED:
            return f"failed: {outcome.error.strip().splitlines()[0][:200] if outcome.error.strip() else ''}"
        case BuildState.BUILT:
            if build.is_replayed:
                return "replayed, not built"
            counts = Counter(step.cached for step in outcome.steps)
            image = f" {short_id(outcome.image)}" if outcome.image else ""
            steps = f": {counts[True]} of {len(outcome.steps)} steps cached" if outcome.steps else ""
            return f"built{image}{steps}"
