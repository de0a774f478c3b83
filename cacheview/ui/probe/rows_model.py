"""The elements of a list or map as editable rows, with an empty row at the end for a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from cacheview.ui.plain import one_line, tool_tip, visible

__all__ = ["ConfigRowsModel", "RowMark", "RowRemark", "RowTexts"]

RowTexts = tuple[str, ...]
"""The texts of one element: the element itself, or key and value."""

MARK_ROLE: Final = Qt.ItemDataRole.UserRole + 1
NOTE_ROLE: Final = Qt.ItemDataRole.UserRole + 2
GHOST_ROLE: Final = Qt.ItemDataRole.UserRole + 3
"""The role that says whether a row is the empty one at the end."""

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()


@dataclass(frozen=True, slots=True)
class RowMark:
    """The engine's mark on an element. ``part``: the part of its last text that differs; ``tip``: a tool tip."""

    outcome: str
    part: slice = field(default_factory=lambda: slice(0, 0))
    tip: str = ""


@dataclass(frozen=True, slots=True)
class RowRemark:
    """A remark at the end of a row: its text, and the token of its color."""

    text: str
    token: str = "text_faint"


class ConfigRowsModel(QAbstractTableModel):
    """Rows of one or two texts. The user's changes are shown before they are emitted.

    Signals: ``requested(rows, phrase, merge)``: the user changed rows. ``phrase`` describes the change
    (``Edit {name}[1]``), and ``merge`` is equal for edits that are one step, such as typing.
    """

    requested = Signal(object, str, str)

    def __init__(self, name: str, columns: int, *, ordered: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.ordered = ordered
        self.prompts: RowTexts = ("",) * columns
        self._columns = columns
        self._rows: list[RowTexts] = []
        self._session = 0
        self._merge = ""
        self._before: tuple[RowTexts, ...] = ()
        self._ghosts = 1
        self._marks: Mapping[int, RowMark] = {}
        self._notes: Mapping[int, RowRemark] = {}

    # Content

    @property
    def rows(self) -> Sequence[RowTexts]:
        """The rows in order."""
        return self._rows

    def element(self, row: int) -> str:
        """Return the path of a row: ``Env[1]``, ``Labels["a"]``; for the empty row, that of the whole field."""
        if row >= len(self._rows):
            return self.name
        if self.ordered:
            return f"{self.name}[{row}]"
        return f'{self.name}["{self._rows[row][0]}"]'

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows) + self._ghosts

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else self._columns

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, QAbstractTableModel.CheckIndexOption.IndexIsValid):
            return None
        row, column = index.row(), index.column()
        ghost = row == len(self._rows)
        if role == GHOST_ROLE:
            return ghost
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return "" if ghost else self._rows[row][column]
        if role == MARK_ROLE:
            return self._marks.get(row)
        if role == NOTE_ROLE:
            return self._notes.get(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return visible(self._accessible_text(row, column))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        return None

    def _accessible_text(self, row: int, column: int) -> str:
        if row == len(self._rows):
            return f"{self.name}: {self.prompts[column]}"
        parts = [f"{self.element(row)}: {one_line(self._rows[row][column])}"]
        if row in self._marks:
            parts.append(self._marks[row].outcome)
        if row in self._notes:
            parts.append(one_line(self._notes[row].text))
        return ", ".join(parts)

    def _tip(self, row: int, column: int) -> str:
        if row == len(self._rows):
            return ""
        parts = [self._rows[row][column]]
        if row in self._marks:
            parts.append(self._marks[row].tip)
        if row in self._notes:
            parts.append(self._notes[row].text)
        return tool_tip("\n".join(filter(None, parts)))

    def set_rows(self, rows: Sequence[RowTexts]) -> None:
        """Show other rows, notifying views only of changed ones, so that editing and selection continue."""
        old, new = self._rows, list(rows)
        start = 0
        while start < min(len(old), len(new)) and old[start] == new[start]:
            start += 1
        if start == len(old) == len(new):
            return
        end = 0
        while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
            end += 1
        removed_count, added_count = len(old) - start - end, len(new) - start - end
        replaced_count = min(removed_count, added_count)
        if replaced_count:
            old[start : start + replaced_count] = new[start : start + replaced_count]
            self._changed(start, start + replaced_count - 1)
        first = start + replaced_count
        if removed_count > replaced_count:
            self.beginRemoveRows(_ROOT, first, start + removed_count - 1)
            self._rows = new
            self.endRemoveRows()
        elif added_count > replaced_count and end == 0:
            # The first new row takes the place of the empty one, which may be the one being edited.
            old.append(new[first])
            self._ghosts = 0
            self._changed(first, first)
            self.beginInsertRows(_ROOT, first + 1, first + added_count - replaced_count)
            self._rows, self._ghosts = new, 1
            self.endInsertRows()
        elif added_count > replaced_count:
            self.beginInsertRows(_ROOT, first, first + added_count - replaced_count - 1)
            self._rows = new
            self.endInsertRows()

    def _changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, self._columns - 1))

    def set_prompts(self, prompts: RowTexts) -> None:
        """Set the texts of the empty row, one for each column."""
        if prompts != self.prompts:
            self.prompts = prompts
            self._changed(len(self._rows), len(self._rows))

    def set_marks(self, marks: Mapping[int, RowMark]) -> None:
        """Mark rows by their numbers."""
        before, self._marks = self._marks, marks
        self._repaint({row for row in before.keys() | marks.keys() if before.get(row) != marks.get(row)})

    def set_notes(self, notes: Mapping[int, RowRemark]) -> None:
        """Show remarks at the end of rows."""
        before, self._notes = self._notes, notes
        self._repaint({row for row in before.keys() | notes.keys() if before.get(row) != notes.get(row)})

    def _repaint(self, changed: set[int]) -> None:
        for row in changed:
            if row < self.rowCount():
                self._changed(row, row)

    # User actions

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not self.checkIndex(
            index, QAbstractTableModel.CheckIndexOption.IndexIsValid
        ):
            return False
        row, column, text = index.row(), index.column(), str(value)
        rows = list(self._rows)
        if row == len(rows):
            if not text:
                return False  # the row was empty and stays empty
            rows.append(("",) * self._columns)
            phrase = f"Add {self.name}[{row}]" if self.ordered else f"Add to {self.name}"
        else:
            phrase = f"Edit {self.element(row)}"
        rows[row] = (*rows[row][:column], text, *rows[row][column + 1 :])
        # While typing continues, a new element keeps its first phrase.
        return self._request(rows, phrase, self._merge)

    def begin_edit(self, row: int) -> None:
        """Begin editing a row. All changes are one step, until the next edit begins."""
        self._session += 1
        self._merge = f"{self.name}/{row}/{self._session}"
        self._before = tuple(self._rows)

    def restore(self) -> None:
        """Revert everything that was typed since `begin_edit`."""
        self._request(list(self._before), f"Edit {self.name}", self._merge)

    def remove(self, row: int) -> bool:
        """Remove a row. The empty one cannot be removed."""
        if row >= len(self._rows):
            return False
        rows = [*self._rows[:row], *self._rows[row + 1 :]]
        return self._request(rows, f"Remove {self.element(row)}", "")

    def move(self, row: int, step: int) -> bool:
        """Move a row up (-1) or down (1), if rows are ordered and there is a row to swap with."""
        other = row + step
        if not self.ordered or not 0 <= other < len(self._rows) or row >= len(self._rows):
            return False
        phrase = f"Move {self.element(row)} {'up' if step < 0 else 'down'}"
        self.beginMoveRows(_ROOT, row, row, _ROOT, other + (1 if step > 0 else 0))
        self._rows.insert(other, self._rows.pop(row))
        self.endMoveRows()
        self.requested.emit(tuple(self._rows), phrase, "")
        return True

    def append(self, rows: Sequence[RowTexts], phrase: str) -> bool:
        """Append rows as one step."""
        return self._request([*self._rows, *rows], phrase, "")

    def _request(self, rows: list[RowTexts], phrase: str, merge: str) -> bool:
        if rows == self._rows:
            return False
        self.set_rows(rows)
        self.requested.emit(tuple(rows), phrase, merge)
        return True
