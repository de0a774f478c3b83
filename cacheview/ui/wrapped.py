"""A label that wraps its text even within a path, an id or another long word, unlike Qt's labels."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QClipboard, QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLabel, QMenu, QWidget

__all__ = ["Wrapped"]

_ZERO_WIDTH_SPACE: Final = "\u200b"
"""A zero-width space, at which a line may break."""
_LONG_WORD: Final = re.compile(r"[!-~]{25,}")


class Wrapped(QLabel):
    """A label with plain text. Text that is read or copied from it does not contain the break characters."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(_LONG_WORD.sub(lambda word: _ZERO_WIDTH_SPACE.join(word[0]), text) if self.wordWrap() else text)

    def text(self) -> str:
        return super().text().replace(_ZERO_WIDTH_SPACE, "")

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
