"""The hazards in a store, and the images that one of them affects, as Qt models."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor

from cacheview.engine import HAZARD_TITLES
from cacheview.engine.audit import StoreHazard
from cacheview.model import Image
from cacheview.ui.columns import aligned, heading
from cacheview.ui.counted_rows import CountedRows
from cacheview.ui.icons import icon
from cacheview.ui.images.texts import time_text, tip_text
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.theme import current_tokens, strong_font

__all__ = ["HazardsColumn", "HazardsModel", "ImagesModel"]

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_Role = Qt.ItemDataRole


class HazardsColumn(IntEnum):
    """The columns of `HazardsModel`, in order."""

    KIND = 0
    COUNT = 1
    SENTENCE = 2
    ADVICE = 3


_HAZARD_TITLES: Final = ("Hazard", "Images", "What happens", "What to do")
_STACKED_TITLES: Final = (*_HAZARD_TITLES[:2], "What happens, and what to do", _HAZARD_TITLES[3])


class HazardsModel(QAbstractTableModel):
    """One row for each hazard."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hazards: tuple[StoreHazard, ...] = ()
        self._is_stacked = False

    @property
    def is_stacked(self) -> bool:
        """Whether the advice is below the sentence in one cell, since two columns would be too narrow."""
        return self._is_stacked

    @is_stacked.setter
    def is_stacked(self, stacked: bool) -> None:
        self._is_stacked = stacked
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, HazardsColumn.SENTENCE, HazardsColumn.SENTENCE)
        self.update_look()

    def set_hazards(self, hazards: Sequence[StoreHazard]) -> None:
        """Show other hazards."""
        self.beginResetModel()
        self._hazards = tuple(hazards)
        self.endResetModel()

    @property
    def hazards(self) -> tuple[StoreHazard, ...]:
        """The hazards in order."""
        return self._hazards

    def update_look(self) -> None:
        """Draw all rows again, for example after a change of the theme."""
        if self._hazards:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._hazards) - 1, len(HazardsColumn) - 1))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._hazards)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(HazardsColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        titles = _STACKED_TITLES if self._is_stacked else _HAZARD_TITLES
        return heading(titles, section, orientation, role, right=(HazardsColumn.COUNT,))

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._hazards):
            return None
        hazard, column = self._hazards[index.row()], index.column()
        match role:
            case _Role.DisplayRole:
                return self._text(hazard, column)
            case _Role.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if column == HazardsColumn.COUNT else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignTop
            case _Role.DecorationRole if column == HazardsColumn.KIND:
                return icon("hazard", "hazard")
            case _Role.FontRole if column == HazardsColumn.KIND:
                return strong_font()
            case _Role.ForegroundRole if column == HazardsColumn.ADVICE:
                return QBrush(QColor(current_tokens().text_muted))
            case _Role.ToolTipRole:
                return tool_tip(f"{hazard.sentence}\n\n{hazard.advice}")
            case _Role.AccessibleTextRole if column == HazardsColumn.KIND:
                return f"Hazard, {HAZARD_TITLES[hazard.kind]}"
        return None

    def _text(self, hazard: StoreHazard, column: int) -> str:
        match column:
            case HazardsColumn.KIND:
                return HAZARD_TITLES[hazard.kind]
            case HazardsColumn.COUNT:
                return f"{hazard.count:,}"
            case HazardsColumn.SENTENCE if self._is_stacked and hazard.advice:
                return f"{one_line(hazard.sentence)}\n{one_line(hazard.advice)}"
            case HazardsColumn.SENTENCE:
                return one_line(hazard.sentence)
        return one_line(hazard.advice)


_IMAGE_TITLES: Final = ("Image", "Created")


class ImagesModel(CountedRows):
    """The images that a hazard affects, in store order. They may be all of the store's images."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(len(_IMAGE_TITLES), parent)
        self._images: tuple[Image, ...] = ()

    def set_images(self, images: tuple[Image, ...]) -> None:
        """Show the images of another hazard."""
        self.beginResetModel()
        self._images = images
        self._show_rows(len(images))
        self.endResetModel()

    @property
    def images(self) -> tuple[Image, ...]:
        """The images in order."""
        return self._images

    def row_of(self, image_id: str) -> int:
        """Return the row of an image; -1 if the hazard does not affect it."""
        return next((row for row, image in enumerate(self._images) if image.id == image_id), -1)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        return heading(_IMAGE_TITLES, section, orientation, role, right=(1,))

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._images):
            return None
        image = self._images[index.row()]
        match role:
            case _Role.DisplayRole if index.column() == 0:
                return one_line(f"{image.title}  {image.instruction}")
            case _Role.DisplayRole:
                return time_text(image.created)
            case _Role.TextAlignmentRole:
                return aligned(index.column(), right=(1,))
            case _Role.DecorationRole if index.column() == 0:
                return icon("image" if image.names else "image-unnamed", "text_muted")
            case _Role.ToolTipRole:
                return tool_tip(tip_text(image))
        return None
