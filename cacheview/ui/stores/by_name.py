"""The dialog that opens a store by name, and shows the syntax of names."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QLineEdit, QWidget

from cacheview.stores.locations import ENGINE, LOCATION_KINDS
from cacheview.ui.dialogs import Buttons, accepting_buttons, dialog_layout
from cacheview.ui.theme import GRID, mono_font, set_font

__all__ = ["ByNameDialog"]


class ByNameDialog(QDialog):
    """Prompts for a location. Signals: ``chosen(str)``: the location that the user entered."""

    chosen = Signal(str)

    def __init__(self, current: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open a store by name")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name = QLineEdit(current)
        set_font(self.name, mono_font)
        self.name.setPlaceholderText(ENGINE.prefix)
        self.name.setMinimumWidth(120 * GRID)
        self.name.selectAll()
        label = QLabel("&Store")
        label.setBuddy(self.name)
        grid = QGridLayout()
        grid.setHorizontalSpacing(4 * GRID)
        grid.setVerticalSpacing(GRID)
        forms = [(form, meaning) for source in LOCATION_KINDS for form, meaning in source.forms]
        for row, (form, meaning) in enumerate(forms):
            left, right = QLabel(form), QLabel(meaning.replace("`", ""))
            set_font(left, mono_font)
            right.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            grid.addWidget(left, row, 0)
            grid.addWidget(right, row, 1)
        grid.setColumnStretch(1, 1)
        buttons, self._open = accepting_buttons(self, Buttons.Open)
        self.name.textChanged.connect(self._check_name)
        layout = dialog_layout(self)
        layout.addWidget(label)
        layout.addWidget(self.name)
        layout.addLayout(grid)
        layout.addSpacing(2 * GRID)
        layout.addWidget(buttons)
        self._check_name()

    def accept(self) -> None:
        location = self.name.text().strip()
        if location:
            super().accept()
            self.chosen.emit(location)

    def _check_name(self) -> None:
        self._open.setEnabled(bool(self.name.text().strip()))
