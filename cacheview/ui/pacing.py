"""Gives priority to the window: work in another thread pauses while the window's thread is busy."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Pacer", "time_of_this_thread"]

_CHECK_SECONDS: Final = 0.005  # of work between two checks
_BUSY_SHARE: Final = 0.2  # the share of the time from which a thread counts as busy
_PAUSE_CHECK_SECONDS: Final = 0.002  # between two checks during a pause
_YIELD_SECONDS: Final = 0.00005
"""Seconds of the pause at each check, in which a waiting window gets Python's lock.

A thread that reads many small files releases the lock for moments that are too short for the window to wake up, and so
often that the window never waits long enough to demand it.
"""
_MAX_PAUSE_SECONDS: Final = 0.03  # the usual limit


def time_of_this_thread() -> Callable[[], float] | None:
    """Return a function for the processor time of the current thread in seconds; None: not supported.

    The function may be called in any thread.
    """
    if sys.platform in ("win32", "darwin"):
        return None
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)


class Pacer:
    """Pauses one piece of work, which calls it often.

    Only one thread at a time runs Python. A turn of the window switches between Qt and Python a thousand times, and
    would wait for the other thread each time: longer in total than it works.

    Args:
        window_time: returns the processor time of the window's thread in seconds; None: not known.
        longest: seconds of the longest pause, so that work continues even if the window is always busy.
        clock: returns the time in seconds.
        sleep: sleeps for a number of seconds.
    """

    def __init__(
        self,
        window_time: Callable[[], float] | None,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], object] = time.sleep,
        *,
        longest: float = _MAX_PAUSE_SECONDS,
    ) -> None:
        self._window_time = window_time
        self._longest = longest
        self._clock = clock
        self._sleep = sleep
        self._checked_at = clock()
        self._last_window_time = window_time() if window_time is not None else 0.0

    def yield_to_window(self) -> None:
        """Pause while the window is busy, but not for long."""
        if self._window_time is None or self._clock() < self._checked_at + _CHECK_SECONDS:
            return
        self._sleep(_YIELD_SECONDS)
        self._pause(self._window_time)

    def begin(self) -> None:
        """Pause before the work begins, since the window has usually not finished the turn that requested it."""
        if self._window_time is not None:
            self._sleep(_PAUSE_CHECK_SECONDS)
            self._pause(self._window_time)

    def _pause(self, window_time: Callable[[], float]) -> None:
        end = self._clock() + self._longest
        while self._is_busy(window_time()) and self._clock() < end:
            self._sleep(_PAUSE_CHECK_SECONDS)

    def _is_busy(self, window_time: float) -> bool:
        """Whether the window was busy since the last check."""
        now = self._clock()
        elapsed, worked = now - self._checked_at, window_time - self._last_window_time
        self._checked_at, self._last_window_time = now, window_time
        return worked > _BUSY_SHARE * elapsed
