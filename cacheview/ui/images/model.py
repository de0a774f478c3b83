"""The lineage tree as a Qt model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from cacheview.ui.images.marks import NEW, Mark, doubts_mark
from cacheview.ui.images.texts import time_text, tip_text
from cacheview.ui.images.tree import Forest, Node, forest
from cacheview.ui.plain import one_line, tool_tip, visible
from cacheview.ui.sizes import size_text

if TYPE_CHECKING:
    from cacheview.model import ImageStore
    from cacheview.ui.images.marks import Marks

__all__ = ["NODE_ROLE", "Column", "ImageTreeModel", "column_text"]

NODE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""The `Node` of a row."""

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole


class Column(IntEnum):
    """The columns, in order."""

    IMAGE = 0
    ID = 1
    CREATED = 2
    SIZE = 3


_COLUMNS: Final = len(Column)
_LARGE: Final = 500  # rows on one level whose indexes are kept ready
_AT_ONCE: Final = 2500  # indexes that are made in one turn: some milliseconds
_TOP: Final = -1
_TITLES: Final = {Column.IMAGE: "Image", Column.ID: "Id", Column.CREATED: "Created", Column.SIZE: "Size"}


class _Levels:
    """The indexes of a tree's large levels, by the number of the node above: `_TOP` for the top level."""

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self.indexes: dict[int, list[QModelIndex]] = {}
        nodes = [node for node in forest.nodes if len(node.children) > _LARGE]
        self._waiting: list[tuple[int, Sequence[Node]]] = [(node.number, node.children) for node in nodes]
        if len(forest.roots) > _LARGE:
            self._waiting.append((_TOP, forest.roots))

    def make_more(self, create: Callable[[int, int, int], QModelIndex]) -> bool:
        """Make some. Returns whether there are more."""
        left = _AT_ONCE
        while self._waiting and left:
            number, rows = self._waiting[-1]
            made = self.indexes.setdefault(number, [])
            part = rows[len(made) : len(made) + left]
            made += [create(node.row, 0, node.number) for node in part]
            left -= len(part)
            if len(made) == len(rows):
                self._waiting.pop()
        return bool(self._waiting)


