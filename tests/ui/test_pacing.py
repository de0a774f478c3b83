"""Work in another thread pauses while the window is busy."""

from __future__ import annotations

import sys
import time

import pytest

from cacheview.ui.pacing import Pacer, time_of_this_thread


class Machine:
    """A clock that advances by work and sleep, and a window that is busy until a certain time."""

    def __init__(self, busy_until: float, **more: float) -> None:
        self.now = 0.0
        self.slept = 0.0
        self.busy_until = busy_until
        self.pacer = Pacer(lambda: min(self.now, self.busy_until), lambda: self.now, self.sleep, **more)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    def work(self, seconds: float) -> None:
        """Work that offers to pause every millisecond."""
        end = self.now + seconds
        while self.now < end:
            self.now += 0.001
            self.pacer.yield_to_window()


def test_work_hardly_pauses_while_the_window_is_idle() -> None:
    machine = Machine(busy_until=0)
    machine.work(1)
    assert 0 < machine.slept < 0.02  # short pauses in which a waiting window can get the GIL


def test_work_pauses_until_the_turn_of_the_window_ends() -> None:
    machine = Machine(busy_until=0.02)
    machine.work(1)
    assert 0.01 < machine.slept < 0.03


def test_work_starts_after_the_current_turn() -> None:
    machine = Machine(busy_until=0.02)
    machine.pacer.begin()
    assert 0.02 <= machine.now < 0.025


def test_work_starts_quickly_if_the_window_is_idle() -> None:
    machine = Machine(busy_until=0)
    machine.pacer.begin()
    assert machine.now == pytest.approx(0.002)


def test_work_progresses_while_the_window_is_always_busy() -> None:
    machine = Machine(busy_until=100)
    machine.work(1)
    assert 0.1 < 1 - machine.slept < 0.5


def test_work_for_which_no_one_waits_rests_longer() -> None:
    machine = Machine(busy_until=100, longest=0.5)
    machine.work(10)
    assert 9.8 < machine.slept < machine.now


def test_work_does_not_pause_if_the_window_time_is_unknown() -> None:
    slept: list[float] = []
    pacer = Pacer(None, iter(range(100)).__next__, slept.append)
    for _ in range(10):
        pacer.yield_to_window()
    assert not slept


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no other thread can see it there")
def test_thread_time_counts_cpu_time() -> None:
    taken = time_of_this_thread()
    assert taken is not None
    begun, own = taken(), time.thread_time()
    while time.thread_time() < own + 0.02:
        pass
    assert taken() - begun >= 0.02
