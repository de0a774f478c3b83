"""The header of a pane, or of a part of one: its title, and buttons on the right."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from cacheview.ui.text_widths import TextWidths
from cacheview.ui.theme import GRID, current_tokens

__all__ = ["TitleBar"]

_TEXT_LEVELS: Final = ((0, 0), (1, 0), (1, 1), (1, 2))
"""The variants of the title and the button texts, in the order in which they are tried, from longest to shortest."""


class TitleBar(QWidget):
    """A header above a hairline. If it is too narrow for all text, the title is shortened first, then the buttons.

    Args:
        short: a shorter title; empty if there is none.
    """

    def __init__(self, parent: QWidget, title: QLabel, *buttons: QToolButton, short: str = "") -> None:
        super().__init__(parent)
        self._title, self._titles = title, (title.text(), short or title.text())
        self._words = {button: (button.text(),) * 3 for button in buttons}
        self._widths = {widget: TextWidths(widget) for widget in (title, *buttons)}
        title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3 * GRID, GRID, 2 * GRID, GRID + 1)
        layout.setSpacing(GRID)
        layout.addWidget(title, 1)
        for button in buttons:
            layout.addWidget(button)
        self.setMinimumHeight(9 * GRID)

    @property
    def title(self) -> str:
        """The full title, even if it is shortened."""
        return self._titles[0]

    def show_title(self, text: str, short: str = "") -> None:
        """Set the title, and a variant for narrow widths; empty: the same."""
        self._titles = (text, short or text)
        self._fit()
        self.updateGeometry()

    def show_text(self, button: QToolButton, text: str, short: str, shortest: str = "") -> None:
        """Set the text of a button, and variants for narrow and very narrow widths."""
        self._words[button] = (text, short, shortest or short)
        self._fit()
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._needed(*_TEXT_LEVELS[-1]), super().minimumSizeHint().height())

    def _needed(self, title: int, buttons: int) -> int:
        words = {button: texts[buttons] for button, texts in self._words.items()}
        wide = sum(self._width(button, text) + GRID for button, text in words.items())
        return wide + 6 * GRID + self._widths[self._title].of(self._titles[title])

    def _width(self, button: QToolButton, text: str) -> int:
        """Return the width of a button with another text."""
        measure = self._widths[button].of
        return button.sizeHint().width() - measure(button.text()) + measure(text)

    def _fit(self) -> None:
        level = next((level for level in _TEXT_LEVELS if self._needed(*level) <= self.width()), _TEXT_LEVELS[-1])
        self._title.setText(self._titles[level[0]])
        for button, texts in self._words.items():
            if button.text() != texts[level[1]]:
                button.setText(texts[level[1]])

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()  # the font has changed
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(current_tokens().line))
