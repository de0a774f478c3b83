"""The dialog that chooses the editor for Dockerfiles."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QWidget

from cacheview.ui.dialogs import Buttons, accepting_buttons, dialog_layout
from cacheview.ui.editor.commands import check_template
from cacheview.ui.plain import visible
from cacheview.ui.theme import GRID, mono_font, set_font
from cacheview.ui.wrapped import Wrapped

__all__ = ["EditorDialog"]

_HELP = (
    "{file} and {line} stand for the path and the line number. The command runs exactly as written, without a shell.\n"
    "    code -g {file}:{line}\n"
    "    kate --line {line} {file}\n"
    "    xterm -e vim +{line} {file}\n"
    "If you leave this field empty, cacheview uses the editor set in VISUAL or EDITOR, or else the desktop's text "
    "editor. If cacheview supports the editor, the file opens at the line."
)


class EditorDialog(QDialog):
    """Prompts for the command. Signals: ``chosen(str)``: the command that the user entered; empty: none."""

    chosen = Signal(str)

    def __init__(self, current: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Editor for Dockerfiles")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.command = QLineEdit(current)
        set_font(self.command, mono_font)
        self.command.setPlaceholderText("code -g {file}:{line}")
        self.command.setMinimumWidth(120 * GRID)
        label = QLabel("&Command")
        label.setBuddy(self.command)
        help_ = Wrapped(_HELP)
        help_.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.problem = Wrapped()
        buttons, self._ok = accepting_buttons(self, Buttons.Ok)
        self.command.textChanged.connect(self._check)
        layout = dialog_layout(self)
        for widget in (label, self.command, self.problem, help_):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self._check()

    def accept(self) -> None:
        super().accept()
        self.chosen.emit(self.command.text().strip())

    def _check(self) -> None:
        text = self.command.text().strip()
        problem = check_template(text) if text else ""
        self.problem.setText(f"{visible(problem[:1].upper() + problem[1:])}." if problem else "")
        self._ok.setEnabled(not problem)
