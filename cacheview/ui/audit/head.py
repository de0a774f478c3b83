"""The title of the audit: what was looked at, and what was found, in one line."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from cacheview.ui.icons import icon
from cacheview.ui.theme import GRID, icon_size, small_font, strong_font
from cacheview.ui.verdict.labels import Line

__all__ = ["AuditHead"]


class AuditHead(QWidget):
    """``copy_asked()``, ``closed()``: its buttons."""

    copy_asked = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel("Audit")
        self._told = Line(small_font(), "text_muted")
        # Else the mouse would select text where it is to move the dock.
        self._told.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.copy_button = QToolButton()
        self.copy_button.setText("Copy")
        self.copy_button.setAccessibleName("Copy the hazards")
        self.copy_button.setToolTip("Copy all hazards as text, each with its first images")
        self.copy_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.copy_button.clicked.connect(self.copy_asked)
        self.close_button = QToolButton()
        self.close_button.setAccessibleName("Close: Audit")
        self.close_button.setToolTip("Close (Esc)")
        self.close_button.clicked.connect(self.closed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(3 * GRID)
        layout.addWidget(self._title)
        layout.addWidget(self._told, 1)
        for button in (self.copy_button, self.close_button):
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            layout.addWidget(button)
        self.setMinimumHeight(9 * GRID)  # as high as the heads of the panes
        self._dress()

    @property
    def text(self) -> str:
        """The line beside the title."""
        return self._told.whole()

    def say(self, text: str) -> None:
        self._told.say(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._dress()

    def _dress(self) -> None:
        self._title.setFont(strong_font())
        self._told.setFont(small_font())
        for button, name in ((self.copy_button, "copy"), (self.close_button, "remove")):
            button.setIcon(icon(name, "text_muted"))
            button.setIconSize(QSize(icon_size(), icon_size()))
