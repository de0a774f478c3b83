"""The steps of a replay as a Qt model."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QIcon

from cacheview.model import ImageStore, familiar
from cacheview.replay.result import StepStatus
from cacheview.ui.columns import aligned, heading
from cacheview.ui.icons import icon
from cacheview.ui.plain import one_line, tool_tip, visible
from cacheview.ui.replay.rows import (
    STATUS_LOOKS,
    ReplayRow,
    RowKey,
    RowKind,
    image_text,
    place_text,
    reason_text,
    time_text,
    word_of,
)
from cacheview.ui.theme import current_tokens, mono_font, strong_font

__all__ = ["BEGINS_STAGE", "StepsColumn", "StepsModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole
BEGINS_STAGE: Final = int(_Role.UserRole) + 1
"""The role that says whether a row starts another stage."""

_EMPTY_STORE: Final = ImageStore(())
_MAX_COMPARED_PAIRS: Final = 250_000  # of rows; more would be noticeable


class StepsColumn(IntEnum):
    """The columns, in order."""

    STEP = 0
    INSTRUCTION = 1
    STATUS = 2
    IMAGE = 3
    TIME = 4


_TITLES: Final = ("Step", "Instruction", "Status", "Image", "Time")
_KIND_LOOKS: Final = {
    RowKind.WARNING: ("hazard", "hazard"),
    RowKind.REFUSAL: ("error", "error"),
    RowKind.HAZARD: ("hazard", "hazard"),
}


class _Node:
    """A row with a name that stays the same when rows before it come and go.

    ``parent_name``: the name of its parent row.
    """

    def __init__(self, name: int, row: ReplayRow, parent_name: int | None) -> None:
        self.name = name
        self.row = row
        self.parent_name = parent_name
        self.children: list[_Node] = []


class StepsModel(QAbstractItemModel):
    """Steps in order, with triggers below their FROM. Rows that the next replay has too keep their place."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = _EMPTY_STORE
        self._names = 0
        self._nodes: list[_Node] = []
        self._by_name: dict[int, _Node] = {}
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._fonts: dict[str, QFont] = {}
        self._tokens = current_tokens()

    # Content

    def show(self, rows: Sequence[ReplayRow], store: ImageStore) -> None:
        """Show other rows. Those with the same instruction stay, and only their outcome changes."""
        self._store = store
        keys = [row.key for row in rows]
        for first, last, begin, end in reversed(_changes([node.row.key for node in self._nodes], keys)):
            if last > first:
                self.beginRemoveRows(_ROOT, first, last - 1)
                for node in self._nodes[first:last]:
                    self._forget(node)
                del self._nodes[first:last]
                self.endRemoveRows()
            if end > begin:
                self.beginInsertRows(_ROOT, first, first + end - begin - 1)
                self._nodes[first:first] = [self._make(row, None) for row in rows[begin:end]]
                self.endInsertRows()
        for node, row in zip(self._nodes, rows, strict=True):
            node.row = row
            for child, its in zip(node.children, row.children, strict=True):
                child.row = its
        self._notify_all()

    def clear(self) -> None:
        """Show nothing."""
        self.show((), _EMPTY_STORE)

    def update_look(self) -> None:
        """Update colors and font after a change of the theme."""
        self._icons.clear()
        self._fonts.clear()
        self._tokens = current_tokens()
        self._notify_all()

    @property
    def rows(self) -> tuple[ReplayRow, ...]:
        """The rows at the top level."""
        return tuple(node.row for node in self._nodes)

    def row(self, index: _Index) -> ReplayRow | None:
        """Return the row of an index; None: there is none."""
        node = self._node(index)
        return node.row if node is not None else None

    def index_of(self, number: int, trigger: int = 0) -> QModelIndex:
        """Return the index of a step or one of its triggers, by number; invalid if there is none."""
        for place, node in enumerate(self._nodes):
            if node.row.step is not None and node.row.step.number == number:
                step_index = self.index(place, 0)
                return self.index(trigger - 1, 0, step_index) if trigger else step_index
        return QModelIndex()

    def _make(self, row: ReplayRow, parent_name: int | None) -> _Node:
        self._names += 1
        node = self._by_name[self._names] = _Node(self._names, row, parent_name)
        node.children = [self._make(child, node.name) for child in row.children]
        return node

    def _forget(self, node: _Node) -> None:
        for each in (node, *node.children):
            del self._by_name[each.name]

    def _notify_all(self) -> None:
        if not self._nodes:
            return
        last = len(StepsColumn) - 1
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._nodes) - 1, last))
        for place, node in enumerate(self._nodes):
            if node.children:
                step_index = self.index(place, 0)
                self.dataChanged.emit(
                    self.index(0, 0, step_index), self.index(len(node.children) - 1, last, step_index)
                )

    def _node(self, index: _Index) -> _Node | None:
        return self._by_name.get(index.internalId()) if index.isValid() else None

    # The interface for Qt

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        if parent.isValid() and parent.column() != 0:
            return QModelIndex()
        parent_node = self._node(parent)
        nodes = self._nodes if parent_node is None else parent_node.children
        if not (0 <= row < len(nodes) and 0 <= column < len(StepsColumn)):
            return QModelIndex()
        return self.createIndex(row, column, nodes[row].name)

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        node = self._node(index)
        if node is None or node.parent_name is None:
            return QModelIndex()
        return self.createIndex(self._nodes.index(self._by_name[node.parent_name]), 0, node.parent_name)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        if not parent.isValid():
            return len(self._nodes)
        node = self._node(parent)
        return len(node.children) if node is not None and parent.column() == 0 else 0

    def columnCount(self, parent: _Index = _ROOT) -> int:
        del parent
        return len(StepsColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        return heading(_TITLES, section, orientation, role, right=(StepsColumn.TIME,))

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        node = self._node(index)
        if node is None:
            return None
        row, column = node.row, index.column()
        match role:
            case _Role.DisplayRole:
                return self._text(row, column)
            case _Role.ToolTipRole:
                return tool_tip(self._tip(row, column))
            case _Role.DecorationRole if column == StepsColumn.STATUS:
                look = _look(row)
                return self._icon(look) if look is not None else None
            case _Role.ForegroundRole:
                return self._brush(row, column)
            case _Role.FontRole if (
                column == StepsColumn.STATUS and row.status is StepStatus.MISS and not row.is_supposed
            ):
                return self._font("strong")
            case _Role.FontRole if column in (StepsColumn.INSTRUCTION, StepsColumn.IMAGE) and row.step is not None:
                return self._font("mono")
            case _Role.TextAlignmentRole:
                return aligned(column, right=(StepsColumn.TIME,))
            case _Role.AccessibleTextRole:
                return self._accessible_text(row, column)
        if role == BEGINS_STAGE:
            return row.begins_stage
        return None

    def _icon(self, look: tuple[str, str]) -> QIcon:
        """Return an icon from a cache: each consists of ten drawings, and is needed whenever a row is painted."""
        if look not in self._icons:
            self._icons[look] = icon(*look)
        return self._icons[look]

    def _font(self, name: str) -> QFont:
        if name not in self._fonts:
            self._fonts[name] = mono_font() if name == "mono" else strong_font()
        return self._fonts[name]

    def _brush(self, row: ReplayRow, column: int) -> QBrush | None:
        tokens, look = self._tokens, _look(row)
        if column == StepsColumn.STATUS:
            return QBrush(QColor(getattr(tokens, look[1]) if look is not None else tokens.text_faint))
        if column == StepsColumn.INSTRUCTION:
            return QBrush(QColor(tokens.error)) if row.kind is RowKind.REFUSAL else None
        return QBrush(QColor(tokens.text_muted))

    def _text(self, row: ReplayRow, column: int) -> str:
        match column:
            case StepsColumn.STEP:
                return place_text(row)
            case StepsColumn.INSTRUCTION:
                return one_line(row.text)
            case StepsColumn.STATUS:
                return word_of(row)
            case StepsColumn.IMAGE if row.step is not None:
                return visible(image_text(row.step, self._store))
            case StepsColumn.TIME if row.step is not None:
                return time_text(row.step)
        return ""

    def _tip(self, row: ReplayRow, column: int) -> str:
        if row.step is not None and column == StepsColumn.STATUS:
            return reason_text(row.step, self._store)
        if row.step is not None and column == StepsColumn.IMAGE:
            image = self._store.by_id.get(row.step.image)
            return (
                "\n".join((*map(familiar, image.names), image.id))
                if image is not None
                else image_text(row.step, self._store)
            )
        if column == StepsColumn.TIME:
            return "Time taken to compute the step's file checksums and look up the step in the cache"
        line = f"Line {row.line}\n" if row.line else ""
        if row.kind is RowKind.TRIGGER:
            line = f"Trigger {row.number}, from ONBUILD in the base image\n"
        return line + row.text

    def _accessible_text(self, row: ReplayRow, column: int) -> str | None:
        if column == StepsColumn.STEP and row.step is not None:
            stage = f", stage {row.step.stage + 1}" if row.step.stage >= 0 else ""
            of = f"step {row.step.number} of {row.total}"
            return f"trigger {row.number} of {of}{stage}" if row.kind is RowKind.TRIGGER else of + stage
        if column == StepsColumn.STATUS and row.step is not None and row.status is StepStatus.NO_PROBE:
            return "never looked up in the cache"
        return self._text(row, column)


def _changes(old: Sequence[RowKey], new: Sequence[RowKey]) -> list[tuple[int, int, int, int]]:
    """Return the replacements that turn one list into another: the ranges in both."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    same = 0
    while same < min(len(old), len(new)) - start and old[-1 - same] == new[-1 - same]:
        same += 1
    ends = len(old) - same, len(new) - same
    if (ends[0] - start) * (ends[1] - start) > _MAX_COMPARED_PAIRS:
        return [(start, ends[0], start, ends[1])]
    matcher = SequenceMatcher(None, old[start : ends[0]], new[start : ends[1]], autojunk=False)
    changes = []
    for kind, *codes in matcher.get_opcodes():
        first, last, begin, end = (start + code for code in codes)
        while kind == "replace" and first < last and begin < end and old[first].is_like(new[begin]):
            first, begin = first + 1, begin + 1  # an instruction was edited in place
        if kind != "equal":
            changes.append((first, last, begin, end))
    return changes


def _look(row: ReplayRow) -> tuple[str, str] | None:
    look = _KIND_LOOKS.get(row.kind) or STATUS_LOOKS.get(row.status)
    return (look[0], "text_muted") if look is not None and row.is_supposed else look
