"""A combo box whose value only its list, its keys and its text change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QWheelEvent
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

    def option(self) -> QStyleOptionComboBox:
        """What is drawn of a box that is not editable: a text that is too long ends in dots, not in half a letter."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part, place = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(part, option, place, self).width()
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
        return option

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.isEditable():
            super().paintEvent(event)
            return
        painter, option = QStylePainter(self), self.option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
