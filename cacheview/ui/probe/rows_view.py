"""A compact editor for a list or map, with rows instead of a text box, for both keyboard and mouse."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QMenu,
    QSizePolicy,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from cacheview.ui.probe.image_search import ImageIndex
from cacheview.ui.probe.inputs import leave_undo_key
from cacheview.ui.probe.rows_delegate import RowsDelegate
from cacheview.ui.probe.rows_model import ConfigRowsModel
from cacheview.ui.theme import GRID

__all__ = ["RowsView"]

_Index = QModelIndex | QPersistentModelIndex
_MAX_MEASURED_ROWS: Final = 200
"""The number of rows up to which each has the height of its text. Measuring more would cause a noticeable delay."""


class RowsView(QTableView):
    """The rows. Enter adds one, F2 or typing edits it, Del removes it, Alt+Up and Alt+Down move it.

    The view is as tall as its rows, up to ``max_rows``.

    Signals: ``row_activated(str)``: the path of the row that the user moved to.
    """

    row_activated = Signal(str)

    def __init__(self, model: ConfigRowsModel, parent: QWidget | None = None, *, max_rows: int = 24) -> None:
        super().__init__(parent)
        self._rows = model
        self._max_rows = max_rows
        self._adding = False
        self._continuing = False
        actions = ("remove", "down", "up") if model.ordered else ("remove",)
        self._delegate = RowsDelegate(self, actions, self._perform)
        self._delegate.started.connect(self._started)
        self._delegate.finished.connect(self._finished)
        self._delegate.canceled.connect(model.restore)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        trigger = QAbstractItemView.EditTrigger
        self.setEditTriggers(
            trigger.DoubleClicked | trigger.SelectedClicked | trigger.EditKeyPressed | trigger.AnyKeyPressed
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._clicked)
        self.entered.connect(lambda index: self._set_hot(index.row()))
        for changed in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.modelReset):
            changed.connect(self._fit)
        model.dataChanged.connect(self._fit_rows)
        self._fit()

    def set_images(self, index: ImageIndex) -> None:
        """Suggest images while a row is edited. Typed text is then used only when it is confirmed."""
        self._delegate.images = index

    # Size

    @property
    def empty_row_width(self) -> int:
        """The width of the empty row's text."""
        return self.frameWidth() + self._delegate.ghost_width(self._rows)

    @property
    def line_height(self) -> int:
        """The height of a row with one line of text."""
        return self._delegate.line_height + 2 * GRID

    def sizeHint(self) -> QSize:
        return QSize(40 * GRID, self._content_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * GRID, self._content_height())

    def _content_height(self) -> int:
        margins = self.contentsMargins()
        frame = 2 * self.frameWidth() + margins.top() + margins.bottom()
        most = self._max_rows * self.line_height
        return max(self.line_height, min(self.verticalHeader().length(), most)) + frame

    def _fit(self) -> None:
        """Give every row the height of its text."""
        self._place_columns()
        self.verticalHeader().setDefaultSectionSize(self.line_height)
        count = self._rows.rowCount()
        if count <= _MAX_MEASURED_ROWS:
            for row in range(count):
                self._fit_row(row)
        self._fit_height()

    def _fit_height(self) -> None:
        """Fit the height to the rows. There is a scroll bar only if they are too tall, so that it does not flicker."""
        always, never = Qt.ScrollBarPolicy.ScrollBarAlwaysOn, Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        most = self._max_rows * self.line_height
        self.setVerticalScrollBarPolicy(always if self.verticalHeader().length() > most else never)
        self.updateGeometry()

    def _fit_rows(self, first: QModelIndex, last: QModelIndex) -> None:
        self._place_columns()
        before = self.verticalHeader().length()
        if self._rows.rowCount() <= _MAX_MEASURED_ROWS:
            for row in range(first.row(), last.row() + 1):
                self._fit_row(row)
        if self.verticalHeader().length() != before:
            self._fit_height()

    def _fit_row(self, row: int) -> None:
        height = max(
            self._delegate.sizeHint(self._option(column), self._rows.index(row, column)).height()
            for column in range(self._rows.columnCount())
        )
        if self.rowHeight(row) != height:
            self.setRowHeight(row, height)

    def _option(self, column: int) -> QStyleOptionViewItem:
        option = QStyleOptionViewItem()
        option.rect = QRect(0, 0, self.columnWidth(column), 0)
        return option

    def _place_columns(self) -> None:
        """Set the width of the key column to what keys need, but to somewhat less than half of the view at most."""
        if self._rows.columnCount() > 1:
            metrics = self.fontMetrics()
            needed = max(
                (metrics.horizontalAdvance(row[0][:80]) for row in self._rows.rows[:_MAX_MEASURED_ROWS]), default=0
            )
            width = self.viewport().width()
            column = max(width // 4, min(needed + 5 * GRID, width * 9 // 20))
            if self.columnWidth(0) != column:
                self.setColumnWidth(0, column)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.ApplicationFontChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._delegate.update_fonts()
            self._fit()

    # Moving and pointing

    def select(self, row: int) -> None:
        """Select a row, or the last one if there is no such row, without moving the keyboard focus."""
        index = self._rows.index(min(row, self._rows.rowCount() - 1), 0)
        self.setCurrentIndex(index)
        self.selectionModel().select(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def unselect(self) -> None:
        """Clear the selection without forgetting the current row, unless the keyboard focus is here."""
        if not self.hasFocus():
            self.clearSelection()

    def row_rect(self, row: int) -> QRect:
        """Return the rectangle of a row in the viewport."""
        return self.visualRect(self._rows.index(row, 0))

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        self._show_active()
        if self.hasFocus() and current.isValid() and current.row() != previous.row():
            self.row_activated.emit(self._rows.element(current.row()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        is_first = not self.currentIndex().isValid()
        super().focusInEvent(event)
        if is_first:
            self.setCurrentIndex(self._rows.index(0, 0))  # reports the row itself
        else:
            self.select(self.currentIndex().row())
            self.row_activated.emit(self._rows.element(self.currentIndex().row()))
        self._show_active()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.unselect()
        self._show_active()

    def _show_active(self) -> None:
        row = self.currentIndex().row() if self.hasFocus() else -1
        if row != self._delegate.active_row:
            self._delegate.active_row = row
            self.viewport().update()

    def _set_hot(self, row: int) -> None:
        if row != self._delegate.hot_row:
            self._delegate.hot_row = row
            self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_hot(-1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not self.indexAt(event.position().toPoint()).isValid():
            self._set_hot(-1)

    # User actions

    def edit_new(self) -> None:
        """Start editing a new row."""
        self._begin(self._rows.index(len(self._rows.rows), 0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let a click on the empty row start a new row only once: Qt would do so again if the row is selected."""
        before = self.editTriggers()
        if self.indexAt(event.position().toPoint()).row() == len(self._rows.rows):
            self.setEditTriggers(before & ~QAbstractItemView.EditTrigger.SelectedClicked)
        super().mouseReleaseEvent(event)
        self.setEditTriggers(before)

    def _begin(self, index: QModelIndex) -> None:
        self.setCurrentIndex(index)
        self.scrollTo(index)
        self.edit(index)

    def _started(self, row: int) -> None:
        if not self._continuing:
            self._adding = row == len(self._rows.rows)
            self._rows.begin_edit(row)

    def _clicked(self, index: QModelIndex) -> None:
        if index.row() == len(self._rows.rows) and self.state() != self.State.EditingState:
            self._begin(self._rows.index(index.row(), 0))

    def _finished(self, index: QModelIndex, key: int) -> None:
        """After an editor was closed, continue with the value of a key, or with the next new row."""
        if not index.isValid():
            return
        has_next_column = index.column() + 1 < self._rows.columnCount()
        is_row = index.row() < len(self._rows.rows)
        if key == Qt.Key.Key_Backtab:
            if index.column() > 0:
                self._begin(index.siblingAtColumn(0))
            else:
                self.focusNextPrevChild(False)
        elif has_next_column and is_row:
            self._continuing = True  # key and value are one step
            self._begin(index.siblingAtColumn(index.column() + 1))
            self._continuing = False
        elif key == Qt.Key.Key_Tab:
            self.focusNextPrevChild(True)
        elif self._adding and is_row:
            self.edit_new()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if leave_undo_key(event):
            return
        key, row = event.key(), self.currentIndex().row()
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._perform("up" if key == Qt.Key.Key_Up else "down", row)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_new()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._perform("remove", row)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self._perform("copy", row)
        elif event.matches(QKeySequence.StandardKey.Paste):
            self._paste()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _perform(self, action: str, row: int) -> None:
        if row < 0:
            return
        if action == "remove":
            if self._rows.remove(row):
                self.setCurrentIndex(self._rows.index(row, 0))
        elif action in ("up", "down"):
            step = -1 if action == "up" else 1
            if self._rows.move(row, step):
                self.setCurrentIndex(self._rows.index(row + step, 0))
        elif action == "copy" and row < len(self._rows.rows):
            QGuiApplication.clipboard().setText("=".join(self._rows.rows[row]))

    def _paste(self) -> None:
        """Add each line of the clipboard as a new row."""
        lines = [line for line in QGuiApplication.clipboard().text().splitlines() if line]
        columns = self._rows.columnCount()
        rows = [tuple((line.split("=", columns - 1) + [""] * columns)[:columns]) for line in lines]
        self._rows.append(rows, f"Paste into {self._rows.name}")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.row_menu(self.indexAt(event.pos()).row()).exec(event.globalPos())

    def row_menu(self, row: int) -> QMenu:
        """Return the menu of a row, which has the same actions as the keys, and shows the keys."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        real = 0 <= row < len(self._rows.rows)
        menu.addAction("&Edit", "F2", lambda: self._begin(self._rows.index(row, 0))).setEnabled(real)
        menu.addAction("&Add", "Return", self.edit_new)
        menu.addAction("&Remove", "Del", lambda: self._perform("remove", row)).setEnabled(real)
        if self._rows.ordered:
            last = len(self._rows.rows) - 1
            menu.addSeparator()
            menu.addAction("Move &up", "Alt+Up", lambda: self._perform("up", row)).setEnabled(real and row > 0)
            menu.addAction("Move &down", "Alt+Down", lambda: self._perform("down", row)).setEnabled(real and row < last)
        menu.addSeparator()
        menu.addAction("&Copy", QKeySequence.StandardKey.Copy, lambda: self._perform("copy", row)).setEnabled(real)
        menu.addAction("&Paste as new rows", QKeySequence.StandardKey.Paste, self._paste)
        return menu
