"""The sections of an image as one long table, and their titles as a list."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from enum import IntEnum
from itertools import accumulate
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor

from cacheview.ui.details.sections import DetailsRow, Section
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.theme import current_tokens, mono_font, strong_font

__all__ = ["DetailsColumn", "DetailsModel", "TitlesModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole


class DetailsColumn(IntEnum):
    """The columns of `DetailsModel`, in order."""

    NAME = 0
    VALUE = 1


class DetailsModel(QAbstractTableModel):
    """A row for each title, followed by the rows of its section. Rows are created when they are drawn."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sections: tuple[Section, ...] = ()
        self._begins: list[int] = []
        self._count = 0
        self._last: tuple[int, DetailsRow | None] = (-1, None)  # cached, since each cell is queried for several roles

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections in order."""
        return self._sections

    def set_sections(self, sections: Sequence[Section]) -> None:
        """Show the sections of another image."""
        self.beginResetModel()
        self._sections = tuple(sections)
        ends = list(accumulate(len(section.rows) + 1 for section in sections))
        self._begins = [0, *ends[:-1]] if ends else []
        self._count = ends[-1] if ends else 0
        self._last = (-1, None)
        self.endResetModel()

    def section_at(self, place: int) -> int:
        """Return the number of the section that a row is in; -1 if there is none."""
        return bisect_right(self._begins, place) - 1 if 0 <= place < self._count else -1

    def title_of(self, section: int) -> int:
        """Return the row that has the title of a section."""
        return self._begins[section]

    def row(self, place: int) -> DetailsRow | None:
        """Return the content of a row; None: it is a title, or there is no such row."""
        if place != self._last[0]:
            self._last = (place, self._row(place))
        return self._last[1]

    def _row(self, place: int) -> DetailsRow | None:
        section = self.section_at(place)
        if section < 0 or place == self._begins[section]:
            return None
        return self._sections[section].rows[place - self._begins[section] - 1]

    def update_look(self) -> None:
        """Update colors and fonts after a change of the theme."""
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, len(DetailsColumn) - 1))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(DetailsColumn)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= self._count:
            return None
        row = self.row(index.row())
        if row is None:
            return self._title_data(self._sections[self.section_at(index.row())], index.column(), role)
        match role:
            case _Role.DisplayRole:
                return one_line(row.name if index.column() == DetailsColumn.NAME else row.value)
            case _Role.ToolTipRole:
                return tool_tip(row.value)
            case _Role.FontRole if index.column() == DetailsColumn.VALUE and row.is_exact:
                return mono_font()
            case _Role.ForegroundRole if index.column() == DetailsColumn.NAME:
                return QBrush(QColor(current_tokens().text_muted))
            case _Role.ForegroundRole if row.image:
                return QBrush(QColor(current_tokens().link))
        return None

    def _title_data(self, section: Section, column: int, role: int) -> Any:
        match role:
            case _Role.DisplayRole if column == DetailsColumn.NAME:
                return section.title
            case _Role.DisplayRole:
                return f"{len(section.rows):,}" if section.shows_count else ""
            case _Role.FontRole if column == DetailsColumn.NAME:
                return strong_font()
            case _Role.BackgroundRole:
                return QBrush(QColor(current_tokens().band))
            case _Role.ForegroundRole if column == DetailsColumn.VALUE:
                return QBrush(QColor(current_tokens().text_muted))
        return None


class TitlesModel(QAbstractListModel):
    """The titles of the sections, each with its number of rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._titles: tuple[str, ...] = ()

    def set_sections(self, sections: Sequence[Section]) -> None:
        """Show the titles of other sections."""
        titles = tuple(f"{each.title}  {len(each.rows):,}" if each.shows_count else each.title for each in sections)
        if titles != self._titles:
            self.beginResetModel()
            self._titles = titles
            self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if role == _Role.DisplayRole and 0 <= index.row() < len(self._titles):
            return self._titles[index.row()]
        return None
