"""The probes that were run, as a flat table that filters itself, since it may have very many rows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QIcon

from cacheview.ui.columns import heading
from cacheview.ui.icons import icon
from cacheview.ui.names import name_of
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.suites.rows import ChecksRow, Outcome
from cacheview.ui.theme import current_tokens, mono_font

__all__ = ["OUTCOME_LOOKS", "ChecksColumn", "ChecksModel"]

_Index = QModelIndex | QPersistentModelIndex


class ChecksColumn(IntEnum):
    """The columns, in order."""

    OUTCOME = 0
    SUITE = 1
    CASE = 2
    PROBE = 3
    EXPECTED = 4
    ACTUAL = 5
    REASON = 6


_TITLES: Final = ("Outcome", "Suite", "Case", "Probe", "Expected", "Actual", "Why")
OUTCOME_LOOKS: Final = {
    Outcome.PASSED: ("passed", "passed"),
    Outcome.FAILED: ("failed", "failed"),
    Outcome.UNUSABLE: ("error", "error"),
}
"""The drawing and the color token of each outcome."""

_ROWS_PER_TURN: Final = 10_000
"""The number of rows that a filter checks in one turn, which takes about ten milliseconds."""

_MONO_COLUMNS: Final = (ChecksColumn.EXPECTED, ChecksColumn.ACTUAL)


class ChecksModel(QAbstractTableModel):
    """Rows in the order of the run. Rows that the filter hides are kept and counted.

    If there are very many rows, a filter checks them in several turns. Signals: ``filtered()``: it is done.
    """

    filtered = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ChecksRow] = []
        self._shown: list[ChecksRow] = []
        self._words: tuple[str, ...] = ()
        self._only_failed = False
        self._filtered_count = 0  # number of rows that the filter has checked
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._filter_more)
        self.passed = 0
        self.failed = 0
        self.unusable = 0
        self.update_look()

    # Content

    def clear(self) -> None:
        """Remove all rows; the filter stays."""
        self.beginResetModel()
        self._rows, self._shown = [], []
        self._filtered_count = 0
        self._turns.stop()
        self.passed = self.failed = self.unusable = 0
        self.endResetModel()

    def add(self, rows: Sequence[ChecksRow]) -> None:
        """Append rows."""
        self._rows.extend(rows)
        for row in rows:
            self.passed += row.outcome is Outcome.PASSED
            self.failed += row.outcome is not Outcome.PASSED
            self.unusable += row.outcome is Outcome.UNUSABLE
        if not self.is_filtering:
            self._insert()
            if self._filtered_count < len(self._rows):
                self._turns.start()

    def set_text(self, text: str) -> None:
        """Filter by text: a row must contain all of its words, in any order and case."""
        words = tuple(text.lower().split())
        if words != self._words:
            self._words = words
            self._filter()

    def set_only_failed(self, only: bool) -> None:
        """Show only rows that did not pass."""
        if only != self._only_failed:
            self._only_failed = only
            self._filter()

    def row_at(self, index: _Index) -> ChecksRow | None:
        """Return the row at an index; None if it is invalid."""
        return self._shown[index.row()] if index.isValid() and index.row() < len(self._shown) else None

    def index_of(self, row: ChecksRow) -> QModelIndex:
        """Return the index of a row; invalid if the filter hides it."""
        result = next((i for i, shown in enumerate(self._shown) if shown is row), None)
        return self.index(result, 0) if result is not None else QModelIndex()

    @property
    def total(self) -> int:
        """The number of rows, including hidden ones."""
        return len(self._rows)

    def update_look(self) -> None:
        """Update colors, icons and fonts after a change of the theme."""
        tokens = current_tokens()
        self._icons: dict[Outcome, QIcon] = {outcome: icon(*look) for outcome, look in OUTCOME_LOOKS.items()}
        self._colors = {outcome: QColor(getattr(tokens, color)) for outcome, (_, color) in OUTCOME_LOOKS.items()}
        self._mono: QFont = mono_font()
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(ChecksColumn) - 1))

    @property
    def is_filtering(self) -> bool:
        """Whether the filter is still checking rows."""
        return self._turns.isActive()

    def _filter(self) -> None:
        self.beginResetModel()
        self._filtered_count = 0
        self._shown = self._accepted()
        self.endResetModel()
        if self._filtered_count < len(self._rows):
            self._turns.start()
        else:
            self._turns.stop()
            self.filtered.emit()

    def _filter_more(self) -> None:
        self._insert()
        if self._filtered_count >= len(self._rows):
            self._turns.stop()
            self.filtered.emit()

    def _insert(self) -> None:
        shown = self._accepted()
        if shown:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            self._shown.extend(shown)
            self.endInsertRows()

    def _accepted(self) -> list[ChecksRow]:
        """Return the next rows that match the filter."""
        rows = self._rows[self._filtered_count : self._filtered_count + _ROWS_PER_TURN]
        self._filtered_count += len(rows)
        return [row for row in rows if self._accepts(row)]

    def _accepts(self, row: ChecksRow) -> bool:
        if self._only_failed and row.outcome is Outcome.PASSED:
            return False
        return all(word in row.searched for word in self._words)

    # The interface for Qt

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(ChecksColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return heading(_TITLES, section, orientation, role)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index)
        if row is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(_text(row, column))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(_tip(row, column))
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icons[row.outcome] if column == ChecksColumn.OUTCOME else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colors[row.outcome] if column == ChecksColumn.OUTCOME else None
        if role == Qt.ItemDataRole.FontRole:
            return self._mono if column in _MONO_COLUMNS else None
        return None


def _text(row: ChecksRow, column: int) -> str:
    match column:
        case ChecksColumn.OUTCOME:
            return row.outcome.value
        case ChecksColumn.SUITE:
            return name_of(row.location)
        case ChecksColumn.CASE:
            return row.case_title
        case ChecksColumn.PROBE:
            return row.probe_title
        case ChecksColumn.EXPECTED:
            return row.expected
        case ChecksColumn.ACTUAL:
            return row.actual
        case _:
            return row.reason


def _tip(row: ChecksRow, column: int) -> str:
    if column == ChecksColumn.SUITE:
        return row.location
    if column == ChecksColumn.REASON:
        return "\n".join(row.differences)
    return _text(row, column)
