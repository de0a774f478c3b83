"""A table of text. Its rows are as tall as necessary, with padding, and a hairline below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from cacheview.ui.row_keys import handle_row_key
from cacheview.ui.theme import GRID, current_tokens, icon_size, strong_font

__all__ = ["WordsDelegate", "WordsTable"]

_Index = QModelIndex | QPersistentModelIndex
_MAX_OWN_WIDTH_SHARE: Final = 0.55
"""The maximum share of the table's width for columns that have a width of their own."""
_MAX_WIDENED_SHARE: Final = 0.7
"""The same for columns that are widened so that their longest words fit."""
_MEASURED_ROWS: Final = 100
"""The number of rows whose words are measured."""


class WordsTable(QTableView):
    """Rows that are selected as a whole. Set the model first, then the widths of its columns.

    Args:
        name: the name for a screen reader.

    Signals:
        copy_requested(): the user pressed the keys for copying, with which Qt would copy only one cell.
        entered_row(QModelIndex): Enter was pressed on a row.
    """

    copy_requested = Signal()
    entered_row = Signal(QModelIndex)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widths: Mapping[int, int] = {}
        self._was_shown = False
        # whether columns are narrower than they need, since there was too little space when they were measured
        self._is_cut = False
        self._is_measuring = False
        self._is_to_fit_rows = False
        self._was_dragged = False  # whether the user has resized a column
        self.setAccessibleName(name)
        self.setItemDelegate(WordsDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.sectionResized.connect(self._resized)
        header.setStyleSheet(f"QHeaderView::section {{ padding-left: {GRID + 3}px; padding-right: {GRID + 3}px; }}")

    def set_widths(self, widths: Mapping[int, int]) -> None:
        """Set the initial widths of columns, in digits of the font. The others share the rest, with a minimum."""
        self._widths = widths
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column in widths:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        self.measure()

    def measure(self) -> None:
        """Measure again after a change of the font."""
        figure = QFontMetrics(strong_font()).horizontalAdvance("0")
        preferred = {column: self._widths[column] * figure + 4 * GRID for column in self._own_columns}
        share = min(1.0, self.viewport().width() * _MAX_OWN_WIDTH_SHARE / max(1, sum(preferred.values())))
        self._is_cut = share < 1.0
        for column, width in preferred.items():
            least = self.horizontalHeader().sectionSizeHint(column)  # its title is not cut
            self._set_width(column, max(least, int(width * share)))
        self._fit_words()

    @property
    def _own_columns(self) -> list[int]:
        """The shown columns that have a width of their own."""
        return [column for column in self._widths if not self.isColumnHidden(column)]

    def _set_width(self, column: int, width: int) -> None:
        self._is_measuring = True
        self.horizontalHeader().resizeSection(column, width)
        self._is_measuring = False

    def _resized(self, column: int) -> None:
        self._was_dragged |= column in self._widths and self._was_shown and not self._is_measuring

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A dock that opens beside another one is shown before it has its final place.
        if self._is_cut and not self._was_dragged and event.size().width() > event.oldSize().width():
            self.measure()

    def _fit_words(self) -> None:
        """Widen columns in which a single word would be cut. Only for tables with wrapped text."""
        model = self.model()
        if not self.wordWrap() or model is None:
            return
        metrics, room = QFontMetrics(strong_font()), int(_MAX_WIDENED_SHARE * self.viewport().width())
        rows = range(min(model.rowCount(), _MEASURED_ROWS))
        room -= sum(map(self.columnWidth, self._own_columns))
        for column in self._own_columns:
            cells = [model.index(row, column) for row in rows]
            words = {word for cell in cells for word in str(cell.data() or "").split()}
            has_icon = any(cell.data(Qt.ItemDataRole.DecorationRole) is not None for cell in cells)
            around = 5 * GRID + (icon_size() + GRID if has_icon else 0)
            shortfall = max(map(metrics.horizontalAdvance, words), default=0) + around - self.columnWidth(column)
            if 0 < shortfall <= room:
                self._set_width(column, self.columnWidth(column) + shortfall)
                room -= shortfall

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self.measure()

    def wrap(self) -> None:
        """Fit the row heights to the text, now and when columns change. For tables of a few dozen rows."""
        self.setItemDelegate(_TopDelegate(self))
        # When one section reports its new width, the others do not have theirs yet.
        self.horizontalHeader().sectionResized.connect(self._schedule_fit_rows)
        self.model().modelReset.connect(self._fit_words)

    def _schedule_fit_rows(self) -> None:
        """Fit the rows once for all columns that have changed."""
        if not self._is_to_fit_rows:
            self._is_to_fit_rows = True
            QTimer.singleShot(0, self, self._fit_rows)

    def _fit_rows(self) -> None:
        self._is_to_fit_rows = False
        self.resizeRowsToContents()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not handle_row_key(self, event, self.copy_requested, self.entered_row):
            super().keyPressEvent(event)


class WordsDelegate(QStyledItemDelegate):
    """Draws cells as Qt does, but with padding around them and a hairline below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        inner = QStyleOptionViewItem(option)
        inner.rect = _inner(option)
        return super().sizeHint(inner, index) + QSize(2 * GRID, 2 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = current_tokens()
        rect = option.rect
        ground = index.data(Qt.ItemDataRole.BackgroundRole)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.selection))
        elif isinstance(ground, QBrush):
            painter.fillRect(rect, ground)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, QColor(tokens.line))
        inner = QStyleOptionViewItem(option)
        inner.rect = _inner(option)
        # Drawn here, since Qt would make the icon pale, and draw the focus around the text of one cell.
        inner.state &= ~(QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus)
        super().paint(painter, inner, index)
        table = self.parent()
        if isinstance(table, WordsTable) and table.hasFocus() and table.currentIndex().row() == index.row():
            for y in (rect.top(), rect.bottom()):
                painter.fillRect(rect.left(), y, rect.width(), 1, QColor(tokens.accent))


class _TopDelegate(WordsDelegate):
    """Draws several lines of text, with the icon beside the first. Drawing a cell takes half as long again."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        if option.displayAlignment & Qt.AlignmentFlag.AlignTop:
            option.decorationAlignment = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter


def _inner(option: QStyleOptionViewItem) -> QRect:
    """Return the rectangle of the text."""
    rect: QRect = option.rect
    return rect.adjusted(GRID, GRID, -GRID, -GRID)
