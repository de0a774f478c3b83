"""The nodes behind a tree model's rows, and what changes among the rows of one. No Qt."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from cacheview.model import Image
from cacheview.ui.verdict.nearest import NearestOrder
from cacheview.ui.verdict.rows import Item, Rows

__all__ = ["RowChanges", "Span", "TraceNode", "row_changes", "runs"]

Span = tuple[int, int]
"""The first and the last of rows in succession."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class TraceNode:
    """A row that has been looked below. It does not keep the node above alive: what is dropped is gone at once.

    Attributes:
        number: given once and never again.
        upward: leads to the node that it stands under; None for the root.
        row: where it stands there.
        rows: what is below it; None: not looked at yet.
        below: its rows that have been looked below.
        leaves: the items of its other rows, as far as they have been looked at.
    """

    number: int
    item: Item
    upward: weakref.ref[TraceNode] | None
    row: int
    rows: Rows | None = None
    below: dict[int, TraceNode] = field(default_factory=dict)
    leaves: dict[int, Item] = field(default_factory=dict)

    @property
    def above(self) -> TraceNode | None:
        """The node that it stands under; None for the root."""
        return self.upward() if self.upward is not None else None

    def walk(self) -> Iterator[TraceNode]:
        """The node and all nodes below it."""
        yield self
        for node in self.below.values():
            yield from node.walk()

    def remove(self, first: int, last: int) -> list[TraceNode]:
        """Forget rows; what comes after them moves up. Returns the nodes that were there."""
        gone = [node for row, node in self.below.items() if first <= row <= last]
        self._place({row: _after_removal(row, first, last) for row in (*self.below, *self.leaves)})
        return gone

    def insert(self, first: int, last: int) -> None:
        """Make room for rows: what comes after them moves down."""
        by = last - first + 1
        self._place({row: row + by if row >= first else row for row in (*self.below, *self.leaves)})

    def move(self, rows: dict[int, int]) -> None:
        """Rows at other places; what is not named stays."""
        self._place({row: rows.get(row, row) for row in (*self.below, *self.leaves)})

    def _place(self, rows: dict[int, int]) -> None:
        self.below = {rows[row]: node for row, node in self.below.items() if rows[row] >= 0}
        self.leaves = {rows[row]: item for row, item in self.leaves.items() if rows[row] >= 0}
        for row, node in self.below.items():
            node.row = row


def _after_removal(row: int, first: int, last: int) -> int:
    if row < first:
        return row
    return row - (last - first + 1) if row > last else -1


@dataclass(frozen=True, slots=True)
class RowChanges:
    """From some rows to others: what goes (as counted before), then the order, then what comes (as counted after)."""

    removed: tuple[Span, ...] = ()
    inserted: tuple[Span, ...] = ()
    reordered: bool = False


def row_changes(before: Rows, after: Rows) -> RowChanges:
    """What happens to the rows below one item."""
    removed: list[Span] = []
    inserted: list[Span] = []
    old, new = [key for key, _ in before.lead], [key for key, _ in after.lead]
    if old != new:
        for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag != "equal" and i < i_end:
                removed.append((i, i_end - 1))
            if tag != "equal" and j < j_end:
                inserted.append((j, j_end - 1))
    start, old_end, new_end, reordered = _run_changes(before, after)
    if start < old_end:
        removed.append((len(old) + start, len(old) + old_end - 1))
    if start < new_end:
        inserted.append((len(new) + start, len(new) + new_end - 1))
    return RowChanges(tuple(removed), tuple(inserted), reordered)


def _run_changes(before: Rows, after: Rows) -> tuple[int, int, int, bool]:
    """In the runs: where a difference starts, where it ends before and after; and whether the order is another."""
    old, new = len(before.places), len(after.places)
    if not before.images and not after.images:  # distinguished by their place
        common = min(old, new)
        return common, old, new, False
    start, end = _common(before.images, after.images)
    if start == old == new:
        return start, old, new, _is_reordered(before.places, after.places)
    if not isinstance(before.places, NearestOrder) and not isinstance(after.places, NearestOrder):
        return start, old - end, new - end, False
    return 0, old, new, False


def _common(one: Sequence[Image], other: Sequence[Image]) -> tuple[int, int]:
    """How many images two sequences begin with, and how many more they end with."""
    shorter = min(len(one), len(other))
    if one is other:
        return shorter, 0
    start = 0
    while start < shorter and one[start].id == other[start].id:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end].id == other[-1 - end].id:
        end += 1
    return start, end


def _is_reordered(before: Sequence[int], after: Sequence[int]) -> bool:
    if isinstance(before, NearestOrder) and isinstance(after, NearestOrder):
        # As far as anybody has seen; beyond that there is nothing that could move.
        return any(after[row] != place for row, place in before.known())
    return isinstance(before, NearestOrder) or isinstance(after, NearestOrder)


def runs(rows: Sequence[int]) -> Iterator[Span]:
    """Rows in rising order as spans."""
    start = last = -2
    for row in rows:
        if row != last + 1:
            if start >= 0:
                yield start, last
            start = row
        last = row
    if start >= 0:
        yield start, last
