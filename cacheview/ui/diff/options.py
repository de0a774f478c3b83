"""The dialog for the options of a build context that is one of the builds to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from cacheview.ui.dialogs import Buttons, accepting_buttons
from cacheview.ui.replay.form import OptionsForm
from cacheview.ui.theme import GRID

if TYPE_CHECKING:
    from cacheview.ui.replay.build import Build

__all__ = ["OptionsDialog"]


class OptionsDialog(QDialog):
    """Edits the options of a build. Signals: ``chosen(Build)``: the build with these options."""

    chosen = Signal(object)

    def __init__(self, build: Build, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build = build
        self.form = OptionsForm()
        self.form.context_button.hide()  # the context is chosen in the other dialog
        self.form.changed.connect(self._change)
        self.form.show_build(build)
        buttons, _ = accepting_buttons(self, Buttons.Ok)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 4 * GRID)
        layout.addWidget(self.form, 1)
        layout.addWidget(buttons)
        self.resize(110 * GRID, 120 * GRID)
        self.form.build_args.setFocus()

    def accept(self) -> None:
        self.form.apply()
        super().accept()
        self.chosen.emit(self._build)

    def _change(self, build: Build) -> None:
        self._build = build
