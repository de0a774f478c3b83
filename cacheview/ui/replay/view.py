"""The list of steps as a widget."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QStyle, QStyleOptionViewItem, QTreeView, QWidget

from cacheview.ui.replay.model import BEGINS_STAGE, Column, StepsModel
from cacheview.ui.theme import GRID, current_tokens
from cacheview.ui.words_table import WordsDelegate

__all__ = ["StepsView"]

_Index = QModelIndex | QPersistentModelIndex
_WIDTHS: Final = {Column.STEP: 9, Column.STATUS: 13, Column.IMAGE: 26, Column.TIME: 10}
"""In widths of a digit, so that they grow with the font."""
_NEEDED: Final = {Column.TIME: 78, Column.IMAGE: 62}
"""The width of the list from which on a column is shown, in widths of a digit."""
_LEAST: Final = 12 * GRID


class StepsView(QTreeView):
    """``chosen(QModelIndex)``: the person moved to a row. ``entered_row(QModelIndex)``: Enter, or a double click.

    ``copy_asked()``: Ctrl+C.
    """

    chosen = Signal(QModelIndex)
    entered_row = Signal(QModelIndex)
    copy_asked = Signal()

    def __init__(self, model: StepsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_StepDelegate(self))
        self.setAccessibleName("Steps of the Dockerfile, and what the cache answers")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setIndentation(4 * GRID)
        self.setSelectionBehavior(QTreeView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setExpandsOnDoubleClick(False)
        header = self.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(_LEAST)
        header.setSectionResizeMode(Column.INSTRUCTION, QHeaderView.ResizeMode.Stretch)
        header.setStyleSheet(f"QHeaderView::section {{ padding-left: {GRID + 3}px; padding-right: {GRID + 3}px; }}")
        for column in _WIDTHS:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        self._set_widths()
        self.selectionModel().currentRowChanged.connect(lambda current, _: self.chosen.emit(current))
        self.doubleClicked.connect(self.entered_row)
        model.rowsInserted.connect(self._unfold)

    def _unfold(self, parent: QModelIndex, first: int, last: int) -> None:
        """Triggers are steps too: they are in sight."""
        if not parent.isValid():
            model = self.model()
            for row in range(first, last + 1):
                index = model.index(row, 0)
                if model.hasChildren(index):
                    self.expand(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._leave_out()

    def _set_widths(self) -> None:
        digit = self.fontMetrics().horizontalAdvance("0")
        for column, digits in _WIDTHS.items():
            if not self.isColumnHidden(column):
                self.header().resizeSection(column, digits * digit)

    def _leave_out(self) -> None:
        """The instruction needs room first; what is left out stands beside the step, too."""
        digit = self.fontMetrics().horizontalAdvance("0")
        for column, digits in _NEEDED.items():
            was_hidden = self.isColumnHidden(column)
            self.setColumnHidden(column, self.viewport().width() < digits * digit)
            if was_hidden and not self.isColumnHidden(column):
                self.header().resizeSection(column, _WIDTHS[column] * digit)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        if self.selectionModel().isSelected(index):
            painter.fillRect(option.rect, QColor(current_tokens().selection))  # also beside the first column
        super().drawRow(painter, option, index)
        if self.hasFocus() and self.currentIndex().siblingAtColumn(0) == index:
            painter.setPen(QPen(QColor(current_tokens().accent)))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.entered_row.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._set_widths()
            self._leave_out()
            self.scheduleDelayedItemsLayout()


class _StepDelegate(WordsDelegate):
    """Another stage begins below a stronger line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        option.state &= ~QStyle.StateFlag.State_HasFocus  # drawn around the whole row
        super().paint(painter, option, index)
        if index.data(BEGINS_STAGE):
            rect = option.rect
            painter.fillRect(rect.left(), rect.top(), rect.width(), 2, QColor(current_tokens().line_strong))
