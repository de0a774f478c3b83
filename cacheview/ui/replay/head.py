"""The title of the replay: which Dockerfile, how many steps are cached, how far hashing is, and what can be done."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from cacheview.ui.icons import icon
from cacheview.ui.theme import GRID, icon_size, small_font, strong_font
from cacheview.ui.verdict.labels import Line

__all__ = ["TITLE", "ReplayHead"]

TITLE: Final = "Replay"


class ReplayHead(QWidget):
    """``open_asked()``, ``again_asked()``, ``cancel_asked()``, ``options_asked(bool)``, ``beyond_asked(bool)``,
    ``copy_asked()``, ``closed()``: its buttons."""

    open_asked = Signal()
    again_asked = Signal()
    cancel_asked = Signal()
    options_asked = Signal(bool)
    copy_asked = Signal()
    beyond_asked = Signal(bool)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(TITLE)
        self._told = Line(small_font(), "text_muted")
        # Else the mouse would select text where it is to move the dock.
        self._told.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(30 * GRID, 2 * GRID - 2)
        self.progress.setAccessibleName("How far the files of the context have been read")
        self.cancel_button = _button("Cancel", "Stop reading; the steps stay as they were")
        self.again_button = _button("Replay again", "Read Dockerfile and context again")
        self.options_button = _button("Options", "Context, build arguments, target and the other options of the build")
        self.options_button.setCheckable(True)
        self.beyond_button = _button(
            "Beyond the miss", "Go on after a miss as if it had hit the nearest candidate, to see what else would miss"
        )
        self.beyond_button.setCheckable(True)
        self.copy_button = _button("Copy", "Copy all steps as text, as docker build prints them")
        self.copy_button.setAccessibleName("Copy the steps")
        self.open_button = _button("Open…", "Choose a Dockerfile")
        self.open_button.setAccessibleName("Open a Dockerfile")
        self.close_button = _button("", "Close (Esc)")
        self.close_button.setAccessibleName(f"Close: {TITLE}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._title)
        layout.addSpacing(GRID)
        layout.addWidget(self._told, 1)
        layout.addWidget(self.progress)
        for button, asked in (
            (self.cancel_button, self.cancel_asked),
            (self.again_button, self.again_asked),
            (self.beyond_button, self.beyond_asked),
            (self.options_button, self.options_asked),
            (self.copy_button, self.copy_asked),
            (self.open_button, self.open_asked),
            (self.close_button, self.closed),
        ):
            layout.addWidget(button)
            button.clicked.connect(asked)
        self.setMinimumHeight(9 * GRID)  # as high as the heads of the panes
        self.set_busy(False)
        self._dress()

    @property
    def text(self) -> str:
        """The line beside the title."""
        return self._told.whole()

    def say(self, text: str) -> None:
        self._told.say(text)

    def set_busy(self, busy: bool) -> None:
        """Whether something is being read, and long enough to say so."""
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        self.again_button.setVisible(not busy)

    def show_progress(self, done: int, total: int | None) -> None:
        """Without a total it only moves."""
        self.progress.setRange(0, 1000 if total else 0)
        if total:
            self.progress.setValue(min(1000, done * 1000 // total))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._dress()

    def _dress(self) -> None:
        self._title.setFont(strong_font())
        self._told.setFont(small_font())
        for button, name in (
            (self.cancel_button, "remove"),
            (self.again_button, "reload"),
            (self.copy_button, "copy"),
            (self.open_button, "open"),
            (self.close_button, "remove"),
        ):
            button.setIcon(icon(name, "text_muted"))
            button.setIconSize(QSize(icon_size(), icon_size()))


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
