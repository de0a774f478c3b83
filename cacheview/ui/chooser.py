"""A combo box whose value only its list, its keys and its text change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

if TYPE_CHECKING:
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QWidget

__all__ = ["Chooser"]


class Chooser(QComboBox):
    """Every combo box of the window is one. The wheel scrolls what is around it, and never changes value or focus.

    Qt's own changes both under the pointer, also on the way past in a form that is being scrolled.
    """

    def __init__(self, parent: QWidget | None = None, *, editable: bool = False) -> None:
        super().__init__(parent)
        self.setEditable(editable)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # as Qt's own, without the wheel

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # goes on to what scrolls
