"""Measures how time grows with size, and what growth as n log n looks like on this machine at this moment.

Times are processor time of the thread. Work that takes less than `MIN_SECONDS` is repeated until it takes that long, so
that the resolution of the clock and other work on the machine do not matter.

All three sizes are measured in `ROUNDS` rounds, one after the other within a round. A yardstick that is known to grow
as n log n is measured with them: sorting texts that are as scattered in memory as images. Its exponent is larger than
the formula for n log n, since the larger size does not fit into the processor's caches.

A kind of work is worse than n log n if its exponent is above that limit in every round. For work that grows exactly as
the limit, noise causes this once in 2 ** ROUNDS runs; for quadratic work, it is always the case.
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
"""The sizes, as multiples of the first one."""
MIN_SECONDS = 0.05
"""The minimum number of seconds to measure: 5,000 times the resolution of the clock."""
ROUNDS = 3
_TEXT_COUNT = 30_000


@dataclass(frozen=True)
class Growth:
    """The measurements of one kind of work.

    Attributes:
        first: the smallest size.
        seconds: at each size, the median of all rounds.
        exponents: from the smallest to the largest size, one for each round.
        yardstick: the exponents of the yardstick.
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
        """The exponent of n log n between these sizes, plus what the machine adds to it."""
        return _n_log_n(self.first) + max(0.0, statistics.median(self.yardstick) - _n_log_n(_TEXT_COUNT))

    @property
    def is_worse(self) -> bool:
        """Whether the time grows faster than n log n."""
        return min(self.exponents) > self.limit

    def __str__(self) -> str:
        sizes = (
            f"{self.first * step:>9,}: {each * 1e3:9.2f} ms" for step, each in zip(STEPS, self.seconds, strict=True)
        )
        spread = f"{min(self.exponents):.2f} to {max(self.exponents):.2f}"
        return f"{'  '.join(sizes)}  exponent {self.exponent:.2f} ({spread}), at most {self.limit:.2f}"


def measured(make: Callable[[int], Work], first: int) -> Growth:
    """Measure how the time of a kind of work grows from a size to ten times that size."""
    works = [make(first * step) for step in STEPS]
    yardstick = [_sorted_texts(_TEXT_COUNT * STEPS[0]), _sorted_texts(_TEXT_COUNT * STEPS[-1])]
    repeated = [(work, _repetitions(work)) for work in works]
    repeated_yardstick = [(work, _repetitions(work)) for work in yardstick]
    rounds, yardsticks = [], []
    for _ in range(ROUNDS):
        rounds.append([_seconds(work, times) for work, times in repeated])
        yardsticks.append([_seconds(work, times) for work, times in repeated_yardstick])
    return Growth(
        first,
        tuple(map(statistics.median, zip(*rounds, strict=True))),
        tuple(_exponent(each[0], each[-1]) for each in rounds),
        tuple(_exponent(*each) for each in yardsticks),
    )


def _repetitions(work: Work) -> int:
    """Return how many times the work must be done to be measured. What it computes only once is computed here."""
    work()
    return math.ceil(MIN_SECONDS / max(_seconds(work, 1), 1e-6))


def _seconds(work: Work, times: int) -> float:
    """Return the seconds of one repetition."""
    gc.collect()
    with paused_collector():  # as the program does
        started_at = time.thread_time()
        for _ in range(times):
            work()
        return (time.thread_time() - started_at) / times


def _exponent(small: float, large: float) -> float:
    return math.log(large / small) / math.log(STEPS[-1] / STEPS[0])


def _n_log_n(first: int) -> float:
    """Return the exponent of n log n from a size to ten times that size."""
    return 1 + math.log(math.log(first * STEPS[-1]) / math.log(first)) / math.log(STEPS[-1])


def _sorted_texts(count: int) -> Work:
    return lambda: sorted({f"{number * 7919 % 1_000_003:x}": [number] for number in range(count)})
