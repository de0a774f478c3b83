"""The rows of the lineage tree as a Qt model."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from cacheview.ui.columns import aligned, heading
from cacheview.ui.counted_rows import CountedRows
from cacheview.ui.images.marks import NEW, REMOVED, ImageMark, doubts_mark
from cacheview.ui.images.texts import time_text, tip_text
from cacheview.ui.images.tree import Forest, ImageNode, forest
from cacheview.ui.plain import one_line, tool_tip, visible
from cacheview.ui.sizes import size_text

if TYPE_CHECKING:
    from cacheview.model import ImageStore
    from cacheview.ui.images.marks import Marks

__all__ = ["NODE_ROLE", "ImageTreeModel", "ImagesColumn", "column_text"]

NODE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""The `ImageNode` of a row."""

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_MAX_UNFOLDED_IMAGES: Final = 400
"""The number of images up to which the tree is initially completely unfolded."""
_OPPOSITE_STATES: Final = bytes.maketrans(b"\0\1", b"\1\0")
"""Converts between "open" and "folded up"."""


class ImagesColumn(IntEnum):
    """The columns, in order."""

    IMAGE = 0
    ID = 1
    CREATED = 2
    SIZE = 3


_TITLES: Final = ("Image", "ID", "Created", "Size")
_RIGHT_ALIGNED: Final = (ImagesColumn.CREATED, ImagesColumn.SIZE)


