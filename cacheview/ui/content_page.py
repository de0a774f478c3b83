"""A page that shows the content of a pane, or a message instead."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from cacheview.ui.images.empty import EmptyPage
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.theme import GRID

__all__ = ["ContentPage"]

_MIN_HEIGHT: Final = 16 * GRID


class ContentPage(QStackedWidget):
    """The content of a pane, or a message, which is shown initially.

    Signals: ``pressed()``: the user clicked the button of the message.
    """

    pressed = Signal()

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._words = EmptyPage()
        self._words.pressed.connect(self.pressed)
        self._scrolled = Scrolled(self._words, _MIN_HEIGHT)
        self.addWidget(self._scrolled)
        self.addWidget(content)

    @property
    def has_content(self) -> bool:
        """Whether the content is shown."""
        return self.currentWidget() is self._content

    def show_content(self) -> None:
        """Show the content."""
        self.setCurrentWidget(self._content)

    def show_text(self, text: str, hint: str, button: str = "") -> None:
        """Show a message: a line, a hint, and a button if it has a text."""
        self._words.show_text(text, hint, button)
        self.setCurrentWidget(self._scrolled)
