"""The result of each step, from a replay or a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from cacheview.diff.requested_steps import RequestedStep
from cacheview.diff.side import SideStep
from cacheview.model import ImageStore
from cacheview.replay.file import ExpectedStep
from cacheview.replay.records import time_of
from cacheview.replay.result import Replay, StepStatus

__all__ = ["recorded", "replayed"]

_NOT_REACHED = "the build ended before this step"
_NOT_RECORDED = "the result is not recorded"


def replayed(steps: Iterable[RequestedStep], value: Replay, store: ImageStore) -> Iterator[SideStep]:
    """Yield the steps with their results in a replay."""
    replayed_steps = {(step.number, 0): step for step in value.steps}
    for step in value.steps:
        replayed_steps.update(((step.number, number), trigger) for number, trigger in enumerate(step.triggers, 1))
    last = value.steps[-1].number if value.refused is not None and value.steps else 0
    for requested in steps:
        place = requested.number, requested.trigger
        if place not in replayed_steps:
            yield SideStep(requested, why=_NOT_REACHED, is_reached=False)
            continue
        step, is_failed = replayed_steps[place], requested.number == last and not requested.trigger
        if step.status is StepStatus.NO_PROBE:
            image = "" if step.triggers else step.image  # if there are triggers, it is the image of the last one
            base = store.by_id.get(image) if requested.name == "FROM" and not requested.uses else None
            yield SideStep(requested, image=image, why=step.reason, is_failed=is_failed, base=base)
        else:
            # A hit on an image that this build creates has no id; it is the image of that step.
            why = step.reason if step.cached is None else ""
            yield SideStep(requested, step.cached, step.image, why, is_failed=is_failed)


def recorded(
    steps: Iterable[RequestedStep],
    expected: Sequence[ExpectedStep],
    reason: Callable[[RequestedStep], str],
    *,
    is_ok: bool,
) -> Iterator[SideStep]:
    """Yield the steps with a daemon's results, or with those that a recorded replay predicted.

    Args:
        reason: returns why the answer of a step is not known; empty: that is not known either.
        is_ok: whether the build succeeded; otherwise it ended at the last step.
    """
    for requested in steps:
        if requested.number > len(expected):
            yield SideStep(requested, why=_NOT_REACHED, is_reached=False)
            continue
        result = expected[requested.number - 1]
        yield replace(
            _recorded(requested, result, reason),
            at=time_of(result.at),
            is_failed=not is_ok and requested.number == len(expected) and not requested.trigger,
        )


def _recorded(requested: RequestedStep, result: ExpectedStep, reason: Callable[[RequestedStep], str]) -> SideStep:
    if requested.trigger:
        cached = result.triggers[requested.trigger - 1] if requested.trigger <= len(result.triggers) else None
        return SideStep(requested, cached, why="" if cached is not None else _NOT_RECORDED)
    if requested.stage < 0 or requested.name == "FROM":
        # If there are triggers, it is the image of the last one.
        return SideStep(requested, image="" if result.triggers else result.image, why=reason(requested))
    why = "" if result.cached is not None else reason(requested) or _NOT_RECORDED
    return SideStep(requested, result.cached, result.image, why, is_created=not result.cached and bool(result.image))
