"""A combo box whose value only its list, its keys and its text change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox

if TYPE_CHECKING:
    from PySide6.QtGui import QWheelEvent

__all__ = ["Chooser"]


class Chooser(QComboBox):
    """Every combo box of the window is one. The wheel scrolls what is around it, and never changes the value.

    Qt's own changes it under the pointer, also on the way past in a form that is being scrolled.
    """

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # goes on to what scrolls
