"""The rows of `describing` as a Qt model."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor

from cacheview.ui.columns import heading
from cacheview.ui.icons import icon
from cacheview.ui.plain import tool_tip
from cacheview.ui.rules.describing import RuleRow
from cacheview.ui.theme import current_tokens, mono_font, strong_font

__all__ = ["RulesColumn", "RulesModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole


class RulesColumn(IntEnum):
    """The columns, in order. Without a rule set to compare with, only the first and `NOW` have content."""

    WHAT = 0
    CHANGED = 1
    BEFORE = 2
    NOW = 3


class RulesModel(QAbstractTableModel):
    """The rows of a rule set, beside those of another. A row that differs has an icon, a word and a background."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[RuleRow, ...] = ()
        self._titles = ("", "")

    def set_lines(self, lines: Sequence[RuleRow], before: str, now: str) -> None:
        """Show other rows. ``before``, ``now``: the names of the rule sets in the column headers."""
        self.beginResetModel()
        self._lines = tuple(lines)
        self._titles = (before, now)
        self.endResetModel()

    @property
    def lines(self) -> tuple[RuleRow, ...]:
        """The rows in order."""
        return self._lines

    def update_look(self) -> None:
        """Update the colors after a change of the theme."""
        if self._lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, len(RulesColumn) - 1))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(RulesColumn)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        line = self._line(index)
        if line is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled if line.is_group else super().flags(index)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        return heading(("", "", *self._titles), section, orientation, role)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        line = self._line(index)
        if line is None:
            return None
        column = index.column()
        match role:
            case _Role.DisplayRole:
                return _text(line, column)
            case _Role.ToolTipRole:
                return tool_tip(_text(line, column)) or None
            case _Role.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            case _Role.DecorationRole:
                return icon("differs", "failed") if line.differs and column == RulesColumn.CHANGED else None
            case _Role.FontRole:
                return _font(line, column)
            case _Role.BackgroundRole:
                return _ground(line)
            case _Role.ForegroundRole:
                return _ink(line, column)
            case _Role.AccessibleTextRole:
                return ", ".join(filter(None, (line.what, _text(line, column)))) if column else line.what
        return None

    def _line(self, index: _Index) -> RuleRow | None:
        return self._lines[index.row()] if index.isValid() and index.row() < len(self._lines) else None


def _text(line: RuleRow, column: int) -> str:
    if column == RulesColumn.CHANGED:
        return "differs" if line.differs else "same" if line.before and line.is_rule else ""
    return (line.what, "", line.before, line.now)[column]


def _font(line: RuleRow, column: int) -> Any:
    if line.is_group or (line.differs and column == RulesColumn.CHANGED):
        return strong_font()
    return mono_font() if line.is_field and column == RulesColumn.WHAT else None


def _ground(line: RuleRow) -> QBrush | None:
    if line.is_group:
        return QBrush(QColor(current_tokens().band))
    return QBrush(QColor(current_tokens().failed_surface)) if line.differs else None


def _ink(line: RuleRow, column: int) -> QBrush | None:
    tokens = current_tokens()
    if column == RulesColumn.CHANGED and not line.is_group:
        return QBrush(QColor(tokens.failed if line.differs else tokens.text_faint))
    return QBrush(QColor(tokens.text_muted)) if line.is_group else None
