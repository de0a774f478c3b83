"""The watched builds, and the steps of one of them, as Qt models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QStandardItem, QStandardItemModel

from cacheview.replay.result import StepStatus
from cacheview.report.shown_build import ShownBuild, ShownStep
from cacheview.ui.columns import aligned, heading
from cacheview.ui.icons import icon
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.theme import current_tokens, strong_font

__all__ = ["BuildsColumn", "BuildsModel", "WatchedStepsColumn", "WatchedStepsModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole
_PREDICTION_WORDS: Final = {
    StepStatus.HIT: "hit",
    StepStatus.MISS: "miss",
    StepStatus.NOT_CHECKED: "not checked",
    StepStatus.UNKNOWN: "unknown",
    StepStatus.NO_PROBE: "",
}


class BuildsColumn(IntEnum):
    """The columns of `BuildsModel`, in order."""

    TIME = 0
    NAME = 1
    CLIENT = 2
    OUTCOME = 3
    COMPARED = 4


class WatchedStepsColumn(IntEnum):
    """The columns of `WatchedStepsModel`, in order."""

    INSTRUCTION = 0
    PREDICTED = 1
    REPORTED = 2


_BUILD_TITLES: Final = ("Started", "Image", "Client", "Outcome", "cacheview")
_STEP_TITLES: Final = ("Step", "Predicted", "The daemon")


class BuildsModel(QStandardItemModel):
    """One row for each build, newest first.

    What is drawn is stored in items, which Qt reads without calling Python: that is slow while other threads are busy.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(0, len(BuildsColumn), parent)
        self.setHorizontalHeaderLabels(list(_BUILD_TITLES))
        for column in BuildsColumn:
            self.horizontalHeaderItem(column).setTextAlignment(aligned(column))
        self._builds: list[ShownBuild] = []

    @property
    def builds(self) -> Sequence[ShownBuild]:
        """The builds in order."""
        return self._builds

    def keep_only(self, which: Callable[[ShownBuild], object]) -> None:
        """Remove all builds except those for which ``which`` returns true."""
        for row in reversed(range(len(self._builds))):
            if not which(self._builds[row]):
                del self._builds[row]
                self.removeRow(row)

    def show_build(self, build: ShownBuild, limit: int) -> int:
        """Add a build, or update it. Returns its row."""
        row = self.row_of(build.number)
        if row >= 0:
            before, self._builds[row] = self._builds[row], build
            for column in BuildsColumn:
                if before.differences != build.differences or _build_text(before, column) != _build_text(build, column):
                    _fill(self.item(row, column), build, column)
            return row
        items = [QStandardItem() for _ in BuildsColumn]
        for column, item in zip(BuildsColumn, items, strict=True):
            item.setEditable(False)
            _fill(item, build, column)
        self._builds.insert(0, build)
        self.insertRow(0, items)
        if len(self._builds) > limit:
            del self._builds[limit:]
            self.removeRows(limit, self.rowCount() - limit)
        return 0

    def row_of(self, number: int) -> int:
        """Return the row of a build; -1 if it is not shown."""
        return next((row for row, build in enumerate(self._builds) if build.number == number), -1)

    def update_look(self) -> None:
        """Update colors and font after a change of the theme."""
        for row, build in enumerate(self._builds):
            for column in BuildsColumn:
                _fill(self.item(row, column), build, column)


def _fill(item: QStandardItem, build: ShownBuild, column: BuildsColumn) -> None:
    """Set the text and appearance of a cell. The item notifies the view if they change."""
    is_marked = column is BuildsColumn.COMPARED and bool(build.differences)
    item.setText(_build_text(build, column))
    item.setData(_build_tip(build, column), _Role.ToolTipRole)
    if is_marked or column is BuildsColumn.NAME:
        item.setFont(strong_font())
    if is_marked:
        item.setIcon(icon("hazard", "hazard"))
    if column is BuildsColumn.CLIENT:
        item.setForeground(QBrush(QColor(current_tokens().text_muted)))


def _build_tip(build: ShownBuild, column: BuildsColumn) -> str:
    if column is BuildsColumn.TIME and build.started:
        return build.started
    if build.differences:
        return tool_tip("\n".join(build.differences))
    return tool_tip(build.error or build.outcome) if column is BuildsColumn.OUTCOME else ""


