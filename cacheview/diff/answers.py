"""What became of each step: from a replay, or as a record has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from cacheview.diff.asked import AskedStep
from cacheview.diff.side import SideStep
from cacheview.model import Image, ImageStore
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
    for asked in steps:
        place = asked.number, asked.trigger
        if place not in known:
            yield SideStep(asked, why=_NOT_REACHED, is_reached=False)
            continue
        step = known[place]
        if step.status is StepStatus.NO_PROBE:
            image = "" if step.triggers else step.image  # with triggers it is the image of the last one
            yield SideStep(asked, image=image, why=step.reason, base=_base(asked, image, store))
        else:
            # A hit on an image that this build makes has no id: what it hits is that of its own step.
            yield SideStep(asked, step.cached, step.image, step.reason if step.cached is None else "")


def _base(asked: AskedStep, image: str, store: ImageStore) -> Image | None:
    return store.by_id.get(image) if asked.name == "FROM" and not asked.uses else None


def recorded(
    steps: Iterable[AskedStep], expected: tuple[ExpectedStep, ...], value: Replay | None
) -> Iterator[SideStep]:
    """The steps with what a daemon did, or with what a replay said that was recorded.

    ``value``: the replay of the record, which knows why an answer is not known; None: there is none.
    """
    reasons = {step.number: step.reason for step in value.steps} if value is not None else {}
    for asked in steps:
        if asked.number > len(expected):
            yield SideStep(asked, why=_NOT_REACHED, is_reached=False)
            continue
        fact = expected[asked.number - 1]
        at = time_of(fact.at)
        if asked.trigger:
            cached = fact.triggers[asked.trigger - 1] if asked.trigger <= len(fact.triggers) else None
            yield SideStep(asked, cached, why="" if cached is not None else _NOT_RECORDED, at=at)
        elif asked.stage < 0 or asked.name == "FROM":
            # With triggers it is the image of the last one.
            yield SideStep(asked, image="" if fact.triggers else fact.image, at=at, why=reasons.get(asked.number, ""))
        else:
            why = "" if fact.cached is not None else reasons.get(asked.number) or _NOT_RECORDED
            yield SideStep(asked, fact.cached, fact.image, why, is_made=not fact.cached and bool(fact.image), at=at)


def time_of(text: str) -> datetime | None:
    """A time of a record (RFC 3339); None: it is none."""
    try:
        result = datetime.fromisoformat(text)
    except ValueError:
        return None
    return result if result.tzinfo is not None else None
