"""A tree whose rows are selected as a whole, with one background, one focus frame, and keys for rows."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QFrame, QStyle, QStyleOptionViewItem, QTreeView, QWidget

from cacheview.ui.row_keys import handle_row_key
from cacheview.ui.theme import GRID, current_tokens
from cacheview.ui.words_table import WordsDelegate

__all__ = ["RowTree", "WholeRowDelegate"]

_Index = QModelIndex | QPersistentModelIndex


class RowTree(QTreeView):
    """A tree of rows.

    Args:
        name: the name for a screen reader.

    Signals: ``entered_row(QModelIndex)``: Enter or a double click; ``copy_requested()``: the keys for copying.
    """

    entered_row = Signal(QModelIndex)
    copy_requested = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(WholeRowDelegate(self))
        self.setAccessibleName(name)
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
        header.setStyleSheet(f"QHeaderView::section {{ padding-left: {GRID + 3}px; padding-right: {GRID + 3}px; }}")
        self.doubleClicked.connect(self.entered_row)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        ground = QColor(current_tokens().selection)
        # otherwise the style's color, beside the first column
        option.palette.setColor(QPalette.ColorRole.Highlight, ground)
        if self.selectionModel().isSelected(index):
            painter.fillRect(option.rect, ground)
        super().drawRow(painter, option, index)
        if self.hasFocus() and self.currentIndex().siblingAtColumn(0) == index:
            painter.setPen(QPen(QColor(current_tokens().accent)))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not handle_row_key(self, event, self.copy_requested, self.entered_row):
            super().keyPressEvent(event)


class WholeRowDelegate(WordsDelegate):
    """Draws no focus frame, since the tree draws one around the entire row."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        option.state &= ~QStyle.StateFlag.State_HasFocus
        super().paint(painter, option, index)
