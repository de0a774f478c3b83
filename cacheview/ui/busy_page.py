"""What fills the window while the first store is being read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, current_tokens, heading_font

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

__all__ = ["BusyPage"]

_ICON: Final = 12 * GRID


class BusyPage(QWidget):
    """Says what is being opened and how far it is. ``cancel_asked``: by the button.

    Its words are painted, not put into labels: so they are plain text, whatever they hold.
    """

    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self.text = ""
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(80 * GRID, 2 * GRID - 2)
        self.progress.setAccessibleName("Progress of opening")
        self.cancel = QPushButton("&Cancel")
        self.cancel.clicked.connect(lambda: self.cancel_asked.emit())
        layout = QVBoxLayout(self)
        layout.setSpacing(4 * GRID)
        layout.addStretch(1)
        # The words stand in the room above the bar.
        self._above = _ICON + QFontMetrics(heading_font()).height() + self.fontMetrics().height() + 8 * GRID
        layout.addSpacing(self._above)
        for widget in (self.progress, self.cancel):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def show_name(self, name: str) -> None:
        """Begin with a location by the name that a person has for it."""
        self.title = f"Opening {one_line(name)}"
        self.setAccessibleName(self.title)
        self.show_progress(0, None, "")

    def show_progress(self, done: int, total: int | None, what: str) -> None:
        """How far it is; without a total the bar only moves."""
        self.text = one_line(what)
        self.progress.setRange(0, 1000 if total else 0)
        if total:
            self.progress.setValue(min(1000, done * 1000 // total))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter, tokens = QPainter(self), current_tokens()
        ratio = self.devicePixelRatioF()
        top = self.progress.y() - self._above
        painter.drawPixmap((self.width() - _ICON) // 2, top, pixmap("open", "text_faint", _ICON, ratio))
        top += _ICON + 2 * GRID
        painter.setFont(heading_font())
        painter.setPen(QColor(tokens.text))
        height = painter.fontMetrics().height()
        painter.drawText(QRect(0, top, self.width(), height), Qt.AlignmentFlag.AlignCenter, self.title)
        top += height + GRID
        painter.setFont(self.font())
        painter.setPen(QColor(tokens.text_faint))
        painter.drawText(
            QRect(0, top, self.width(), painter.fontMetrics().height()), Qt.AlignmentFlag.AlignCenter, self.text
        )
