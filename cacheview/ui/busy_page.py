"""The page that fills the window while the first store is being read.

It is painted first, so it avoids the enums of Qt's namespace, which are created together and take a tenth of a start.
Some calls create them only for their possible arguments, such as `QPainter.setPen`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line
from cacheview.ui.theme import GRID, heading_font, set_font

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

__all__ = ["BusyPage"]

_ICON_SIZE: Final = 12 * GRID
_MAX_STRETCH: Final = 100
"""The stretch with which the middle column gets its maximum width."""


class BusyPage(QWidget):
    """Shows what is being opened, and the progress. Signals: ``cancel_requested()``: the user wants to stop it."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = _CenteredLine()
        set_font(self._title, heading_font)
        self._text = _CenteredLine()
        self._text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(2 * GRID - 2)
        self.progress.setMinimumWidth(20 * GRID)
        self.progress.setMaximumWidth(80 * GRID)
        self.progress.setAccessibleName("Opening progress")
        self.cancel = QPushButton("&Cancel")
        self.cancel.clicked.connect(lambda: self.cancel_requested.emit())
        layout = QVBoxLayout(self)
        layout.setSpacing(0)
        layout.addStretch(1)
        layout.addSpacing(_ICON_SIZE + 2 * GRID)  # for the icon
        layout.addWidget(self._title)
        layout.addSpacing(GRID)
        layout.addWidget(self._text)
        for space, widget in ((5 * GRID, self.progress), (4 * GRID, self.cancel)):
            layout.addSpacing(space)
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(widget, _MAX_STRETCH if widget is self.progress else 0)
            row.addStretch(1)
            layout.addLayout(row)
        layout.addStretch(1)

    @property
    def title(self) -> str:
        """The text about what is being opened."""
        return self._title.text

    @property
    def text(self) -> str:
        """The text about the current work."""
        return self._text.text

    def show_name(self, name: str) -> None:
        """Show that a location is being opened, by its name for people."""
        self._title.show_text(f"Opening {one_line(name)}")
        self.setAccessibleName(self.title)
        self.show_progress(0, None, "")

    def show_progress(self, done: int, total: int | None, what: str) -> None:
        """Show the progress. Without a total, the bar only moves."""
        self._text.show_text(one_line(what))
        self.progress.setRange(0, 1000 if total else 0)
        if total:
            self.progress.setValue(min(1000, done * 1000 // total))

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        drawing = pixmap("open", "text_faint", _ICON_SIZE, self.devicePixelRatioF())
        QPainter(self).drawPixmap((self.width() - _ICON_SIZE) // 2, self._title.y() - _ICON_SIZE - 2 * GRID, drawing)


class _CenteredLine(QWidget):
    """A centered line of text. It is painted here, so it is always plain text."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def show_text(self, text: str) -> None:
        self.text = text
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        metrics = self.fontMetrics()
        left = (self.width() - metrics.horizontalAdvance(self.text)) // 2
        QPainter(self).drawText(left, metrics.ascent(), self.text)
