"""Canceling work, and stopping work that takes too long."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator

import pytest

from cacheview.model.effort import (
    Effort,
    LimitError,
    allow,
    free_in_steps,
    go_on,
    paced,
    separate_limits,
    sorted_in_steps,
)


class Clock:
    """A clock that is set manually."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def work(clock: Clock) -> Iterator[Effort]:
    """Work that may take ten seconds."""
    effort = Effort(10, clock=clock)
    with effort.spent():
        yield effort


def test_without_a_limit_everything_goes_on() -> None:
    go_on()
    assert list(paced(range(2000))) == list(range(2000))


@pytest.mark.usefixtures("work")
def test_what_takes_too_long_ends_with_the_limit(clock: Clock) -> None:
    clock.now += 10
    go_on()
    clock.now += 0.1
    with pytest.raises(LimitError, match=r"^took more than 10 seconds of CPU time\. The rest was not examined$"):
        go_on()
    with pytest.raises(LimitError):  # anything that continues afterwards is stopped too
        list(paced([1]))


def test_an_effort_limit_ends_with_its_block(clock: Clock) -> None:
    with Effort(10, clock=clock).spent():
        clock.now += 11
    go_on()


@pytest.mark.usefixtures("work")
def test_nested_efforts_apply_both_limits(clock: Clock) -> None:
    with Effort(5, clock=clock).spent():
        clock.now += 6
        with pytest.raises(LimitError, match="more than 5 seconds"):
            go_on()
    go_on()
    with Effort(50, clock=clock).spent():
        clock.now += 5
        with pytest.raises(LimitError, match="more than 10 seconds"):
            go_on()


@pytest.mark.usefixtures("work")
def test_work_with_separate_limits_does_not_count(clock: Clock) -> None:
    with separate_limits():
        clock.now += 1000
        go_on()
        with separate_limits():
            clock.now += 1000
    go_on()
    clock.now += 11
    with pytest.raises(LimitError):
        go_on()


def test_separate_limits_can_still_be_canceled(clock: Clock) -> None:
    stop = KeyboardInterrupt()

    def check_canceled() -> None:
        if clock.now > 101:
            raise stop

    with Effort(check_canceled=check_canceled, clock=clock).spent(), separate_limits():
        go_on()
        clock.now += 2
        with pytest.raises(KeyboardInterrupt):
            go_on()


@pytest.mark.usefixtures("work")
def test_larger_work_may_take_longer(clock: Clock) -> None:
    allow(5)
    clock.now += 14
    go_on()
    clock.now += 2
    with pytest.raises(LimitError, match="more than 15 seconds"):
        go_on()


@pytest.mark.usefixtures("work")
def test_limits_do_not_apply_to_other_threads(clock: Clock) -> None:
    clock.now += 11
    raised: list[Exception] = []

    def run() -> None:
        try:
            go_on()
        except LimitError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not raised


def test_cancellation_is_checked_regularly_while_iterating() -> None:
    calls = 0

    def check_canceled() -> None:
        nonlocal calls
        calls += 1

    with Effort(check_canceled=check_canceled).spent():
        assert sum(1 for _ in paced(range(5000))) == 5000
    assert 5 <= calls <= 50


@pytest.mark.parametrize("count", [0, 1, 4096, 4097, 20_000])
def test_sorting_in_steps_is_sorting(count: int) -> None:
    items = [(number * 7919 % 1009, number) for number in range(count)]
    assert sorted_in_steps(items, lambda item: item[0]) == sorted(items, key=lambda item: item[0])


def test_sorting_can_be_stopped(clock: Clock, work: Effort) -> None:
    clock.now += 10.1
    with pytest.raises(LimitError):
        sorted_in_steps(range(10), lambda item: item)


class Thing:
    """An object whose deletion can be observed."""


def test_nested_containers_are_freed_in_order_with_pauses() -> None:
    things = [Thing() for _ in range(2000)]
    seen = [weakref.ref(thing) for thing in things]
    left: list[list[bool]] = []
    with Effort(check_canceled=lambda: left.append([thing() is not None for thing in seen])).spent():
        held: list[object] = [tuple(things), None, {"also": 1}]
        things.clear()
        free_in_steps(held)
    assert held == []
    assert not any(thing() for thing in seen)
    assert len(left) > 3  # other work can run in between
    for alive in left:
        assert alive == sorted(alive)  # objects are freed in order
    assert 0 < sum(left[-1]) < len(seen)


def test_what_others_refer_to_is_not_freed() -> None:
    thing = Thing()
    free_in_steps([[thing], {thing: 1}])
    assert weakref.ref(thing)() is thing
