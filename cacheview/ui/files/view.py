"""The tree of files as a widget."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, Signal
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTreeView, QWidget

from cacheview.ui.files.model import FilesColumn, FilesModel
from cacheview.ui.row_keys import place_of_menu
from cacheview.ui.row_tree import RowTree
from cacheview.ui.theme import GRID

__all__ = ["FilesTree"]

_SIZE_DIGITS: Final = 10  # in widths of a digit
_MIN_DIGITS_WITH_SIZE: Final = 60
"""The width of the tree, in widths of a digit, at which sizes are shown."""
_NAME_SHARE: Final = 0.5  # the share of the remaining width for names
_MAX_EXPANDED: Final = 400  # nodes


class FilesTree(RowTree):
    """The tree.

    Signals: ``moved(QModelIndex)``: the current row has changed; ``menu_requested``: a context menu is requested at a
    global position.
    """

    moved = Signal(QModelIndex)
    menu_requested = Signal(QModelIndex, QPoint)

    def __init__(self, model: FilesModel, parent: QWidget | None = None) -> None:
        super().__init__("Files and how they differ", parent)
        self._model = model
        self.setModel(model)
        self.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        header = self.header()
        header.setMinimumSectionSize(12 * GRID)
        header.setSectionResizeMode(FilesColumn.CHANGE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(FilesColumn.FILE, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(FilesColumn.SIZE, QHeaderView.ResizeMode.Interactive)

    def unfold(self) -> None:
        """Expand everything if that is not too much, otherwise only folders that have no siblings."""
        if sum(1 for _ in zip(self._model.root.below(), range(_MAX_EXPANDED + 1), strict=False)) <= _MAX_EXPANDED:
            self.expandAll()
            return
        index = self._model.index(0, 0)
        while index.isValid() and self._model.rowCount(index.parent()) == 1:
            self.expand(index)
            index = self._model.index(0, 0, index)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.moved.emit(current)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, where = place_of_menu(self, event)
        if index.isValid():
            self.menu_requested.emit(index.siblingAtColumn(0), where)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        digit, width = self.fontMetrics().horizontalAdvance("0"), self.viewport().width()
        has_size = width >= _MIN_DIGITS_WITH_SIZE * digit
        self.setColumnHidden(FilesColumn.SIZE, not has_size)
        size = _SIZE_DIGITS * digit if has_size else 0
        self.header().resizeSection(FilesColumn.SIZE, size)
        self.header().resizeSection(FilesColumn.FILE, int(_NAME_SHARE * (width - size)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._share()
            self.scheduleDelayedItemsLayout()
