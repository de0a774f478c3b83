"""How much slower the machine is at a time than at its quickest."""

from __future__ import annotations

import time

__all__ = ["Slowdown"]

_WORK = 1_000


class Slowdown:
    """Measures a fixed piece of work again and again, between what is to be measured."""

    def __init__(self) -> None:
        self._seconds: list[float] = []

    def measure(self) -> None:
        begun = time.thread_time()
        sorted(str(number) for number in range(_WORK))
        self._seconds.append(time.thread_time() - begun)

    @property
    def factor(self) -> float:
        """How much longer the work took this thread on average than when it was at its quickest.

        Other programs that share caches, a core or the host of a virtual machine make all work take longer.
        """
        if not self._seconds:
            return 1.0  # it was over too soon
        return sum(self._seconds) / len(self._seconds) / min(self._seconds)