class ImageTreeModel(QAbstractItemModel):
    """Owns the nodes; an index holds a node's number, never a pointer, so a stale one can do no harm.

    ``marks_changed`` reports that rows may look different. There is no ``dataChanged`` for it: with 10,000
    candidates that would cost more than all else that an edit does, and a view only needs to paint what it shows.
    """

    marks_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: ImageStore | None = None
        self._forest = Forest((), (), {}, 0)
        self._branching: list[bool] = []
        self._levels = self._coming = _Levels(self._forest)
        self._new: frozenset[str] = frozenset()
        self._marks: Marks | None = None
        self._marks_before: Marks | None = None

    def prepare(self, made: Forest) -> bool:
        """Do some of the work that a view of many rows will need once `set_store` is given this tree.

        A view asks for the index of every row in one breath, and making one takes longer than all else about it.
        Returns whether there is more to do.
        """
        if self._coming.forest is not made:
            self._coming = _Levels(made)
        return self._coming.make_more(self.createIndex)

    def set_store(
        self,
        store: ImageStore | None,
        *,
        intermediate: bool = True,
        new: Iterable[str] | None = None,
        made: Forest | None = None,
    ) -> None:
        """Show the images of a store. Marks are taken off when it is another store than before.

        Args:
            new: ids that are marked as new; None: those that were.
            made: the tree of the store, where it has been made in advance.
        """
        if new is not None:
            self._new = frozenset(new)
        self.beginResetModel()
        if store is not self._store:
            self._marks = self._marks_before = None
        self._store = store
        if made is not None:
            self._forest = made
        else:
            self._forest = forest(store, intermediate=intermediate) if store is not None else Forest((), (), {}, 0)
        self._branching = [bool(node.children) for node in self._forest.nodes]
        self._levels = self._coming if self._coming.forest is self._forest else _Levels(self._forest)
        self._coming = self._levels
        self.endResetModel()

    def set_marks(self, marks: Marks | None) -> None:
        self._marks_before, self._marks = self._marks, marks
        self.marks_changed.emit()

    @property
    def forest(self) -> Forest:
        return self._forest

    @property
    def marks(self) -> Marks | None:
        return self._marks

    def marks_of(self, node: Node) -> tuple[Mark, ...]:
        """The marks of a row, worked out when first asked for."""
        image_id = node.image.id if node.image is not None else ""
        marks = self._marks.of(image_id) if self._marks is not None else ()
        if image_id in self._new:
            marks = (*marks, NEW)
        if node.image is not None and node.image.doubts and not any(mark.kind == "not-certain" for mark in marks):
            common = self._store.common_doubts if self._store is not None else ()
            unknown = doubts_mark(node.image, common)
            marks = (*marks, unknown) if unknown is not None else marks
        return marks

    def has_other_marks(self, node: Node) -> bool:
        """Whether the marks of a row are others than those before the last change."""
        image_id = node.image.id if node.image is not None else ""
        before = self._marks_before.of(image_id) if self._marks_before is not None else ()
        now = self._marks.of(image_id) if self._marks is not None else ()
        return before != now

    def node(self, index: _Index) -> Node | None:
        """The node of an index of this model; None for the root and for an index that has outlived its row."""
        number = index.internalId()
        if not index.isValid() or number >= len(self._forest.nodes):
            return None
        return self._forest.nodes[number]

    def rows_under(self, parent: _Index) -> Sequence[Node]:
        """The nodes under an index; the top level for the root."""
        above = self.node(parent)
        return above.children if above is not None else self._forest.roots

    def index_of(self, node: Node, column: int = Column.IMAGE) -> QModelIndex:
        return self.createIndex(node.row, column, node.number)

    def index_of_image(self, image_id: str) -> QModelIndex:
        """The row of an image, or of scratch for the empty id; invalid where it is not shown."""
        node = self._forest.by_id.get(image_id)
        if node is None and not image_id and self._forest.nodes:
            node = self._forest.nodes[0]
        return self.index_of(node) if node is not None else QModelIndex()

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        # Asked for each row of a layout, as is `hasChildren`: there may be 10,000.
        ready = self._levels.indexes.get(parent.internalId() if parent.isValid() else _TOP)
        if ready is not None and 0 <= row < len(ready) and column == 0 and parent.column() <= 0:
            return ready[row]
        forest = self._forest
        if parent.isValid():
            number = parent.internalId()
            rows = forest.nodes[number].children if number < len(forest.nodes) else forest.roots
        else:
            rows = forest.roots
        if 0 <= row < len(rows) and 0 <= column < _COLUMNS and parent.column() <= 0:
            return self.createIndex(row, column, rows[row].number)
        return QModelIndex()

    def parent(self, index: _Index) -> QModelIndex:  # type: ignore[override]  # QObject.parent() is another method
        node = self.node(index)
        parent = node.parent if node is not None else None
        return self.createIndex(parent.row, 0, parent.number) if parent is not None else QModelIndex()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        if not parent.isValid():
            return len(self._forest.roots)
        node = self.node(parent)
        return len(node.children) if node is not None and parent.column() == 0 else 0

    def hasChildren(self, parent: _Index = _ROOT) -> bool:
        if not parent.isValid():
            return bool(self._forest.roots)
        try:
            return self._branching[parent.internalId()] and parent.column() == 0
        except IndexError:  # it has outlived its row
            return False

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() and parent.column() != 0 else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(Column):
            if role == _Role.DisplayRole:
                return _TITLES[Column(section)]
            if role == _Role.TextAlignmentRole:
                return _alignment(section)
        return None

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
                return visible(self._spoken(node, index.column()))
            case _Role.TextAlignmentRole:
                return _alignment(index.column())
            case _ if role == NODE_ROLE:
                return node
        return None

    def _tip(self, node: Node, column: int) -> str:
        lines = [mark.meaning for mark in self.marks_of(node)] if column == Column.IMAGE else []
        if node.image is None:
            lines.insert(0, "Nothing: where a FROM scratch build begins.")
        elif column == Column.CREATED and node.image.created is not None:
            return tool_tip(str(node.image.created))
        else:
            lines = [tip_text(node.image), *([""] if lines else []), *lines]
        return tool_tip("\n".join(lines))

    def _spoken(self, node: Node, column: int) -> str:
        if column != Column.IMAGE:
            return column_text(node, column)
        return ", ".join(filter(None, (column_text(node, column), node.word, *(m.word for m in self.marks_of(node)))))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in (Column.CREATED, Column.SIZE) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def column_text(node: Node, column: int) -> str:
    """What a row says in a column."""
    if node.image is None:
        return "scratch" if column == Column.IMAGE else ""
    match column:
        case Column.ID:
            return one_line(node.image.short_id)
        case Column.CREATED:
            return time_text(node.image.created)
        case Column.SIZE:
            return size_text(node.image.size)
    return one_line(" ".join(filter(None, (node.image.title, node.image.instruction))))
