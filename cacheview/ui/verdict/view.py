"""The tree of the trace as a widget."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QStyle, QStyleOptionViewItem, QTreeView, QWidget

from cacheview.engine import Check, Stage, Subject
from cacheview.ui.row_keys import handle_row_key, place_of_menu
from cacheview.ui.theme import GRID, Tokens, current_tokens
from cacheview.ui.verdict.delegate import TraceRowDelegate
from cacheview.ui.verdict.model import TraceColumn, TraceModel
from cacheview.ui.verdict.rows import FoldedChecks, TraceNote

__all__ = ["TraceView"]

_Index = QModelIndex | QPersistentModelIndex
_WIDTH_SHARES: Final = (0.42, 0.29)
"""The shares of the width for the check and probe columns. The image column has the rest."""
_NARROW_CHARACTERS: Final = 70  # in average characters of the font
_EXTRA_SHARE: Final = 0.05
"""The share added to the first column in a narrow pane."""
_MIN_COLUMN_WIDTH: Final = 12 * GRID


class TraceView(QTreeView):
    """Draws each row as a whole.

    Signals:
        copy_requested(): Ctrl+C.
        menu_requested(QModelIndex, QPoint): a context menu at a global position.
        entered_row(QModelIndex): Enter.
    """

    copy_requested = Signal()
    menu_requested = Signal(QModelIndex, QPoint)
    entered_row = Signal(QModelIndex)

    def __init__(self, trace: TraceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trace = trace
        self._shares = _WIDTH_SHARES
        self._fitting = False
        self.rows = TraceRowDelegate(self)
        self.setModel(trace)
        self.setItemDelegate(self.rows)
        self.setFrameShape(QFrame.Shape.NoFrame)
        # Otherwise, Qt would request the height of each row, of which there may be 10,000.
        self.setUniformRowHeights(True)
        self.setIndentation(3 * GRID)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QTreeView.SelectionBehavior.SelectRows)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().rangeChanged.connect(self._end_with_whole_row)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Trace of stages, candidates, sources and checks")
        header = self.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(_MIN_COLUMN_WIDTH)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStyleSheet(f"QHeaderView::section {{ padding-left: {GRID}px; }}")
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.sectionResized.connect(self._remember_shares)

    # Scrolling: by pixels for the wheel, otherwise so that a whole row is at the top

    def scrollTo(self, index: _Index, hint: QTreeView.ScrollHint = QTreeView.ScrollHint.EnsureVisible) -> None:
        scroll = self.verticalScrollBar()
        before = scroll.value()
        super().scrollTo(index, hint)
        if hint is QTreeView.ScrollHint.EnsureVisible:  # Qt may leave out the last line of pixels
            scroll.setValue(scroll.value() + max(0, self.visualRect(index).bottom() - self.viewport().height() + 1))
        if scroll.value() != before:  # otherwise a click on a visible row would move it
            scroll.setValue(self._whole_rows(scroll.value()))

    def _end_with_whole_row(self, _first: int, last: int) -> None:
        """Leave space below the last row, so that a whole row is at the top at the end too."""
        self.verticalScrollBar().setMaximum(self._whole_rows(last))

    def _whole_rows(self, pixels: int) -> int:
        """Return the height of the fewest rows that are at least this high."""
        row = self.rowHeight(self._trace.index(0, 0))
        return -(-pixels // row) * row if row > 0 else pixels

    # Columns, which keep their shares of the width

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        width = self.viewport().width()
        self._fitting = True
        shares = self._shares
        if shares is _WIDTH_SHARES and width < _NARROW_CHARACTERS * self.fontMetrics().averageCharWidth():
            shares = (shares[0] + _EXTRA_SHARE, shares[1] - _EXTRA_SHARE / 2)
        for column, share in zip((TraceColumn.CHECK, TraceColumn.PROBE), shares, strict=True):
            self.header().resizeSection(column, max(_MIN_COLUMN_WIDTH, int(width * share)))
        self._fitting = False

    def _remember_shares(self, column: int) -> None:
        width = self.viewport().width()
        if self.isVisible() and not self._fitting and column != TraceColumn.IMAGE and width > 0:
            sizes = [self.header().sectionSize(column) / width for column in (TraceColumn.CHECK, TraceColumn.PROBE)]
            self._shares = (sizes[0], sizes[1])

    # Drawing

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        explanation = self._trace.explanation
        item = self._trace.item(index)
        if item is None or explanation is None:
            return
        tokens = current_tokens()
        rect = QRect(0, option.rect.y(), self.viewport().width(), option.rect.height())
        selected = self.selectionModel().isSelected(index)
        ground = ""
        if selected:
            ground = tokens.selection
        elif isinstance(item, Stage):
            ground = tokens.band
        elif option.state & QStyle.StateFlag.State_MouseOver:
            ground = tokens.hover
        elif isinstance(item, Check) and item.failed:
            ground = tokens.failed_surface
        if ground:
            painter.fillRect(rect, QColor(ground))
        left = self._text_left(index)
        self._draw_arrow(painter, index, rect, left, tokens)
        if isinstance(item, Stage | Subject | FoldedChecks | TraceNote):
            room = rect.adjusted(left, 0, 0, 0)
            self.rows.draw(
                painter, room, self.rows.lay_out_across(item, room.width(), explanation), tokens, selected=selected
            )
        else:
            for column in TraceColumn:
                start = self.columnViewportPosition(column)
                cell = QRect(start, rect.y(), self.columnWidth(column), rect.height())
                cell.setLeft(left if column is TraceColumn.CHECK else start + GRID)
                runs = self.rows.lay_out(item, column, cell.width(), explanation)
                self.rows.draw(painter, cell, runs, tokens, selected=selected)
        if self.hasFocus() and self.currentIndex().siblingAtColumn(0) == index.sibling(index.row(), 0):
            painter.setPen(QPen(QColor(tokens.accent)))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _text_left(self, index: _Index) -> int:
        """Return the left edge of a row's text, which is to the right of its arrow."""
        return self._trace.depth(index) * self.indentation() + GRID

    def _draw_arrow(self, painter: QPainter, index: _Index, rect: QRect, left: int, tokens: Tokens) -> None:
        if self._trace.hasChildren(index):
            size = max(3 * GRID, self.rows.icon_size - 2)
            name = "chevron" if self.isExpanded(index) else "chevron-right"
            ratio = painter.device().devicePixelRatioF()
            drawing = self.rows.drawing(name, "text_muted", size, ratio, tokens)
            x = left - GRID - (self.indentation() + size) // 2
            painter.drawPixmap(x, rect.center().y() - size // 2 + 1, drawing)

    # Keys and menus

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not handle_row_key(self, event, self.copy_requested, self.entered_row):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, where = place_of_menu(self, event)
        if index.isValid():
            self.setCurrentIndex(index)
            self.menu_requested.emit(index.siblingAtColumn(0), where)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange, QEvent.Type.StyleChange):
            self.rows.refresh()
            self.scheduleDelayedItemsLayout()
