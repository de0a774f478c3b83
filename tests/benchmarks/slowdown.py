"""How many times as long work takes as when the machine is at its fastest."""

from __future__ import annotations

import time

__all__ = ["Slowdown"]

_ITEMS = 1_000


class Slowdown:
    """Measures a fixed piece of work repeatedly, between other measurements."""

    def __init__(self) -> None:
        self._seconds: list[float] = []

    def measure(self) -> None:
        started_at = time.thread_time()
        sorted(str(number) for number in range(_ITEMS))
        self._seconds.append(time.thread_time() - started_at)

    @property
    def factor(self) -> float:
        """How many times as long the work took this thread on average as at its fastest.

        Other programs that share caches, a core or the host of a virtual machine slow all work down.
        """
        if not self._seconds:
            return 1.0  # the measurement ended before the first piece of work
        return sum(self._seconds) / len(self._seconds) / min(self._seconds)
