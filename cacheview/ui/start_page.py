"""What fills the window while no store is open: the way in, the progress, or why it did not work."""

from __future__ import annotations

import os
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from cacheview.ui.icons import pixmap
from cacheview.ui.plain import one_line, tool_tip, visible
from cacheview.ui.theme import GRID, heading_font, small_font

__all__ = ["StartPage"]

_ICON = 12 * GRID


class StartPage(QWidget):
    """Asks for what its buttons say; ``recent_asked(str)`` for a location that was open before."""

    file_asked = Signal()
    folder_asked = Signal()
    demo_asked = Signal()
    again_asked = Signal()
    cancel_asked = Signal()
    recent_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = ("open", "text_faint")
        self._picture = _label()
        self._title = _label()
        self._title.setFont(heading_font())
        self._text = _label()
        self._text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setMaximumWidth(160 * GRID)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedSize(80 * GRID, 2 * GRID - 2)
        self._progress.setAccessibleName("Progress of opening")
        self._again = self._button("&Try again", self.again_asked)
        self._file = self._button("Open &file…", self.file_asked)
        self._folder = self._button("Open f&older…", self.folder_asked)
        self._demo = self._button("Open the &demo", self.demo_asked)
        self._cancel = self._button("&Cancel", self.cancel_asked)
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        row.addStretch(1)
        for button in (self._again, self._file, self._folder, self._demo, self._cancel):
            row.addWidget(button)
        row.addStretch(1)
        self._recent_title = _label("Recent")
        self._recent_title.setFont(small_font())
        self._recent_title.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setSpacing(3 * GRID)
        layout.addStretch(2)
        for widget in (self._picture, self._title, self._text, self._progress):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(row)
        layout.addSpacing(2 * GRID)
        layout.addWidget(self._recent_title)
        layout.addLayout(self._recent)
        layout.addStretch(3)

    def show_welcome(self, recent: Sequence[str] = ()) -> None:
        """Nothing is open: how to open something, and what was open last."""
        self._show(
            ("open", "text_faint"),
            "Open an image store",
            "A docker save archive, an OCI image layout or a suite file: drop it here, or choose it.",
            (self._file, self._folder, self._demo),
        )
        self._list(recent)

    def show_busy(self, name: str) -> None:
        """Something is being opened."""
        self._show(("reload", "text_faint"), f"Opening {one_line(name)}", "", (self._cancel,))
        self._progress.setRange(0, 0)
        self._progress.show()

    def show_progress(self, done: int, total: int | None, what: str) -> None:
        """How far it is; without a total the bar only moves."""
        self._text.setText(visible(what))
        self._progress.setRange(0, 1000 if total else 0)
        if total:
            self._progress.setValue(min(1000, done * 1000 // total))

    def show_error(self, title: str, text: str) -> None:
        """It could not be opened: why, and what to do."""
        self._show(("error", "error"), title, text, (self._again, self._file, self._folder, self._demo))

    def _show(self, look: tuple[str, str], title: str, text: str, buttons: Sequence[QPushButton]) -> None:
        self._look = look
        self._dress()
        self._title.setText(visible(title))
        self._text.setText(visible(text))
        self._progress.hide()
        for button in (self._again, self._file, self._folder, self._demo, self._cancel):
            button.setVisible(button in buttons)
        self._list(())

    def _list(self, recent: Sequence[str]) -> None:
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._recent_title.setVisible(bool(recent))
        for location in recent:
            button = QPushButton(one_line(os.path.basename(location.rstrip("/\\")) or location).replace("&", "&&"))
            button.setFlat(True)
            button.setToolTip(tool_tip(location))
            button.setAccessibleName(f"Open {location}")
            button.clicked.connect(lambda _checked=False, location=location: self.recent_asked.emit(location))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def _button(self, text: str, signal: object) -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(signal)
        return button

    def _dress(self) -> None:
        self._picture.setPixmap(pixmap(*self._look, _ICON, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._dress()


def _label(text: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(bool(not text))
    return label
