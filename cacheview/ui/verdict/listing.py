"""Selects which subjects become rows if there are very many. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

__all__ = ["INITIAL_SUBJECTS", "MAX_SUBJECTS", "ListedSubjects"]

INITIAL_SUBJECTS: Final = 200
"""The number of subjects listed in a stage until more are requested, since every edit queries all rows."""

MAX_SUBJECTS: Final = 5_000
"""The number of subjects listed once more are requested, which takes a few milliseconds."""

_SUBJECTS_AROUND: Final = INITIAL_SUBJECTS // 2
_MAX_REQUESTED: Final = 4


@dataclass(frozen=True, slots=True)
class ListedSubjects:
    """The first subjects of a stage, and those around the few that were requested last.

    Listing all subjects before the deciding one would block the window if it is the last of 10,000.

    Attributes:
        first: the number of subjects that are rows, from the first on.
        requested: the places that were requested, in the order of the requests.
    """

    first: int = INITIAL_SUBJECTS
    requested: tuple[int, ...] = ()

    def with_neighbors(self, place: int) -> ListedSubjects:
        """Return a selection that includes the subject at a place. The oldest request may be dropped."""
        if place < self.first:
            return self
        near = next((requested for requested in self.requested if place in _around(requested)), place)
        return ListedSubjects(
            self.first, (*(requested for requested in self.requested if requested != near), near)[-_MAX_REQUESTED:]
        )

    def with_only(self, place: int) -> ListedSubjects:
        """Return a selection that includes the subject at a place, but not those around it, for a sorted list."""
        return ListedSubjects(
            self.first, (*(requested for requested in self.requested if requested != place), place)[-_MAX_REQUESTED:]
        )

    def nearest(self, order: Sequence[int]) -> Sequence[int]:
        """Return the places of the listed subjects if the nearest come first: the nearest, then the requested ones."""
        if len(order) <= self.first:
            return order
        first = order[: self.first]
        # An earlier answer may have had more places.
        return (*first, *(place for place in self.requested if place < len(order) and place not in first))

    def ranges(self, count: int) -> tuple[range, ...]:
        """Return the listed subjects, in order, as ranges with gaps between them."""
        results = [range(min(self.first, count))]
        for place in sorted(self.requested):
            around, last = _around(place), results[-1]
            stop = min(around.stop, count)
            if around.start <= last.stop:
                results[-1] = range(last.start, max(last.stop, stop))
            elif around.start < stop:
                results.append(range(around.start, stop))
        return tuple(results)

    def places(self, count: int) -> Sequence[int]:
        """Return the places of the listed subjects."""
        ranges = self.ranges(count)
        return ranges[0] if len(ranges) == 1 else tuple(chain.from_iterable(ranges))

    def in_words(self, count: int, role: str) -> str:
        """Return ``The first 200 of 10,000 candidates``."""
        first, *rest = self.ranges(count)
        results = [f"{part.start + 1:,} to {part.stop:,}" for part in rest]
        return f"The first {' and '.join([f'{len(first):,}', *results])} of {count:,} {role}s"


def _around(place: int) -> range:
    return range(max(0, place - _SUBJECTS_AROUND), place + _SUBJECTS_AROUND)
