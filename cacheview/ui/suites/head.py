"""The title of the suite checks: what came of them, how far a run is, and what can be done."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from cacheview.ui.icons import icon, pixmap
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.suites.model import LOOKS
from cacheview.ui.suites.rows import Outcome
from cacheview.ui.theme import GRID, icon_size, small_font, strong_font
from cacheview.ui.verdict.labels import Line

__all__ = ["TITLE", "SuitesHead"]

TITLE: Final = "Suite checks"


class SuitesHead(QWidget):
    """``open_asked()``, ``current_asked()``, ``again_asked()``, ``cancel_asked()``, ``closed()``: its buttons."""

    open_asked = Signal()
    current_asked = Signal()
    again_asked = Signal()
    cancel_asked = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outcome: Outcome | None = None
        self._title = QLabel(TITLE)
        self._picture = QLabel()
        self._counts = Line(small_font(), "text_muted")
        # Else the mouse would select text where it is to move the dock.
        self._counts.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(30 * GRID, 2 * GRID - 2)
        self.progress.setAccessibleName("How far the suites have been run")
        self.cancel_button = _button("Cancel", "Stop the run; what was run stays in the list")
        self.again_button = _button("Run again", "Read the files again, and run all of their probes")
        self.current_button = _button("Run what is open", "")
        self.open_button = _button("Open suites…", "Choose suite files, and run them")
        self.close_button = _button("", "Close (Esc)")
        self.close_button.setAccessibleName(f"Close: {TITLE}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._title)
        layout.addSpacing(GRID)
        layout.addWidget(self._picture)
        layout.addWidget(self._counts, 1)
        layout.addWidget(self.progress)
        for button, asked in (
            (self.cancel_button, self.cancel_asked),
            (self.again_button, self.again_asked),
            (self.current_button, self.current_asked),
            (self.open_button, self.open_asked),
            (self.close_button, self.closed),
        ):
            layout.addWidget(button)
            button.clicked.connect(asked)
        self.setMinimumHeight(9 * GRID)  # as high as the heads of the panes
        self.set_current("")
        self._dress()

    @property
    def text(self) -> str:
        """The line beside the title."""
        return self._counts.whole()

    def say(self, text: str, outcome: Outcome | None) -> None:
        """``outcome``: gives the line its icon and colour; None: it has none."""
        self._counts.say(text)
        if outcome is not self._outcome:
            self._outcome = outcome
            self._dress()

    def show_progress(self, done: int, total: int | None) -> None:
        """Without a total it only moves."""
        self.progress.setRange(0, 1000 if total else 0)
        if total:
            self.progress.setValue(min(1000, done * 1000 // total))

    def set_busy(self, busy: bool, *, again: bool) -> None:
        """``again``: there is something that can be run again."""
        self.cancel_button.setVisible(busy)
        self.progress.setVisible(busy)
        self.again_button.setVisible(not busy)
        self.again_button.setEnabled(again)

    def set_current(self, location: str) -> None:
        """Which suite the window has open; empty: none."""
        self.current_button.setEnabled(bool(location))
        told = f"Run {one_line(location)}" if location else "What the window has open is no suite"
        self.current_button.setToolTip(tool_tip(told))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._dress()

    def _dress(self) -> None:
        self._title.setFont(strong_font())
        self._counts.setFont(small_font())
        self._picture.setVisible(self._outcome is not None)
        if self._outcome is not None:
            drawing, colour = LOOKS[self._outcome]
            self._picture.setPixmap(pixmap(drawing, colour, icon_size(), self.devicePixelRatioF()))
            self._counts.set_colour(colour)
        else:
            self._counts.set_colour("text_muted")
        for button, name in (
            (self.cancel_button, "remove"),
            (self.again_button, "reload"),
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
