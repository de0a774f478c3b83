"""The message in a pane without content: why it has none, and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from cacheview.ui.theme import GRID, set_font, strong_font
from cacheview.ui.wrapped import Wrapped

__all__ = ["EmptyPage", "NoImagesPage"]


class EmptyPage(QWidget):
    """A line of text, a hint, and a button if the user can do something about it."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._hint = Wrapped(), Wrapped()
        for label in (self._text, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_font(self._text, strong_font)
        self._hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._button = QPushButton()
        self._button.clicked.connect(self.pressed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 6 * GRID, 6 * GRID, 6 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addStretch(2)
        layout.addWidget(self._text)
        layout.addWidget(self._hint)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    @property
    def words(self) -> tuple[str, str]:
        """The line of text, and the hint."""
        return self._text.text(), self._hint.text()

    def show_text(self, text: str, hint: str, button: str = "") -> None:
        """Show a message. ``button``: the text of the button; empty: there is none."""
        self._text.setText(text)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._button.setText(button)
        self._button.setVisible(bool(button))


class NoImagesPage(EmptyPage):
    """The message in the images pane if it lists nothing."""

    def show_reason(self, *, is_open: bool, total: int, filter_text: str) -> None:
        """Show why no image is listed.

        Args:
            is_open: whether a store is open.
            total: the number of images in the store.
            filter_text: the text that images are filtered by; empty: only candidates and sources are listed.
        """
        if not is_open:
            self.show_text("No store is open", "")
        elif not total:
            self.show_text("This store has no images", "Build, pull or load an image, then reload.")
        elif filter_text:
            hint = "The filter searches names, IDs and instructions."
            self.show_text(f"Nothing matches “{filter_text[:60]}”", hint, "Clear filter")
        else:
            hint = "Only candidates and sources are listed."
            self.show_text("This probe has no candidates or sources", hint, "Show all images")
