"""The candidates, nearest first, sorted only as far as rows are needed. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from cacheview.engine import Explanation, StageKind

__all__ = ["NearestOrder"]


class NearestOrder(Sequence[int]):
    """The candidates' places in the daemon's order, nearest first."""

    def __init__(self, explanation: Explanation) -> None:
        stage = explanation.trace.stage(StageKind.LOCAL)
        self._images = stage.images if stage is not None else ()
        self._remaining = explanation.nearest()
        self._sorted: list[int] = []
        self._rows: dict[int, int] = {}
        self._places: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._images)

    @overload
    def __getitem__(self, row: int) -> int: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[int]: ...
    def __getitem__(self, row: int | slice) -> int | Sequence[int]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        if not 0 <= row < len(self):
            raise IndexError(row)
        while row >= len(self._sorted):
            self._find()
        return self._sorted[row]

    def row(self, place: int) -> int:
        """Return the row of a candidate. Raises ValueError if no candidate has that place."""
        if not 0 <= place < len(self):
            raise ValueError(f"no candidate {place}")
        while place not in self._rows:
            self._find()
        return self._rows[place]

    def known(self) -> Iterator[tuple[int, int]]:
        """Yield the row and place of each candidate that has been sorted."""
        yield from enumerate(self._sorted)

    def _find(self) -> None:
        if self._places is None:
            self._places = {image.id: place for place, image in enumerate(self._images)}
        place = self._places[next(self._remaining).image.id]
        self._rows[place] = len(self._sorted)
        self._sorted.append(place)
