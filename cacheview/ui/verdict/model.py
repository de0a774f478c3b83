"""The trace as a Qt model. Rows are created when needed, and keep their place when the trace changes."""

from __future__ import annotations

import weakref
from bisect import bisect_left
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cacheview.engine import Check, Explanation, Stage, StageKind, Subject
from cacheview.ui.verdict.listing import ListedSubjects
from cacheview.ui.verdict.nearest import NearestOrder
from cacheview.ui.verdict.node import TraceNode, row_changes, runs
from cacheview.ui.verdict.row_text import cell, in_words, tip
from cacheview.ui.verdict.rows import FoldedChecks, Item, Rows, rows_of

__all__ = ["TraceColumn", "TraceModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_MAX_NOTIFIED_ROWS: Final = 200


class TraceColumn(IntEnum):
    """The columns. In history checks, the probe's column has the values of its parent."""

    CHECK = 0
    PROBE = 1
    IMAGE = 2


_COLUMNS: Final = len(TraceColumn)


class TraceModel(QAbstractItemModel):
    """Stage → candidate or source → check → element.

    An index contains the number of the node *above* it. So rows that are not needed have no node, and an index that has
    outlived its row finds nothing instead of freed memory. Only the model owns the nodes.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._explanation: Explanation | None = None
        self._folded = True
        self._nearest_first = False
        self._order: NearestOrder | None = None
        self._listed: dict[StageKind, ListedSubjects] = {}
        self._nodes: dict[int, TraceNode] = {}
        self._last_number = 0
        self._root: TraceNode | None = None

    # Content

    @property
    def explanation(self) -> Explanation | None:
        """The explanation that is shown; None: none."""
        return self._explanation

    def show(self, explanation: Explanation | None) -> bool:
        """Show another explanation. For the same store, rows keep their place. Returns whether they did."""
        before = self._explanation
        if before is None or explanation is None or before.trace.store is not explanation.trace.store:
            self.beginResetModel()
            self._start(explanation)
            self.endResetModel()
            return False
        self._change(explanation)
        return True

    def set_folded(self, folded: bool) -> None:
        """Fold the checks without a difference, or list everything."""
        if folded != self._folded:
            self._folded = folded
            if self._explanation is not None:
                self._change(self._explanation)

    def list_subjects(self, kind: StageKind, listing: ListedSubjects) -> None:
        """List these subjects of a stage."""
        self._listed[kind] = listing
        index = self.stage_index(kind)
        node = self._node(index) if index.isValid() else None
        if node is not None:
            self._rows(node)
            self._sync(node, node.item)

    def set_nearest_first(self, nearest_first: bool) -> None:
        """Sort the candidates: nearest first, or in the daemon's order."""
        if nearest_first != self._nearest_first:
            self._nearest_first = nearest_first
            if self._explanation is not None:
                self._change(self._explanation)

    # The tree, for Qt

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        # Called for each row of a layout, like `hasChildren`: there may be 10,000.
        node = self._node(parent)
        if node is None or not 0 <= column < _COLUMNS:
            return QModelIndex()
        rows = node.rows or self._rows(node)
        if not 0 <= row < len(rows.lead) + len(rows.places):
            return QModelIndex()
        return self.createIndex(row, column, node.number)

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        node = self._nodes.get(index.internalId()) if index.isValid() else None
        parent_node = node.parent if node is not None else None
        if node is None or parent_node is None:
            return QModelIndex()
        return self.createIndex(node.row, 0, parent_node.number)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        if parent.column() > 0:
            return 0
        node = self._node(parent)
        return len(self._rows(node)) if node is not None else 0

    def columnCount(self, parent: _Index = _ROOT) -> int:
        del parent
        return len(TraceColumn)

    def hasChildren(self, parent: _Index = _ROOT) -> bool:
        if not parent.isValid():
            return self._root is not None and len(self._rows(self._root)) > 0
        parent_node = self._nodes.get(parent.internalId())
        if parent_node is None or parent.column() != 0:
            return False
        row = parent.row()
        rows = parent_node.rows
        if rows is not None and row >= len(rows.lead) and row not in parent_node.children:
            return rows.has_rows_below
        node = parent_node.children.get(row)
        if node is not None and node.rows is not None:  # while rows change, these are still the previous ones
            return len(node.rows) > 0
        return self._rows(parent_node).has_children(row)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole and section in range(3):
            return TraceColumn(section).name.capitalize()
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self.item(index)
        explanation = self._explanation
        if item is None or explanation is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell(item, index.column(), explanation)
            case Qt.ItemDataRole.ToolTipRole:
                return tip(item, index.column(), explanation)
            case Qt.ItemDataRole.AccessibleTextRole:
                if index.column() == TraceColumn.CHECK:
                    return in_words(item, explanation)
                return cell(item, index.column(), explanation)
            case _:
                return None

    # The interface for the view

    def item(self, index: _Index) -> Item | None:
        """Return the item of a row."""
        parent_node = self._nodes.get(index.internalId()) if index.isValid() else None
        if parent_node is None or index.row() >= len(self._rows(parent_node)):
            return None
        child = parent_node.children.get(index.row())
        if child is not None:
            return child.item
        leaf = parent_node.leaves.get(index.row())
        if leaf is None:
            leaf = parent_node.leaves[index.row()] = self._rows(parent_node).item(index.row())
        return leaf

    def subject_of(self, index: _Index) -> Subject | None:
        """Return the candidate or source of a row or its parents."""
        for item in self.items_above(index):
            if isinstance(item, Subject):
                return item
        return None

    def stage_of(self, index: _Index) -> Stage | None:
        """Return the stage of a row or its parents."""
        for item in self.items_above(index):
            if isinstance(item, Stage):
                return item
        return None

    def items_above(self, index: _Index) -> Sequence[Item]:
        """Return the items of a row and its parents, innermost first."""
        item = self.item(index)
        if item is None:
            return ()
        results = [item]
        parent_node = self._nodes.get(index.internalId())
        while parent_node is not None and parent_node.parent is not None:
            results.append(parent_node.item)
            parent_node = parent_node.parent
        return results

    def depth(self, index: _Index) -> int:
        """Return the depth of a row, which is 1 for a stage."""
        node = self._nodes.get(index.internalId()) if index.isValid() else None
        depth = 0
        while node is not None:  # called for each row that is drawn
            node, depth = node.parent, depth + 1
        return depth

    def stage_index(self, kind: StageKind) -> QModelIndex:
        """Return the row of a stage; invalid if the probe has none of that kind."""
        if self._root is None:
            return QModelIndex()
        kinds = [key for key, _ in self._rows(self._root).lead]
        return self.index(kinds.index(kind), 0) if kind in kinds else QModelIndex()

    def subject_index(self, kind: StageKind, place: int) -> QModelIndex:
        """Return the row of a subject, by its place in the daemon's order."""
        stage = self.stage_index(kind)
        node = self._node(stage) if stage.isValid() else None
        if node is None:
            return QModelIndex()
        rows = self._rows(node)
        if self._order is not None and rows.places is self._order:
            return self.index(len(rows.lead) + self._order.row(place), 0, stage)
        if not place < len(rows.run):
            return QModelIndex()
        listing, is_nearest = (
            self._listed.get(kind, ListedSubjects()),
            self._order is not None and kind is StageKind.LOCAL,
        )
        if is_nearest and place not in rows.places:
            self.list_subjects(kind, listing.with_only(place))
        elif not is_nearest:
            self._listed[kind] = listing = listing.with_neighbors(place)
            if len(listing.places(len(rows.run))) != len(rows.places) or place not in rows.places:
                self.list_subjects(kind, listing)
        rows = self._rows(node)
        row = rows.places.index(place) if is_nearest else bisect_left(rows.places, place)
        return self.index(len(rows.lead) + row, 0, stage)

    def check_index(self, under: QModelIndex, trail: Sequence[int]) -> QModelIndex:
        """Return the row of a check below a stage or subject, by its trail of places. It may be in a folded group."""
        index = under
        for place in trail:
            index = self._check_below(index, place)
        return index

    def _check_below(self, index: QModelIndex, place: int) -> QModelIndex:
        node = self._node(index)
        if node is None:
            return QModelIndex()
        checks = node.item.children if isinstance(node.item, Check) else getattr(node.item, "checks", ())
        check = checks[place]
        for row, (_, item) in enumerate(self._rows(node).lead):
            if item is check:
                return self.index(row, 0, index)
            if isinstance(item, FoldedChecks) and place in item.places:
                offset = place - item.places.start
                group = self.index(row, 0, index)
                lead = self.rowCount(group) - min(len(item.places), self.rowCount(group))
                return self.index(lead + offset, 0, group)
        return self.index(len(self._rows(node).lead) + place, 0, index)

    # Nodes

    def _start(self, explanation: Explanation | None) -> None:
        self._explanation = explanation
        self._order = self._new_order()
        self._listed.clear()
        self._nodes.clear()
        self._root = self._add(explanation, None, 0) if explanation is not None else None

    def _new_order(self) -> NearestOrder | None:
        return NearestOrder(self._explanation) if self._explanation is not None and self._nearest_first else None

    def _add(self, item: Item, parent_node: TraceNode | None, row: int) -> TraceNode:
        self._last_number += 1  # never reused: an old index must not find a new node
        parent_reference = weakref.ref(parent_node) if parent_node is not None else None
        node = self._nodes[self._last_number] = TraceNode(self._last_number, item, parent_reference, row)
        return node

    def _node(self, index: _Index) -> TraceNode | None:
        """Return the node of a row, created if necessary; the root for an invalid index. None: the row is gone."""
        if not index.isValid():
            return self._root
        parent_node = self._nodes.get(index.internalId())
        if parent_node is None or index.column() != 0:
            return None
        node = parent_node.children.get(index.row())
        if node is None and index.row() < len(self._rows(parent_node)):
            item = parent_node.leaves.pop(index.row(), None) or self._rows(parent_node).item(index.row())
            node = parent_node.children[index.row()] = self._add(item, parent_node, index.row())
        return node

    def _rows(self, node: TraceNode) -> Rows:
        if node.rows is None:
            node.rows = self._rows_of(node.item)
        return node.rows

    def _rows_of(self, item: Item) -> Rows:
        assert self._explanation is not None
        listed = self._listed.get(item.kind, ListedSubjects()) if isinstance(item, Stage) else ListedSubjects()
        return rows_of(item, self._explanation, folded=self._folded, order=self._order, listed=listed)

    def _index_of(self, node: TraceNode) -> QModelIndex:
        parent_node = node.parent
        return self.createIndex(node.row, 0, parent_node.number) if parent_node is not None else QModelIndex()

    # Changes in place

    def _change(self, explanation: Explanation) -> None:
        assert self._root is not None
        self._explanation = explanation
        self._order = self._new_order()
        self._sync(self._root, explanation)

    def _sync(self, node: TraceNode, item: Item) -> None:
        """Update a node and its rows to a new item: missing rows are removed, new ones inserted."""
        before = node.rows
        assert before is not None
        after = self._rows_of(item)
        changes = row_changes(before, after)
        index = self._index_of(node)
        for first, last in reversed(changes.removed):
            self.beginRemoveRows(index, first, last)
            before.remove(first, last)
            for removed in node.remove(first, last):
                for descendant in removed.walk():
                    del self._nodes[descendant.number]
            self.endRemoveRows()
        node.item = item
        remaining = after.without(changes.inserted)
        if changes.is_reordered:
            self._reorder(node, before, remaining)
        node.rows = remaining
        for first, last in changes.inserted:
            self.beginInsertRows(index, first, last)
            remaining.restore(first, last, after)
            node.insert(first, last)
            self.endInsertRows()
        node.rows = after
        self._sync_below(node, index)

    def _reorder(self, node: TraceNode, before: Rows, after: Rows) -> None:
        """Move rows to another order, with their expansion and selection."""
        order = after.places
        find = order.row if isinstance(order, NearestOrder) else order.index
        lead = len(before.lead)
        self.layoutAboutToBeChanged.emit()
        persistent = [index for index in self.persistentIndexList() if index.internalId() == node.number]
        rows = {*node.children, *(index.row() for index in persistent)}
        moves = {row: lead + find(before.places[row - lead]) for row in rows if row >= lead}
        node.leaves.clear()
        node.move(moves)
        node.rows = after
        self.changePersistentIndexList(
            persistent, [self.createIndex(moves.get(i.row(), i.row()), i.column(), node.number) for i in persistent]
        )
        self.layoutChanged.emit()

    def _sync_below(self, node: TraceNode, index: QModelIndex) -> None:
        rows = self._rows(node)
        seen = {*node.leaves, *node.children}
        if len(rows.lead) <= _MAX_NOTIFIED_ROWS:  # may have rows now, which a view notices only in this way
            seen.update(range(len(rows.lead)))
        node.leaves.clear()
        for row, child in list(node.children.items()):
            if child.rows is None:  # created again when needed
                del node.children[row], self._nodes[child.number]
            else:
                self._sync(child, rows.item(row))
        for first, last in runs(sorted(seen)):
            self.dataChanged.emit(self.index(first, 0, index), self.index(last, len(TraceColumn) - 1, index))
