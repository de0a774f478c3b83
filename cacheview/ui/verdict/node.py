"""The nodes of a tree model's rows, and changes of the rows below one node. No Qt."""

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
"""The first and the last of consecutive rows."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class TraceNode:
    """A row whose children have been requested.

    It does not keep its parent alive, so that removed nodes are freed immediately.

    Attributes:
        number: its number, which is never reused.
        parent_reference: a reference to its parent; None for the root.
        row: its row in its parent.
        rows: the rows below it; None: not requested yet.
        children: the nodes of these rows, by row.
        leaves: the items of the other rows that were requested, by row.
    """

    number: int
    item: Item
    parent_reference: weakref.ref[TraceNode] | None
    row: int
    rows: Rows | None = None
    children: dict[int, TraceNode] = field(default_factory=dict)
    leaves: dict[int, Item] = field(default_factory=dict)

    @property
    def parent(self) -> TraceNode | None:
        """Its parent; None for the root."""
        return self.parent_reference() if self.parent_reference is not None else None

    def walk(self) -> Iterator[TraceNode]:
        """Yield the node and all nodes below it."""
        yield self
        for node in self.children.values():
            yield from node.walk()

    def remove(self, first: int, last: int) -> list[TraceNode]:
        """Remove rows, and move up those after them. Returns the removed nodes."""
        removed = [node for row, node in self.children.items() if first <= row <= last]
        self._place({row: _after_removal(row, first, last) for row in (*self.children, *self.leaves)})
        return removed

    def insert(self, first: int, last: int) -> None:
        """Make space for rows, and move down those after them."""
        by = last - first + 1
        self._place({row: row + by if row >= first else row for row in (*self.children, *self.leaves)})

    def move(self, rows: dict[int, int]) -> None:
        """Move rows to other positions. Rows that are not named stay."""
        self._place({row: rows.get(row, row) for row in (*self.children, *self.leaves)})

    def _place(self, rows: dict[int, int]) -> None:
        self.children = {rows[row]: node for row, node in self.children.items() if rows[row] >= 0}
        self.leaves = {rows[row]: item for row, item in self.leaves.items() if rows[row] >= 0}
        for row, node in self.children.items():
            node.row = row


def _after_removal(row: int, first: int, last: int) -> int:
    if row < first:
        return row
    return row - (last - first + 1) if row > last else -1


@dataclass(frozen=True, slots=True)
class RowChanges:
    """The changes between two sets of rows: removals (old positions), order, then insertions (new positions)."""

    removed: tuple[Span, ...] = ()
    inserted: tuple[Span, ...] = ()
    is_reordered: bool = False


def row_changes(before: Rows, after: Rows) -> RowChanges:
    """Return the changes between old and new rows below one item."""
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
    """Return where the runs start to differ, where the difference ends in each, and whether the order differs."""
    old, new = len(before.places), len(after.places)
    if not before.images and not after.images:  # items are distinguished by their place
        common = min(old, new)
        return common, old, new, False
    start, end = _common(before.images, after.images)
    if start == old == new:
        return start, old, new, _is_reordered(before.places, after.places)
    if not isinstance(before.places, NearestOrder) and not isinstance(after.places, NearestOrder):
        return start, old - end, new - end, False
    return 0, old, new, False


def _common(one: Sequence[Image], other: Sequence[Image]) -> tuple[int, int]:
    """Return how many images two sequences have in common at the start, and how many more at the end."""
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
        # Only requested rows can move.
        return any(after[row] != place for row, place in before.known())
    return isinstance(before, NearestOrder) or isinstance(after, NearestOrder)


def runs(rows: Sequence[int]) -> Iterator[Span]:
    """Yield rows in ascending order as spans."""
    start = last = -2
    for row in rows:
        if row != last + 1:
            if start >= 0:
                yield start, last
            start = row
        last = row
    if start >= 0:
        yield start, last
