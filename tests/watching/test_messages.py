"""A build received by one process equals the build that the other one sent."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cacheview.replay.result import StepStatus
from cacheview.report.shown_build import ShownBuild, ShownStep
from cacheview.watching.messages import StepsReceived, StepsSent

STEP = st.builds(
    ShownStep,
    number=st.integers(1, 5),
    text=st.sampled_from("ab"),
    predicted=st.sampled_from([None, *StepStatus]),
    differs=st.booleans(),
)
BUILD = st.builds(
    ShownBuild,
    number=st.integers(-1, 2),
    title=st.sampled_from(["a", "b"]),
    is_final=st.booleans(),
    steps=st.lists(STEP, max_size=4).map(tuple),
)


@settings(max_examples=60)
@given(st.lists(BUILD, max_size=8))
def test_builds_are_received_as_sent(builds: list[ShownBuild]) -> None:
    sent, heard = StepsSent(), StepsReceived()
    assert [heard.build(sent.news(build)) for build in builds] == builds


def test_steps_that_stay_as_they_are_are_sent_once() -> None:
    sent = StepsSent()
    steps = tuple(ShownStep(number, f"ENV A={number}") for number in range(1, 4))
    build = ShownBuild(1, "app", steps=steps)
    assert dict(sent.news(build).changed) == dict(enumerate(steps))
    assert dict(sent.news(build).changed) == {}
    changed = replace(steps[1], predicted=StepStatus.HIT)
    assert dict(sent.news(replace(build, steps=(steps[0], changed, steps[2]))).changed) == {1: changed}


def test_finished_builds_leave_no_state_behind() -> None:
    sent, heard = StepsSent(), StepsReceived()
    for number in range(1, 100):
        steps = (ShownStep(1, "FROM scratch"),)
        heard.build(sent.news(ShownBuild(number, "app", steps=steps)))
        heard.build(sent.news(ShownBuild(number, "app", steps=steps, is_final=True)))
    assert sent == StepsSent()
    assert heard == StepsReceived()
