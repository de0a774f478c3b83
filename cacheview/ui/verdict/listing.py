"""Which subjects become rows where there are very many. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

__all__ = ["LISTED", "MOST", "ListedSubjects"]

LISTED: Final = 200
"""How many subjects a stage lists until more are asked for: a view asks every row that is listed with every edit."""

MOST: Final = 5_000
"""How many it lists then: to go over them takes some milliseconds."""

_AROUND: Final = LISTED // 2
_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class ListedSubjects:
    """The first subjects of a stage, and those around the few that were asked for last.

    To list all that stand before the one that decided would keep the window waiting where that is the last of 10,000.

    Attributes:
        first: how many subjects from the first on are rows.
        asked: places that were asked for, the last one last.
    """

    first: int = LISTED
    asked: tuple[int, ...] = ()

    def reaching(self, place: int) -> ListedSubjects:
        """The same with the subject of that place; the one that was asked for longest ago may go."""
        if place < self.first:
            return self
        near = next((known for known in self.asked if place in _around(known)), place)
        return ListedSubjects(self.first, (*(known for known in self.asked if known != near), near)[-_KEPT:])

    def asking(self, place: int) -> ListedSubjects:
        """The same with that subject alone, wherever it stands: for those that are listed in another order."""
        return ListedSubjects(self.first, (*(known for known in self.asked if known != place), place)[-_KEPT:])

    def nearest(self, order: Sequence[int]) -> Sequence[int]:
        """The places of what is listed nearest first: the nearest, then those that were asked for."""
        if len(order) <= self.first:
            return order
        first = order[: self.first]
        # Of another answer there may have been more places.
        return (*first, *(place for place in self.asked if place < len(order) and place not in first))

    def ranges(self, count: int) -> tuple[range, ...]:
        """Which of the subjects are listed, in order, as ranges with gaps between them."""
        results = [range(min(self.first, count))]
        for place in sorted(self.asked):
            around, last = _around(place), results[-1]
            stop = min(around.stop, count)
            if around.start <= last.stop:
                results[-1] = range(last.start, max(last.stop, stop))
            elif around.start < stop:
                results.append(range(around.start, stop))
        return tuple(results)

    def places(self, count: int) -> Sequence[int]:
        """The places of what is listed."""
        ranges = self.ranges(count)
        return ranges[0] if len(ranges) == 1 else tuple(chain.from_iterable(ranges))

    def in_words(self, count: int, role: str) -> str:
        """``The first 200 of 10,000 candidates``."""
        first, *rest = self.ranges(count)
        results = [f"{part.start + 1:,} to {part.stop:,}" for part in rest]
        return f"The first {' and '.join([f'{len(first):,}', *results])} of {count:,} {role}s"


def _around(place: int) -> range:
    return range(max(0, place - _AROUND), place + _AROUND)
