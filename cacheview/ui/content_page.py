"""What a pane shows: its content, or a message instead of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from cacheview.ui.images.empty import EmptyPage
from cacheview.ui.scrolled import Scrolled
from cacheview.ui.theme import GRID

__all__ = ["ContentPage"]

_LEAST: Final = 16 * GRID


class ContentPage(QStackedWidget):
    """The content, or words in its place; it begins with the words.

    Signals: ``pressed()``: the button under the words.
    """

    pressed = Signal()

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._words = EmptyPage()
        self._words.pressed.connect(self.pressed)
        self._scrolled = Scrolled(self._words, _LEAST)
        self.addWidget(self._scrolled)
        self.addWidget(content)

    @property
    def has_content(self) -> bool:
        """Whether the content is what is shown."""
        return self.currentWidget() is self._content

    def show_content(self) -> None:
        """Show the content instead of words."""
        self.setCurrentWidget(self._content)

    def say(self, text: str, hint: str, button: str = "") -> None:
        """Show words: a line, one that helps, and a button if it has a text."""
        self._words.show_text(text, hint, button)
        self.setCurrentWidget(self._scrolled)
