"""Measures how time grows with size, and what growth as n log n looks like on this machine at this moment.

Time is processor time of the thread. A size whose work is done in less than `ENOUGH` is worked through as often as it
takes to reach that, so that the clock and what the machine does besides disappear in it.

All three sizes are measured in `ROUNDS` rounds, one after the other within a round, and next to them a yardstick that
is known to grow as n log n: texts that are sorted, on memory as scattered as that of images. Its exponent is larger
than that of n log n by the formula, since the larger size no longer fits into the processor's caches.

A kind of work is worse than n log n if its exponent is above that limit in every round. Of work that grows exactly as
the limit, noise makes that happen once in 2 ** ROUNDS runs; of work that grows with the square it happens always.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from cacheview.collector import paused_collector

__all__ = ["STEPS", "Growth", "Work", "measured"]

Work = Callable[[], object]

STEPS = (1, 3, 10)
"""The sizes, as multiples of the first."""
ENOUGH = 0.05
"""Seconds that are measured at least: 5,000 times what the clock distinguishes."""
ROUNDS = 3
_TEXTS = 30_000


@dataclass(frozen=True)
class Growth:
    """What was measured of one kind of work.

    Attributes:
        first: the smallest size.
        seconds: at each size, the median of all rounds.
        exponents: from the smallest to the largest size, one for each round.
        yardstick: the same of the yardstick.
    """

    first: int
    seconds: tuple[float, ...]
    exponents: tuple[float, ...]
    yardstick: tuple[float, ...]

    @property
    def exponent(self) -> float:
        return statistics.median(self.exponents)

    @property
    def limit(self) -> float:
        """The exponent of n log n between these sizes, and what the machine adds to it."""
        return _n_log_n(self.first) + max(0.0, statistics.median(self.yardstick) - _n_log_n(_TEXTS))

    @property
    def is_worse(self) -> bool:
        """Whether it grows faster than n log n."""
        return min(self.exponents) > self.limit

    def __str__(self) -> str:
        sizes = (
            f"{self.first * step:>9,}: {each * 1e3:9.2f} ms" for step, each in zip(STEPS, self.seconds, strict=True)
        )
        spread = f"{min(self.exponents):.2f} to {max(self.exponents):.2f}"
        return f"{'  '.join(sizes)}  exponent {self.exponent:.2f} ({spread}), at most {self.limit:.2f}"


def measured(make: Callable[[int], Work], first: int) -> Growth:
    """How the time of a kind of work grows from a size to ten times that."""
    works = [make(first * step) for step in STEPS]
    yardstick = [_sorted_texts(_TEXTS * STEPS[0]), _sorted_texts(_TEXTS * STEPS[-1])]
    often = [(work, _often(work)) for work in works]
    yardstick_often = [(work, _often(work)) for work in yardstick]
    rounds, yardsticks = [], []
    for _ in range(ROUNDS):
        rounds.append([_seconds(work, times) for work, times in often])
        yardsticks.append([_seconds(work, times) for work, times in yardstick_often])
    return Growth(
        first,
        tuple(map(statistics.median, zip(*rounds, strict=True))),
        tuple(_exponent(each[0], each[-1]) for each in rounds),
        tuple(_exponent(*each) for each in yardsticks),
    )


def _often(work: Work) -> int:
    """How many times it has to be done to be measured. What it computes only once is done by then."""
    work()
    return math.ceil(ENOUGH / max(_seconds(work, 1), 1e-6))


def _seconds(work: Work, times: int) -> float:
    """Of one of so many times."""
    gc.collect()
    with paused_collector():  # as the program does
        begun = time.thread_time()
        for _ in range(times):
            work()
        return (time.thread_time() - begun) / times


def _exponent(small: float, large: float) -> float:
    return math.log(large / small) / math.log(STEPS[-1] / STEPS[0])


def _n_log_n(first: int) -> float:
    """The exponent of n log n from a size to ten times that."""
    return 1 + math.log(math.log(first * STEPS[-1]) / math.log(first)) / math.log(STEPS[-1])


def _sorted_texts(count: int) -> Work:
    return lambda: sorted({f"{number * 7919 % 1_000_003:x}": [number] for number in range(count)})
