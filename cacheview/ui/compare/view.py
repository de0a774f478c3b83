"""The table of the rule sets as a widget."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QStyle, QStyleOptionViewItem, QTreeView, QWidget

from cacheview.ui.compare.model import MatrixColumn, MatrixModel
from cacheview.ui.compare.rows import LineDelegate
from cacheview.ui.row_keys import handle_row_key
from cacheview.ui.theme import GRID, current_tokens

__all__ = ["MatrixView"]

_Index = QModelIndex | QPersistentModelIndex
_MIN_COLUMN_WIDTH: Final = 16 * GRID
_MAX_WIDTH_SHARES: Final = (0.42, 0.26)
"""The maximum shares of the width for the columns of rules and verdict."""


class MatrixView(QTreeView):
    """Draws each row as a whole. Signals: ``chosen(QModelIndex)``: click or Enter; ``copy_requested()``: Ctrl+C."""

    chosen = Signal(QModelIndex)
    copy_requested = Signal()

    def __init__(self, matrix: MatrixModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matrix = matrix
        self._in_sight = False
        self.rows = LineDelegate(self)
        self.setModel(matrix)
        self.setItemDelegate(self.rows)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QTreeView.SelectionBehavior.SelectRows)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Rule sets and their answers")
        header = self.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(_MIN_COLUMN_WIDTH)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStyleSheet(f"QHeaderView::section {{ padding-left: {GRID}px; }}")
        self.clicked.connect(self.chosen)
        matrix.layoutAboutToBeChanged.connect(self._look)
        matrix.layoutChanged.connect(self._follow)

    def show_from_top(self) -> None:
        """Scroll up, but only so far that the current row stays visible."""
        self.scrollToTop()
        self.scrollTo(self.currentIndex(), QTreeView.ScrollHint.EnsureVisible)

    # Keeping the current row visible when rows move next to others with the same answer

    def _look(self) -> None:
        self._in_sight = self.visualRect(self.currentIndex()).intersects(self.viewport().rect())

    def _follow(self) -> None:
        if self._in_sight and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex(), QTreeView.ScrollHint.EnsureVisible)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit_columns()

    def _fit_columns(self) -> None:
        width = self.viewport().width()
        for column, preferred, share in zip(
            (MatrixColumn.RULES, MatrixColumn.VERDICT), self.rows.widths, _MAX_WIDTH_SHARES, strict=True
        ):
            self.header().resizeSection(column, max(_MIN_COLUMN_WIDTH, int(min(preferred, width * share))))

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        line, tokens = self._matrix.line(index), current_tokens()
        rect = QRect(0, option.rect.y(), self.viewport().width(), option.rect.height())
        selected = self.selectionModel().isSelected(index)
        if selected:
            painter.fillRect(rect, QColor(tokens.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(tokens.hover))
        elif self._matrix.is_banded(index.row()):
            painter.fillRect(rect, QColor(tokens.surface_raised))
        if self._matrix.begins_group(index.row()):
            painter.fillRect(rect.x(), rect.y(), rect.width(), 1, QColor(tokens.line_strong))
        in_use, of_store = self._matrix.is_in_use(line), self._matrix.is_of_store(line)
        for column in MatrixColumn:
            left = self.columnViewportPosition(column) + GRID
            cell = QRect(left, rect.y(), self.columnWidth(column) - GRID, rect.height())
            runs = self.rows.lay_out_line(line, column, cell.width(), in_use=in_use, of_store=of_store)
            self.rows.draw(painter, cell, runs, tokens, selected=selected)
        if self.hasFocus() and self.currentIndex().row() == index.row():
            painter.setPen(QPen(QColor(tokens.accent)))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not handle_row_key(self, event, self.copy_requested, self.chosen):
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange, QEvent.Type.StyleChange):
            self.rows.refresh()
            self._fit_columns()
            self.scheduleDelayedItemsLayout()