def _build_text(build: ShownBuild, column: int) -> str:
    match column:
        case BuildsColumn.TIME:
            return build.began
        case BuildsColumn.NAME:
            return one_line(build.title)
        case BuildsColumn.CLIENT:
            return one_line(build.client)
        case BuildsColumn.OUTCOME:
            return one_line(build.outcome)
    return one_line(_compared(build))


def _compared(build: ShownBuild) -> str:
    if build.differences:
        return "DIFFERS from the daemon" if not build.is_replayed else "DIFFERS from the record"
    if not build.is_predicted:
        return build.unpredicted
    if build.is_replayed:
        return "same as the record"
    return "same as the daemon" if build.is_final else "replayed"


class WatchedStepsModel(QAbstractTableModel):
    """The steps of one build: cacheview's prediction, and the daemon's result."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[ShownStep] = ()
        self._why: dict[int, str] = {}

    def show_build(self, build: ShownBuild | None) -> None:
        """Show the current steps of a build. Existing rows stay."""
        rows = build.steps if build is not None else ()
        why = {build.missed: "\n".join(build.why)} if build is not None and build.missed else {}
        if len(rows) < len(self._rows):
            self.beginResetModel()
            self._rows, self._why = rows, why
            self.endResetModel()
            return
        old, is_why_the_same = self._rows, why == self._why
        if len(rows) > len(old):
            self.beginInsertRows(_ROOT, len(old), len(rows) - 1)
        self._rows, self._why = rows, why
        if len(rows) > len(old):
            self.endInsertRows()
        changed = [
            number
            for number, (before, row) in enumerate(zip(old, rows, strict=False))
            if not is_why_the_same or (before is not row and before != row)
        ]
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(WatchedStepsColumn) - 1))

    @property
    def rows(self) -> Sequence[ShownStep]:
        """The steps in order."""
        return self._rows

    @property
    def first_miss(self) -> int:
        """The row of the explained step; -1: there is none."""
        return next((row for row, step in enumerate(self._rows) if step.number in self._why), -1)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(WatchedStepsColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        return heading(_STEP_TITLES, section, orientation, role)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], index.column()
        match role:
            case _Role.DisplayRole:
                return self._text(row, column)
            case _Role.DecorationRole if column == WatchedStepsColumn.PREDICTED:
                return _picture(row.predicted)
            case _Role.DecorationRole if column == WatchedStepsColumn.REPORTED and row.differs:
                return icon("hazard", "hazard")
            case _Role.FontRole if column == WatchedStepsColumn.REPORTED and row.differs:
                return strong_font()
            case _Role.ToolTipRole if column == WatchedStepsColumn.PREDICTED and row.predicted is not None:
                return tool_tip(self._why.get(row.number) or row.reason)
            case _Role.ToolTipRole if column == WatchedStepsColumn.INSTRUCTION:
                return tool_tip(row.text)
        return None

    def _text(self, row: ShownStep, column: int) -> str:
        match column:
            case WatchedStepsColumn.INSTRUCTION:
                return one_line(f"{row.number}  {row.text}")
            case WatchedStepsColumn.PREDICTED:
                why = self._why.get(row.number, "").partition("\n")[0]
                return one_line(why) if why else _PREDICTION_WORDS[row.predicted] if row.predicted is not None else ""
        return one_line(_result_text(row))


def _result_text(row: ShownStep) -> str:
    fact = row.reported
    if fact is None:
        return ""
    if fact.triggers:
        return f"{sum(map(bool, fact.triggers))} of {len(fact.triggers)} triggers cached"
    if fact.cached:
        return f"Using cache, {fact.image}"
    if fact.cached is None:
        return "unknown"
    is_step = row.predicted is None or row.predicted is not StepStatus.NO_PROBE
    return f"{'created ' if is_step and fact.image else ''}{fact.image}"


def _picture(status: StepStatus | None) -> Any:
    drawings = {StepStatus.HIT: ("hit", "hit"), StepStatus.MISS: ("miss", "miss")}
    drawing = drawings.get(status) if status is not None else None
    return icon(*drawing) if drawing is not None else None