class ImageTreeModel(CountedRows):
    """The rows that are not folded away, as a flat list. Each row has a level, by which the view indents it.

    ``marks_changed`` reports that rows may look different. ``dataChanged`` is not emitted for this: with 10,000
    candidates, it would take longer than the rest of an edit, and a view only has to paint the visible rows.
    """

    marks_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(len(ImagesColumn), parent)
        self._store: ImageStore | None = None
        self._forest = Forest()
        self._filtered: bytearray | None = None
        self._open = bytearray()
        self._rows: Sequence[ImageNode] = ()
        self._rows_to_insert: Sequence[ImageNode] = ()
        self._new: frozenset[str] = frozenset()
        self._removed: frozenset[str] = frozenset()
        self._marks: Marks | None = None
        self._marks_before: Marks | None = None
        # Connected before any view, so that the rows are up to date when views are notified.
        self.rowsInserted.connect(lambda _, first, last: self._insert_rows(first, last))
        self.rowsRemoved.connect(lambda _, first, last: self._remove_rows(first, last))

    # Content

    def set_store(
        self,
        store: ImageStore | None,
        *,
        intermediate: bool = True,
        new: Iterable[str] | None = None,
        removed: frozenset[str] = frozenset(),
        tree: Forest | None = None,
        folded: Iterable[str] | None = None,
    ) -> None:
        """Show the images of a store. Marks are removed if it is a different store.

        Args:
            new: ids that are marked as new; None: the same as before.
            removed: ids that are struck through and marked as removed.
            tree: the tree of the store, if it was created in advance.
            folded: ids of rows that are folded up; None: everything below the top level, if there are many images.
        """
        if new is not None:
            self._new = frozenset(new)
        self._removed = removed
        if store is not self._store:
            self.forget_marks()
        self._store = store
        if tree is None:
            tree = forest(store, intermediate=intermediate) if store is not None else Forest()
        self._forest, self._filtered = tree, None
        if folded is not None:
            self._open_all_but(folded)
        elif len(tree.nodes) <= _MAX_UNFOLDED_IMAGES:
            self._open_all()
        else:
            self._open = bytearray(len(tree.nodes))
            for node in tree.roots:
                self._open[node.number] = 1
        self._show()

    def set_filtered(self, filtered: bytearray | None) -> None:
        """Show only these nodes, by number, with nothing folded up; None: all of them, folded up as before."""
        self._filtered = filtered
        if filtered is not None:
            self._open_all()
        self._show()

    @property
    def is_filtered(self) -> bool:
        """Whether only some nodes are shown."""
        return self._filtered is not None

    def passes_filter(self, node: ImageNode) -> bool:
        """Whether it is shown unless it is folded away."""
        return self._filtered is None or bool(self._filtered[node.number])

    @property
    def forest(self) -> Forest:
        """The tree of all images, including hidden ones."""
        return self._forest

    @property
    def rows(self) -> Sequence[ImageNode]:
        """The visible rows, top to bottom."""
        return self._rows

    def _show(self) -> None:
        """Replace all rows in one step: row by row, the layout would be repeated each time."""
        self.beginResetModel()
        self._rows = self._visible(0, len(self._forest.nodes))
        self._show_rows(len(self._rows))
        self.endResetModel()

    def _visible(self, begin: int, end: int) -> Sequence[ImageNode]:
        """Return the nodes with these numbers that are kept and not folded away."""
        nodes, filtered, is_open = self._forest.nodes, self._filtered, self._open
        if is_open.find(0, begin, end) < 0:
            return nodes[begin:end] if filtered is None else list(compress(nodes[begin:end], filtered[begin:end]))
        return list(self._walk(begin, end))

    def _walk(self, begin: int, end: int) -> Iterator[ImageNode]:
        nodes, filtered, is_open, ends = self._forest.nodes, self._filtered, self._open, self._forest.ends
        while begin < end:
            if filtered is None or filtered[begin]:
                yield nodes[begin]
            begin = begin + 1 if is_open[begin] else ends[begin]

    # Folding

    def is_open(self, node: ImageNode) -> bool:
        """Whether the rows under a node are unfolded."""
        return bool(self._open[node.number])

    def has_rows_under(self, node: ImageNode) -> bool:
        """Whether a node has any rows under it."""
        if not node.children:
            return False
        return self._filtered is None or self._filtered.find(1, node.number + 1, self._forest.ends[node.number]) >= 0

    def unfold(self, node: ImageNode) -> None:
        """Show the rows under a node."""
        if self.is_open(node):
            return
        self._open[node.number] = 1
        row = self.row_of(node)
        if row >= 0:
            self._rows_to_insert = self._visible(node.number + 1, self._forest.ends[node.number])
            if self._rows_to_insert:
                self.insertRows(row + 1, len(self._rows_to_insert))

    def fold(self, node: ImageNode) -> None:
        """Fold up the rows under a node."""
        if not self.is_open(node):
            return
        self._open[node.number] = 0
        row = self.row_of(node)
        if row >= 0:
            count = self._place(self._forest.ends[node.number]) - row - 1
            if count:
                self.removeRows(row + 1, count)

    def unfold_under(self, node: ImageNode) -> None:
        """Show all rows under a node, at every level."""
        self.fold(node)
        begin, end = node.number, self._forest.ends[node.number]
        self._open[begin + 1 : end] = b"\1" * (end - begin - 1)
        self.unfold(node)

    def unfold_only(self, ids: Iterable[str]) -> None:
        """Unfold the rows of these images and fold up all others; the empty id stands for scratch."""
        self._open = bytearray(len(self._forest.nodes))
        for image_id in ids:
            node = self._forest.node_of(image_id)
            if node is not None:
                self._open[node.number] = 1
        self._show()

    def branching(self, *, is_open: bool) -> Iterator[ImageNode]:
        """Yield the nodes with rows under them, either those that are open or those that are folded up."""
        states = self._open if is_open else self._open.translate(_OPPOSITE_STATES)
        return (node for node in compress(self._forest.nodes, states) if node.children)

    def _open_all_but(self, ids: Iterable[str]) -> None:
        self._open_all()
        for image_id in ids:
            node = self._forest.node_of(image_id)
            if node is not None:
                self._open[node.number] = 0

    def _open_all(self) -> None:
        self._open = bytearray(b"\1" * len(self._forest.nodes))

    def _insert_rows(self, first: int, last: int) -> None:
        del last
        rows = list(self._rows)
        rows[first:first] = self._rows_to_insert
        self._rows, self._rows_to_insert = rows, ()

    def _remove_rows(self, first: int, last: int) -> None:
        rows = list(self._rows)
        del rows[first : last + 1]
        self._rows = rows

    # Marks

    def forget_marks(self) -> None:
        """Remove the marks, which belong to another store. Rows are painted again with the next content."""
        self._marks = self._marks_before = None

    def set_marks(self, marks: Marks | None) -> None:
        """Set the marks of the probe; None: none."""
        self._marks_before, self._marks = self._marks, marks
        self.marks_changed.emit()

    @property
    def marks(self) -> Marks | None:
        """The marks of the probe; None: there are none yet."""
        return self._marks

    def marks_of(self, node: ImageNode) -> tuple[ImageMark, ...]:
        """Return the marks of a row, which are found when first needed."""
        image_id = node.image_id
        marks = self._marks.of(image_id) if self._marks is not None else ()
        if image_id in self._new:
            marks = (*marks, NEW)
        if image_id in self._removed:
            marks = (*marks, REMOVED)
        if node.image is not None and node.image.doubts and not any(mark.kind == "not-certain" for mark in marks):
            common = self._store.common_doubts if self._store is not None else ()
            unknown = doubts_mark(node.image, common)
            marks = (*marks, unknown) if unknown is not None else marks
        return marks

    def has_other_marks(self, node: ImageNode) -> bool:
        """Whether the marks of a row differ from those before the last `set_marks`."""
        image_id = node.image_id
        before = self._marks_before.of(image_id) if self._marks_before is not None else ()
        now = self._marks.of(image_id) if self._marks is not None else ()
        return before != now

    # Rows and nodes

    def node(self, index: _Index) -> ImageNode | None:
        """Return the node of an index; None for the root and for an index that has outlived its row."""
        row = index.row()
        return self._rows[row] if index.isValid() and row < len(self._rows) else None

    def row_of(self, node: ImageNode) -> int:
        """Return the row of a node; -1 if it is folded away or not kept."""
        row = self._place(node.number)
        return row if row < len(self._rows) and self._rows[row] is node else -1

    def _place(self, number: int) -> int:
        """Return the row of the first node with at least this number."""
        return bisect_left(self._rows, number, key=lambda node: node.number)

    def index_of(self, node: ImageNode, column: int = ImagesColumn.IMAGE) -> QModelIndex:
        """Return the index of a node; invalid if it is folded away or not kept."""
        return self.index(self.row_of(node), column)

    def index_of_image(self, image_id: str) -> QModelIndex:
        """Return the index of an image, or of scratch for the empty id; invalid if it is not shown."""
        node = self._forest.node_of(image_id)
        return self.index_of(node) if node is not None else QModelIndex()

    # The interface for the view

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        return heading(_TITLES, section, orientation, role, right=_RIGHT_ALIGNED)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        node = self.node(index)
        if node is None:
            return None
        match role:
            case _Role.DisplayRole:
                return column_text(node, index.column())
            case _Role.ToolTipRole:
                return self._tip(node, index.column())
            case _Role.AccessibleTextRole:
                return visible(self._accessible_text(node, index.column()))
            case _Role.TextAlignmentRole:
                return aligned(index.column(), right=_RIGHT_ALIGNED)
            case _ if role == NODE_ROLE:
                return node
        return None

    def _tip(self, node: ImageNode, column: int) -> str:
        lines = [mark.meaning for mark in self.marks_of(node)] if column == ImagesColumn.IMAGE else []
        if node.image is None:
            lines.insert(0, "The empty image: FROM scratch builds start here.")
        elif column == ImagesColumn.CREATED and node.image.created is not None:
            return tool_tip(str(node.image.created))
        else:
            lines = [tip_text(node.image), *([""] if lines else []), *lines]
        return tool_tip("\n".join(lines))

    def _accessible_text(self, node: ImageNode, column: int) -> str:
        if column != ImagesColumn.IMAGE:
            return column_text(node, column)
        level = f"level {self._forest.levels[node.number] + 1}"
        state = ("expanded" if self.is_open(node) else "collapsed") if self.has_rows_under(node) else ""
        words = (mark.word for mark in self.marks_of(node))
        return ", ".join(filter(None, (column_text(node, column), node.word, level, state, *words)))


def column_text(node: ImageNode, column: int) -> str:
    """Return the text of a row in a column."""
    if node.image is None:
        return "scratch" if column == ImagesColumn.IMAGE else ""
    match column:
        case ImagesColumn.ID:
            return one_line(node.image.short_id)
        case ImagesColumn.CREATED:
            return time_text(node.image.created)
        case ImagesColumn.SIZE:
            return size_text(node.image.size)
    return one_line(" ".join(filter(None, (node.image.title, node.image.instruction))))
