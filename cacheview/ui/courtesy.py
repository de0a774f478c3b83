"""Gives priority to the window: work in another thread pauses while the window's thread is busy."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Courtesy", "time_of_this_thread"]

_EVERY: Final = 0.005  # seconds of work between two checks
_BUSY: Final = 0.2  # the share of the time from which a thread counts as busy
_STEP: Final = 0.002  # seconds of a pause between two checks
_MOMENT: Final = 0.00005
"""Seconds of the pause at each check, in which a waiting window gets Python's lock.

A thread that reads many small files releases the lock for moments that are too short for the window to wake up, and so
often that the window never waits long enough to demand it.
"""
_LONGEST: Final = 0.03  # the usual longest pause in seconds


def time_of_this_thread() -> Callable[[], float] | None:
    """Return a function for the processor time of the current thread in seconds; None: not supported.

    The function may be called in any thread.
    """
    if sys.platform in ("win32", "darwin"):
        return None
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)


class Courtesy:
    """Pauses one piece of work, which calls it often.

    Only one thread at a time runs Python. A turn of the window switches between Qt and Python a thousand times, and
    would wait for the other thread each time: longer in total than it works.

    Args:
        taken: returns the processor time of the window's thread in seconds; None: not known.
        longest: seconds of the longest pause, so that work continues even if the window is always busy.
        clock: returns the time in seconds.
        sleep: sleeps for a number of seconds.
    """

    def __init__(
        self,
        taken: Callable[[], float] | None,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], object] = time.sleep,
        *,
        longest: float = _LONGEST,
    ) -> None:
        self._taken = taken
        self._longest = longest
        self._clock = clock
        self._sleep = sleep
        self._looked = clock()
        self._known = taken() if taken is not None else 0.0

    def give_way(self) -> None:
        """Pause while the window is busy, but not for long."""
        if self._taken is None or self._clock() < self._looked + _EVERY:
            return
        self._sleep(_MOMENT)
        self._rest(self._taken)

    def begin(self) -> None:
        """Pause before the work begins, since the window has usually not finished the turn that requested it."""
        if self._taken is not None:
            self._sleep(_STEP)
            self._rest(self._taken)

    def _rest(self, taken: Callable[[], float]) -> None:
        end = self._clock() + self._longest
        while self._is_busy(taken()) and self._clock() < end:
            self._sleep(_STEP)

    def _is_busy(self, taken: float) -> bool:
        """Whether the window was busy since the last check."""
        now = self._clock()
        passed, worked = now - self._looked, taken - self._known
        self._looked, self._known = now, taken
        return worked > _BUSY * passed
