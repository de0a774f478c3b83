"""Comparing two replays of one build, step by step."""

from __future__ import annotations

import pytest
from what_if_kit import image

from cacheview.replay.result import Replay, Step, StepStatus
from cacheview.whatif.costs import Effect, costs
from cacheview.whatif.draft import Removed, RemovedFor
from cacheview.whatif.words import cost_line, costs_line

HIT, MISS, NOT_CHECKED, UNKNOWN = StepStatus.HIT, StepStatus.MISS, StepStatus.NOT_CHECKED, StepStatus.UNKNOWN
ONE, OTHER = image("a").id, image("b").id


def step(status: StepStatus, image_id: str = "", number: int = 1, **more: object) -> Step:
    return Step(number, "RUN it", 1, 0, status, image=image_id, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "effect", "printed"),
    [
        (step(HIT, ONE), step(HIT, ONE), Effect.SAME, "No steps would change."),
        (step(MISS), step(NOT_CHECKED), Effect.SAME, "No steps would change."),
        (step(HIT, ONE), step(MISS), Effect.LOST, "1 step that is cached now would be rebuilt."),
        (step(HIT, ONE), step(NOT_CHECKED), Effect.LOST, "1 step that is cached now would be rebuilt."),
        (step(MISS), step(HIT, ONE), Effect.GAINED, "1 step that is not cached now would be cached."),
        (step(UNKNOWN), step(HIT, ONE), Effect.GAINED, "1 step that is not cached now would be cached."),
        (step(HIT, ONE), step(UNKNOWN), Effect.UNKNOWN, "1 step would be unknown."),
        (step(UNKNOWN), step(MISS), Effect.KNOWN, "1 step that is unknown now would be rebuilt."),
        (
            step(HIT, ONE),
            step(HIT, OTHER),
            Effect.OTHER_IMAGE,
            "No results would change, but some steps would use different images.",
        ),
        (step(HIT, ONE), None, Effect.ONLY_BEFORE, "1 step would not be reached."),
        (None, step(HIT, ONE), Effect.ONLY_AFTER, "1 step that is not reached now would be reached."),
    ],
)
def test_the_effect_on_a_step_is_classified(
    before: Step | None, after: Step | None, effect: Effect, printed: str
) -> None:
    now, then = (Replay((each,) if each is not None else ()) for each in (before, after))
    result = costs(now, then, {})
    assert [cost.effect for cost in result.steps] == [effect]
    assert costs_line(result) == printed
    assert bool(result.changed) == (effect is not Effect.SAME)


def test_a_step_names_the_image_that_is_gone() -> None:
    gone = Removed(image("a", None, "app:1"), RemovedFor.UNUSED)
    (cost,) = costs(Replay((step(HIT, ONE),)), Replay((step(MISS),)), {ONE: gone}).steps
    assert cost_line(cost) == "Step 1: cached → rebuilt: RUN it (app:1 (aaaaaaaaaaaa) is gone: no container uses it)"


def test_another_image_is_shown_by_both_ids() -> None:
    (cost,) = costs(Replay((step(HIT, ONE),)), Replay((step(HIT, OTHER),)), {}).steps
    assert cost_line(cost) == "Step 1: cached, aaaaaaaaaaaa → cached, bbbbbbbbbbbb: RUN it"


def test_triggers_come_after_their_from() -> None:
    with_trigger = step(StepStatus.NO_PROBE, ONE, triggers=(step(HIT, OTHER),))
    without = step(StepStatus.NO_PROBE, ONE)
    result = costs(Replay((with_trigger, step(HIT, ONE, 2))), Replay((without, step(HIT, ONE, 2))), {})
    assert [cost.effect for cost in result.steps] == [Effect.SAME, Effect.ONLY_BEFORE, Effect.SAME]
