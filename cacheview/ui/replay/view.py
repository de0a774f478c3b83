"""The list of steps as a widget."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyleOptionViewItem, QWidget

from cacheview.ui.replay.model import BEGINS_STAGE, StepsColumn, StepsModel
from cacheview.ui.row_keys import place_of_menu
from cacheview.ui.row_tree import RowTree, WholeRowDelegate
from cacheview.ui.theme import GRID, current_tokens

__all__ = ["StepsView"]

_Index = QModelIndex | QPersistentModelIndex
_COLUMN_DIGITS: Final = {StepsColumn.STEP: 9, StepsColumn.STATUS: 16, StepsColumn.IMAGE: 26, StepsColumn.TIME: 10}
"""The widths of the columns, in widths of a digit, so that they grow with the font."""
_MIN_DIGITS_TO_SHOW: Final = {StepsColumn.TIME: 78, StepsColumn.IMAGE: 62}
"""The width of the list, in widths of a digit, at which a column is shown."""
_MIN_COLUMN_WIDTH: Final = 12 * GRID


class StepsView(RowTree):
    """The list of steps.

    Signals: ``chosen(QModelIndex)``: the user moved to a row; ``menu_requested``: the user wants a context menu at a
    global position.
    """

    chosen = Signal(QModelIndex)
    menu_requested = Signal(QPoint)

    def __init__(self, model: StepsModel, parent: QWidget | None = None) -> None:
        super().__init__("Dockerfile steps, with the cache's answers", parent)
        self.setModel(model)
        self.setItemDelegate(_StepDelegate(self))
        header = self.header()
        header.setMinimumSectionSize(_MIN_COLUMN_WIDTH)
        header.setSectionResizeMode(StepsColumn.INSTRUCTION, QHeaderView.ResizeMode.Stretch)
        for column in _COLUMN_DIGITS:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        self._set_widths()
        self.selectionModel().currentRowChanged.connect(lambda current, _: self.chosen.emit(current))
        model.rowsInserted.connect(self._unfold)

    def _unfold(self, parent: QModelIndex, first: int, last: int) -> None:
        """Expand new rows, so that triggers are visible: they are steps too."""
        if not parent.isValid():
            model = self.model()
            for row in range(first, last + 1):
                index = model.index(row, 0)
                if model.hasChildren(index):
                    self.expand(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(place_of_menu(self, event)[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hide_columns()

    def _set_widths(self) -> None:
        digit = self.fontMetrics().horizontalAdvance("0")
        for column, digits in _COLUMN_DIGITS.items():
            if not self.isColumnHidden(column):
                self.header().resizeSection(column, digits * digit)

    def _hide_columns(self) -> None:
        """Hide columns if the instruction needs their space. The step's details show their content too."""
        digit = self.fontMetrics().horizontalAdvance("0")
        for column, digits in _MIN_DIGITS_TO_SHOW.items():
            was_hidden = self.isColumnHidden(column)
            self.setColumnHidden(column, self.viewport().width() < digits * digit)
            if was_hidden and not self.isColumnHidden(column):
                self.header().resizeSection(column, _COLUMN_DIGITS[column] * digit)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._set_widths()
            self._hide_columns()
            self.scheduleDelayedItemsLayout()


class _StepDelegate(WholeRowDelegate):
    """Draws a stronger line above the first row of a stage."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        if index.data(BEGINS_STAGE):
            rect = option.rect
            painter.fillRect(rect.left(), rect.top(), rect.width(), 2, QColor(current_tokens().line_strong))
