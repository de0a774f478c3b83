"""A line of one pixel between two areas."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cacheview.ui.theme import current_tokens

__all__ = ["Hairline"]


class Hairline(QWidget):
    """A line that follows the theme, which a plain frame does not do under a style sheet."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Horizontal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        along, across = QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed
        if orientation is Qt.Orientation.Horizontal:
            self.setFixedHeight(1)
            self.setSizePolicy(along, across)
        else:
            self.setFixedWidth(1)
            self.setSizePolicy(across, along)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), QColor(current_tokens().line))
