"""The table of probes that were run."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from cacheview.ui.suites.model import ChecksColumn, ChecksModel
from cacheview.ui.suites.rows import ChecksRow
from cacheview.ui.theme import GRID, mono_font

__all__ = ["ChecksTable"]

_WIDTHS: Final = {
    ChecksColumn.OUTCOME: 25,
    ChecksColumn.SUITE: 32,
    ChecksColumn.CASE: 32,
    ChecksColumn.PROBE: 40,
    ChecksColumn.EXPECTED: 24,
    ChecksColumn.ACTUAL: 24,
}
"""The widths of the columns in characters. The last column gets the rest."""


class ChecksTable(QTableView):
    """The table of probes. A click or Enter chooses a row.

    Signals:
        chosen(ChecksRow): the user chose a row.
        current_changed(ChecksRow | None): the current row has changed.
        copy_requested(list[ChecksRow]): the user wants to copy the selected rows.
    """

    chosen = Signal(object)
    current_changed = Signal(object)
    copy_requested = Signal(object)

    def __init__(self, model: ChecksModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._character = 0
        self.setModel(model)
        self.setItemDelegate(_RowDelegate(self))
        self.setAccessibleName("Probes that were run")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCornerButtonEnabled(False)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.setMinimumSectionSize(15 * GRID)
        self.clicked.connect(self._clicked)
        self.selectionModel().currentRowChanged.connect(self._moved)
        model.modelReset.connect(lambda: self.current_changed.emit(None))
        self.update_look()

    def update_look(self) -> None:
        """Set the row height for the fonts, and the column widths if the fonts have changed."""
        height = max(QFontMetrics(self.font()).height(), QFontMetrics(mono_font()).height()) + 2 * GRID
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        character = QFontMetrics(self.font()).averageCharWidth()
        if character != self._character:  # otherwise the user's widths stay
            self._character = character
            for column, width in _WIDTHS.items():
                self.setColumnWidth(column, width * character)

    def current_row(self) -> ChecksRow | None:
        """Return the current row; None: there is none."""
        return self._model.row_at(self.currentIndex())

    def select(self, index: QModelIndex) -> None:
        """Select a row and scroll to it; an invalid index selects none."""
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(index, flags)
            self.scrollTo(index)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.currentIndex().isValid() and not self.selectionModel().hasSelection():
            self.select(self.currentIndex())  # so that the current row is visible

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.current_row()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self.chosen.emit(row)
        elif event.matches(QKeySequence.StandardKey.Copy):
            picked = [self._model.row_at(index) for index in self.selectionModel().selectedRows()]
            self.copy_requested.emit([row for row in picked if row is not None])
        else:
            super().keyPressEvent(event)

    def _clicked(self, index: QModelIndex) -> None:
        row = self._model.row_at(index)
        # With a modifier key, the user selects several rows.
        if row is not None and QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier:
            self.chosen.emit(row)

    def _moved(self, current: QModelIndex) -> None:
        self.current_changed.emit(self._model.row_at(current))


class _RowDelegate(QStyledItemDelegate):
    """Draws no focus frame around a cell, since rows are selected as a whole."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
