"""Lets the window go first: work in another thread rests while the window's thread is busy."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Courtesy", "time_of_this_thread"]

_EVERY: Final = 0.005  # seconds of work between two looks
_BUSY: Final = 0.2  # of the time that passes: a thread that takes more of it is at work
_STEP: Final = 0.002  # seconds of rest between two looks
_LONGEST: Final = 0.03  # seconds of one rest: the work goes on though the window is always busy


def time_of_this_thread() -> Callable[[], float] | None:
    """What returns, in any thread, the processor time that this one has taken, in seconds; None: no way here."""
    if sys.platform in ("win32", "darwin"):
        return None
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)


class Courtesy:
    """Asked often by one piece of work.

    One thread at a time runs Python. A turn of the window goes from Qt to Python and back a thousand times, and each
    time it would wait for the other thread: longer, all in all, than it works.

    Args:
        taken: the processor time that the window's thread has taken, in seconds; None: it is not known.
        clock: in seconds.
        sleep: for so many seconds.
    """

    def __init__(
        self,
        taken: Callable[[], float] | None,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._taken = taken
        self._clock = clock
        self._sleep = sleep
        self._looked = clock()
        self._known = taken() if taken is not None else 0.0

    def give_way(self) -> None:
        """Rest while the window is at work, but not for long."""
        if self._taken is None or self._clock() < self._looked + _EVERY:
            return
        self._rest(self._taken)

    def begin(self) -> None:
        """Likewise, before the work begins: mostly the window has not ended the turn in which it was wanted."""
        if self._taken is not None:
            self._sleep(_STEP)
            self._rest(self._taken)

    def _rest(self, taken: Callable[[], float]) -> None:
        end = self._clock() + _LONGEST
        while self._is_busy(taken()) and self._clock() < end:
            self._sleep(_STEP)

    def _is_busy(self, taken: float) -> bool:
        """Whether the window was at work since the last look."""
        now = self._clock()
        passed, worked = now - self._looked, taken - self._known
        self._looked, self._known = now, taken
        return worked > _BUSY * passed
