"""Work in another thread rests while the window is at work."""

from __future__ import annotations

import sys
import time

import pytest

from cacheview.ui.pacing import Pacer, time_of_this_thread


class Machine:
    """A clock that goes on by sleeping, and a window that is at work up to a moment."""

    def __init__(self, busy_until: float, **more: float) -> None:
        self.now = 0.0
        self.slept = 0.0
        self.busy_until = busy_until
        self.pacer = Pacer(lambda: min(self.now, self.busy_until), lambda: self.now, self.sleep, **more)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    def work(self, seconds: float) -> None:
        """Asks every millisecond."""
        end = self.now + seconds
        while self.now < end:
            self.now += 0.001
            self.pacer.yield_to_window()


def test_work_hardly_rests_while_the_window_does_nothing() -> None:
    machine = Machine(busy_until=0)
    machine.work(1)
    assert 0 < machine.slept < 0.02  # moments in which a waiting window gets Python's lock


def test_work_rests_until_the_window_has_done_its_turn() -> None:
    machine = Machine(busy_until=0.02)
    machine.work(1)
    assert 0.01 < machine.slept < 0.03


def test_work_begins_when_the_turn_in_which_it_was_wanted_is_over() -> None:
    machine = Machine(busy_until=0.02)
    machine.pacer.begin()
    assert 0.02 <= machine.now < 0.025


def test_work_begins_almost_at_once_where_the_window_does_nothing_more() -> None:
    machine = Machine(busy_until=0)
    machine.pacer.begin()
    assert machine.now == pytest.approx(0.002)


def test_work_goes_on_though_the_window_is_always_busy() -> None:
    machine = Machine(busy_until=100)
    machine.work(1)
    assert 0.1 < 1 - machine.slept < 0.5


def test_work_for_which_no_one_waits_rests_longer() -> None:
    machine = Machine(busy_until=100, longest=0.5)
    machine.work(10)
    assert 9.8 < machine.slept < machine.now


def test_where_the_time_of_the_window_is_not_known_nothing_rests() -> None:
    slept: list[float] = []
    pacer = Pacer(None, iter(range(100)).__next__, slept.append)
    for _ in range(10):
        pacer.yield_to_window()
    assert not slept


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no other thread can see it there")
def test_the_time_of_a_thread_is_what_it_was_at_work() -> None:
    taken = time_of_this_thread()
    assert taken is not None
    begun, own = taken(), time.thread_time()
    while time.thread_time() < own + 0.02:
        pass
    assert taken() - begun >= 0.02
