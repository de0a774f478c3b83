"""What became of each step: from a replay, or as a record has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from cacheview.diff.asked import AskedStep
from cacheview.diff.side import SideStep
from cacheview.model import ImageStore
from cacheview.replay.file import ExpectedStep
from cacheview.replay.result import Replay, StepStatus

__all__ = ["recorded", "replayed", "time_of"]

_NOT_REACHED = "the build ended before this step"
_NOT_RECORDED = "the record does not say"


def replayed(steps: Iterable[AskedStep], value: Replay, store: ImageStore) -> Iterator[SideStep]:
    """The steps with what a replay says of them."""
    known = {(step.number, 0): step for step in value.steps}
    for step in value.steps:
        known.update(((step.number, number), trigger) for number, trigger in enumerate(step.triggers, 1))
    last = value.steps[-1].number if value.refused is not None and value.steps else 0
    for asked in steps:
        place = asked.number, asked.trigger
        if place not in known:
            yield SideStep(asked, why=_NOT_REACHED, is_reached=False)
            continue
        step, is_failed = known[place], asked.number == last and not asked.trigger
        if step.status is StepStatus.NO_PROBE:
            image = "" if step.triggers else step.image  # with triggers it is the image of the last one
            base = store.by_id.get(image) if asked.name == "FROM" and not asked.uses else None
            yield SideStep(asked, image=image, why=step.reason, is_failed=is_failed, base=base)
        else:
            # A hit on an image that this build makes has no id: what it hits is that of its own step.
            why = step.reason if step.cached is None else ""
            yield SideStep(asked, step.cached, step.image, why, is_failed=is_failed)


def recorded(
    steps: Iterable[AskedStep], expected: Sequence[ExpectedStep], reason: Callable[[AskedStep], str], *, is_ok: bool
) -> Iterator[SideStep]:
    """The steps with what a daemon did, or with what a replay said that was recorded.

    Args:
        reason: why the answer of a step is not known; empty: that is not known either.
        is_ok: it was built; else it ended at the last step.
    """
    for asked in steps:
        if asked.number > len(expected):
            yield SideStep(asked, why=_NOT_REACHED, is_reached=False)
            continue
        fact = expected[asked.number - 1]
        yield replace(
            _recorded(asked, fact, reason),
            at=time_of(fact.at),
            is_failed=not is_ok and asked.number == len(expected) and not asked.trigger,
        )


def _recorded(asked: AskedStep, fact: ExpectedStep, reason: Callable[[AskedStep], str]) -> SideStep:
    if asked.trigger:
        cached = fact.triggers[asked.trigger - 1] if asked.trigger <= len(fact.triggers) else None
        return SideStep(asked, cached, why="" if cached is not None else _NOT_RECORDED)
    if asked.stage < 0 or asked.name == "FROM":
        # With triggers it is the image of the last one.
        return SideStep(asked, image="" if fact.triggers else fact.image, why=reason(asked))
    why = "" if fact.cached is not None else reason(asked) or _NOT_RECORDED
    return SideStep(asked, fact.cached, fact.image, why, is_made=not fact.cached and bool(fact.image))


def time_of(text: str) -> datetime | None:
    """A time of a record (RFC 3339); None: it is none."""
    try:
        result = datetime.fromisoformat(text)
    except ValueError:
        return None
    return result if result.tzinfo is not None else None
