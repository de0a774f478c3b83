"""A label that wraps its text even within a path, an id or another long word, unlike Qt's labels."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import (
    QClipboard,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QMenu, QWidget

__all__ = ["Wrapped"]

_ZERO_WIDTH_SPACE: Final = "\u200b"
"""A zero-width space, at which a line may break."""
_WORD: Final = re.compile(r"[!-~]{2,}")
_LONG_WORD_CHARACTERS: Final = 25
"""The number of characters from which a word breaks at the end of any line. A shorter one breaks if it is wider."""
_UNLIMITED: Final = (1 << 24) - 1  # pixels, as the maximum size of a widget
_MIN_WIDTH_CHARACTERS: Final = 8
"""The maximum of the minimum width, in average characters of the font."""


class Wrapped(QLabel):
    """A label with plain text. Text that is read or copied from it does not contain the break characters."""

    _plain = ""  # the text without them
    _broken_for_any_width = ""  # the text with break characters in long words only
    _longest_short_word = 0  # in characters

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heights: dict[tuple[int, int, int, bool], int] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._plain = text.replace(_ZERO_WIDTH_SPACE, "")
        self._broken_for_any_width, self._longest_short_word = _break_long_words(self._plain)
        self._heights.clear()
        super().setText(self._broken(self._room))

    def text(self) -> str:
        return self._plain

    def setWordWrap(self, on: bool) -> None:
        super().setWordWrap(on)
        self._heights.clear()
        self._break_again()

    # The words that break depend on the width

    @property
    def _room(self) -> int:
        """The width of a line; unlimited until the label has been laid out."""
        return self.contentsRect().width() if self.testAttribute(Qt.WidgetAttribute.WA_Resized) else _UNLIMITED

    def _broken(self, width: int) -> str:
        """Return the text with break characters in words that would not fit into a line otherwise."""
        if not self.wordWrap():
            return self._plain
        metrics = self.fontMetrics()
        widest_character = 2 * metrics.averageCharWidth()  # without measuring words that certainly fit
        if self._longest_short_word * widest_character <= width:
            return self._broken_for_any_width

        def break_up(found: re.Match[str]) -> str:
            word = found[0]
            is_long = len(word) >= _LONG_WORD_CHARACTERS
            if is_long or (len(word) * widest_character > width and metrics.horizontalAdvance(word) > width):
                return _ZERO_WIDTH_SPACE.join(word)
            return word

        return _WORD.sub(break_up, self._plain)

    def _break_again(self) -> None:
        broken = self._broken(self._room)
        if broken != super().text():
            super().setText(broken)

    def heightForWidth(self, width: int) -> int:
        around = self.size() - self.contentsRect().size()
        broken = self._broken(width - around.width())
        is_shown = broken == super().text()
        # Layouts ask for the same widths many times.
        key = (width, around.width(), around.height(), is_shown)
        height = self._heights.get(key)
        if height is None:
            height = super().heightForWidth(width) if is_shown else self._height_of(broken, width, around)
            self._heights[key] = height
        return height

    def _height_of(self, broken: str, width: int, around: QSize) -> int:
        """Return the height with a text other than the shown one."""
        room = QRect(0, 0, width - around.width(), _UNLIMITED)
        lines = self.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), broken)
        return lines.height() + around.height()

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        if not self.wordWrap():
            return least
        return QSize(min(least.width(), _MIN_WIDTH_CHARACTERS * self.fontMetrics().averageCharWidth()), least.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._break_again()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._heights.clear()
            self._break_again()

    # What is copied

    def selectedText(self) -> str:
        return super().selectedText().replace(_ZERO_WIDTH_SPACE, "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            QGuiApplication.clipboard().setText(self.selectedText())
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        clipboard = QGuiApplication.clipboard()
        if clipboard.supportsSelection() and self.hasSelectedText():
            clipboard.setText(self.selectedText(), QClipboard.Mode.Selection)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse:
            super().contextMenuEvent(event)
            return
        menu = QMenu(self)
        copy = menu.addAction("&Copy", lambda: QGuiApplication.clipboard().setText(self.selectedText()))
        copy.setEnabled(self.hasSelectedText())
        menu.addAction("Select &all", lambda: self.setSelection(0, len(super(Wrapped, self).text())))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


def _break_long_words(text: str) -> tuple[str, int]:
    """Return a text with break characters in its long words, and the length of the longest one without them."""
    longest = 0

    def break_up(found: re.Match[str]) -> str:
        nonlocal longest
        word = found[0]
        if len(word) >= _LONG_WORD_CHARACTERS:
            return _ZERO_WIDTH_SPACE.join(word)
        longest = max(longest, len(word))
        return word

    return _WORD.sub(break_up, text), longest
