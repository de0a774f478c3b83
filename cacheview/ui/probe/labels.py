"""The names beside editors."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from cacheview.ui.theme import GRID, current_tokens, small_font

__all__ = ["FieldLabel", "PartLabel"]

_LONGEST: Final = "NetworkDisabled"


def label_width(widget: QWidget) -> int:
    """The width of the column of labels, for the font of a widget."""
    return QFontMetrics(widget.font()).horizontalAdvance(_LONGEST) + 4 * GRID


class FieldLabel(QLabel):
    """The name of a field, in plain text, level with the first line of its editor."""

    def __init__(self, text: str, buddy: QWidget, parent: QWidget) -> None:
        super().__init__(text, parent)
        # A mnemonic needs no markup, and names are ours.
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setBuddy(buddy)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._colour()

    def sizeHint(self) -> QSize:
        return QSize(label_width(self), QFontMetrics(self.font()).height() + 3 * GRID)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        colour = QColor(current_tokens().text_muted)
        palette = self.palette()
        if palette.color(self.foregroundRole()) != colour:
            palette.setColor(self.foregroundRole(), colour)
            self.setPalette(palette)


class PartLabel(FieldLabel):
    """The name of a part of a field: smaller, as wide as it needs."""

    def __init__(self, text: str, buddy: QWidget, parent: QWidget) -> None:
        super().__init__(text, buddy, parent)
        self.setFont(small_font())

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self.text()), metrics.height() + 3 * GRID)
