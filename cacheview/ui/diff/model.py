"""The rows of a comparison as a Qt model: the steps of both builds, and how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor

from cacheview.diff.compare import BuildDiff, PairStatus, StepPair
from cacheview.diff.side import SideStep
from cacheview.diff.words import answer_word, row_phrase
from cacheview.ui.columns import heading
from cacheview.ui.icons import icon
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.theme import current_tokens, strong_font

__all__ = ["DiffColumn", "DiffModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole
_STATUS_LOOKS: Final = {
    PairStatus.CHANGED: ("differs", "failed"),
    PairStatus.INSERTED: ("add", "failed"),
    PairStatus.REMOVED: ("remove", "failed"),
    PairStatus.MOVED: ("down", "failed"),
    PairStatus.ANSWERED: ("differs", "failed"),
    PairStatus.FOLLOWS: ("not-reached", "text_faint"),
    PairStatus.UNKNOWN: ("not-certain", "hazard"),
}
_ANSWER_LOOKS: Final = {True: ("hit", "hit"), False: ("miss", "miss")}


class DiffColumn(IntEnum):
    """The columns of `DiffModel`, in order."""

    STEP_A = 0
    ANSWER_A = 1
    STEP_B = 2
    ANSWER_B = 3
    WHAT = 4


_TITLES: Final = ("A", "", "B", "", "Difference")


class DiffModel(QAbstractTableModel):
    """The rows of one comparison."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._diff: BuildDiff | None = None

    def show_diff(self, diff: BuildDiff | None) -> None:
        """Show a comparison; None: none."""
        self.beginResetModel()
        self._diff = diff
        self.endResetModel()

    def explain(self, diff: BuildDiff) -> None:
        """Show the same comparison with more explanations. Its rows are the same."""
        self._diff = diff
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, len(DiffColumn) - 1))

    @property
    def rows(self) -> Sequence[StepPair]:
        """The rows of the comparison that is shown."""
        return self._diff.rows if self._diff is not None else ()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(DiffColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        return heading(_TITLES, section, orientation, role)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if self._diff is None or not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()], index.column()
        step = row.a if column in (DiffColumn.STEP_A, DiffColumn.ANSWER_A) else row.b
        match role:
            case _Role.DisplayRole:
                return self._text(self._diff, row, step, column)
            case _Role.DecorationRole:
                return _picture(row, step, column)
            case _Role.FontRole if index.row() == self._diff.first and column != DiffColumn.ANSWER_A:
                return strong_font()
            case _Role.ForegroundRole if row.status is PairStatus.FOLLOWS:
                return QBrush(QColor(current_tokens().text_muted))
            case _Role.ToolTipRole if column == DiffColumn.WHAT:
                return tool_tip(row_phrase(row, self._diff))
            case _Role.ToolTipRole if step is not None:
                return tool_tip("\n".join(filter(None, (step.requested.text, step.why))))
        return None

    def _text(self, diff: BuildDiff, row: StepPair, step: SideStep | None, column: int) -> str:
        if column == DiffColumn.WHAT:
            return one_line(row_phrase(row, diff))
        if step is None:
            return ""
        if column in (DiffColumn.ANSWER_A, DiffColumn.ANSWER_B):
            return answer_word(step)
        trigger = "ONBUILD " if step.requested.trigger else ""
        return one_line(f"{step.requested.number}  {trigger}{step.requested.text}")


def _picture(row: StepPair, step: SideStep | None, column: int) -> Any:
    drawing = None
    if column == DiffColumn.WHAT:
        drawing = _STATUS_LOOKS.get(row.status)
    elif column in (DiffColumn.ANSWER_A, DiffColumn.ANSWER_B) and step is not None and step.cached is not None:
        drawing = _ANSWER_LOOKS[step.cached] if step.is_looked_up else None
    return icon(*drawing) if drawing is not None else None
