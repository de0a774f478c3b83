"""The filter box of a list, which has the same keys everywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

__all__ = ["FilterBox"]


class FilterBox(QLineEdit):
    """A filter box. Escape clears it; Down and Enter move to the list.

    Args:
        placeholder: the text that is shown while it is empty.
        name: the name for a screen reader.

    Signals: ``list_requested()``: the keyboard focus should move to the list.
    """

    list_requested = Signal()

    def __init__(self, placeholder: str, name: str) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(name)
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.list_requested.emit()
        else:
            super().keyPressEvent(event)
