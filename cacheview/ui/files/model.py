"""Files as a Qt model: a tree of folders."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QIcon

from cacheview.layers.changes import ChangeMark, change_in_words
from cacheview.ui.columns import aligned, heading
from cacheview.ui.files.tree import FileNode
from cacheview.ui.icons import icon
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.sizes import size_text
from cacheview.ui.theme import current_tokens
from cacheview.wording import counted

__all__ = ["FilesColumn", "FilesModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole


class FilesColumn(IntEnum):
    """The columns, in order."""

    FILE = 0
    CHANGE = 1
    SIZE = 2


_TITLES: Final = ("File", "What differs", "Size")
_MARK_LOOKS: Final = {
    ChangeMark.SAME: ("passed", "not_reached"),
    ChangeMark.ADDED: ("add", "passed"),
    ChangeMark.REMOVED: ("remove", "failed"),
    ChangeMark.CHANGED: ("differs", "failed"),
    ChangeMark.WRITTEN: ("differs", "text_muted"),
}
"""The drawing and the color token of each mark."""


class FilesModel(QAbstractItemModel):
    """A tree created by `file_tree`. The model owns its nodes: Qt keeps no references to them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = FileNode("", None)
        self._nodes: dict[int, FileNode] = {}
        self._first = 0  # the number of the root; those of earlier trees were lower
        self._icons: dict[ChangeMark, QIcon] = {}

    def show(self, root: FileNode) -> None:
        """Show another tree."""
        self.beginResetModel()
        self._root = root
        self._first += len(self._nodes)
        self._nodes = {self._first + node.number: node for node in (root, *root.below())}
        self.endResetModel()

    def update_look(self) -> None:
        """Update the colors after a change of the theme."""
        self._icons.clear()
        if self._root.children:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._root.children) - 1, len(FilesColumn) - 1))

    @property
    def root(self) -> FileNode:
        """The root folder of all files."""
        return self._root

    def node(self, index: _Index) -> FileNode | None:
        """Return the node at an index; None if it is invalid."""
        return self._nodes.get(index.internalId()) if index.isValid() else None

    def index_of(self, path: str) -> QModelIndex:
        """Return the index of a file; invalid if it is not shown."""
        result = next((node for node in self._root.below() if node.path == path), None)
        return self._index(result, 0) if result is not None else QModelIndex()

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        parent_node = self.node(parent) if parent.isValid() else self._root
        if parent_node is None or not 0 <= row < len(parent_node.children) or not 0 <= column < len(FilesColumn):
            return QModelIndex()
        return self._index(parent_node.children[row], column)

    def _index(self, node: FileNode, column: int) -> QModelIndex:
        return self.createIndex(node.row, column, self._first + node.number)

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        node = self.node(index)
        if node is None or node.parent is None or node.parent is self._root:
            return QModelIndex()
        return self._index(node.parent, 0)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        if parent.column() > 0:
            return 0
        node = self.node(parent) if parent.isValid() else self._root
        return len(node.children) if node is not None else 0

    def columnCount(self, _parent: _Index = _ROOT) -> int:
        return len(FilesColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        return heading(_TITLES, section, orientation, role, right=(FilesColumn.SIZE,))

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        node = self.node(index)
        if node is None:
            return None
        column = index.column()
        match role:
            case _Role.DisplayRole:
                return _text(node, column)
            case _Role.TextAlignmentRole:
                return aligned(column, right=(FilesColumn.SIZE,))
            case _Role.DecorationRole if column == FilesColumn.FILE and node.change is not None:
                return self._icon(node.change.mark)
            case _Role.ForegroundRole if node.change is None or not node.change.differs:
                return QBrush(QColor(current_tokens().text_muted))
            case _Role.ToolTipRole:
                return tool_tip("\n".join((node.path, _text(node, FilesColumn.CHANGE))))
            case _Role.AccessibleTextRole if column == FilesColumn.FILE:
                return f"{one_line(node.name)}, {_text(node, FilesColumn.CHANGE)}"
        return None

    def _icon(self, mark: ChangeMark) -> QIcon:
        if mark not in self._icons:
            self._icons[mark] = icon(*_MARK_LOOKS[mark])
        return self._icons[mark]


def _text(node: FileNode, column: int) -> str:
    change = node.change
    match column:
        case FilesColumn.FILE:
            return one_line(node.name) + ("/" if node.children else "")
        case FilesColumn.CHANGE:
            inside = node.files - (change is not None)
            count = f"{counted(inside, 'file')} inside" if node.children else ""
            return "; ".join(
                filter(None, (change_in_words(change, with_mark=True) if change is not None else "", count))
            )
    has_size = node.children or (change is not None and (change.now or change.before) is not None)
    return size_text(node.size) if has_size else ""
