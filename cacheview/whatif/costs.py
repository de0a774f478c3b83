"""The cost of a change to the store for a build: its replay before and after, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from cacheview.replay.result import Replay, Step, StepStatus
from cacheview.whatif.draft import Removed

__all__ = ["Cost", "Costs", "Effect", "costs"]


class Effect(Enum):
    """The effect of a change on a step."""

    SAME = "same"
    LOST = "lost"  # cached before, but no longer
    GAINED = "gained"
    UNKNOWN = "unknown"  # known before
    KNOWN = "known"  # not known before, and not cached now
    OTHER_IMAGE = "other image"  # a hit on another image, or another base image
    ONLY_BEFORE = "only before"  # the builder no longer reaches it
    ONLY_AFTER = "only after"


@dataclass(frozen=True)
class Cost:
    """One step in both replays.

    Attributes:
        before, after: the step; None: the build ended before it.
        effect: the effect of the change.
        removed: the image that the step hit before, if that no longer exists.
    """

    before: Step | None
    after: Step | None
    effect: Effect
    removed: Removed | None = None

    @property
    def step(self) -> Step:
        """The step after the change, or before it if the builder no longer reaches it."""
        step = self.after or self.before
        assert step is not None
        return step


@dataclass(frozen=True)
class Costs:
    """All steps, including those of triggers, in the order of the build."""

    before: Replay
    after: Replay
    steps: tuple[Cost, ...]

    @property
    def changed(self) -> tuple[Cost, ...]:
        """The steps with an effect."""
        return tuple(cost for cost in self.steps if cost.effect is not Effect.SAME)

    def count(self, effect: Effect) -> int:
        """Return how many steps have this effect."""
        return sum(cost.effect is effect for cost in self.steps)


def costs(before: Replay, after: Replay, removed: Mapping[str, Removed]) -> Costs:
    """Compare the replays of a build on a store and on the changed store.

    Args:
        removed: the images that the changed store lacks, by id.
    """
    earlier, later = dict(_places(before)), dict(_places(after))
    places = sorted({*earlier, *later})
    return Costs(before, after, tuple(_cost(earlier.get(place), later.get(place), removed) for place in places))


def _places(replay: Replay) -> Iterator[tuple[tuple[int, int], Step]]:
    """Yield the steps with their number and that of the trigger. A ``FROM`` precedes its triggers, as in the output."""
    for step in replay.steps:
        yield (step.number, 0), step
        for number, trigger in enumerate(step.triggers, 1):
            yield (step.number, number), trigger


def _cost(before: Step | None, after: Step | None, removed: Mapping[str, Removed]) -> Cost:
    if before is None or after is None:
        return Cost(before, after, Effect.ONLY_BEFORE if after is None else Effect.ONLY_AFTER)
    effect = _effect(before, after)
    removed_image = removed.get(before.image) if effect is not Effect.SAME else None
    return Cost(before, after, effect, removed_image)


def _effect(before: Step, after: Step) -> Effect:
    if StepStatus.NO_PROBE in (before.status, after.status):
        is_same = (before.image, before.made_by, before.reason) == (after.image, after.made_by, after.reason)
        return Effect.SAME if is_same else Effect.OTHER_IMAGE
    if before.cached == after.cached:
        return Effect.OTHER_IMAGE if after.cached and before.image != after.image else Effect.SAME
    if after.cached is None:
        return Effect.UNKNOWN
    if before.cached is None:
        return Effect.GAINED if after.cached else Effect.KNOWN
    return Effect.GAINED if after.cached else Effect.LOST
