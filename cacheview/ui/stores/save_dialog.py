"""The dialog that saves the loaded store as a suite. It asks for the path, and which values to redact."""

from __future__ import annotations

import os
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from cacheview.stores.save import is_in_store
from cacheview.ui.dialogs import Buttons, accepting_buttons, dialog_layout
from cacheview.ui.theme import GRID

__all__ = ["SaveDialog"]

_KINDS: Final = "Suites (*.jsonl *.jsonl.gz)"
_CONTENT_HINT: Final = (
    "The file contains the configs, histories, names and IDs of all images, and the current probe, but no files from "
    "the images."
)
_REDACTED_HINT: Final = (
    "Placeholders replace values everywhere, including in commands, history, notes and all other text, regardless of "
    "quoting. Equal values get the same placeholder, so verdicts do not change. The file keeps variable and label "
    "names, image names, IDs, times and platforms. It also keeps values, and parts of values, that have fewer "
    "than four characters, as well as secrets that are not values of variables, build arguments or labels. Review "
    "the file before you share it."
)


class SaveDialog(QDialog):
    """Asks for a path. Signals: ``save_requested(path, redact_env, redact_labels)``: the user wants to save."""

    save_requested = Signal(str, bool, bool)

    def __init__(
        self,
        suggested: str,
        parent: QWidget | None = None,
        *,
        opened: str = "",
        title: str = "Save store as suite",
        left_in: str = _CONTENT_HINT,
    ) -> None:
        """Create a dialog.

        Args:
            suggested: the initial path.
            opened: the location of the open store, which must not be overwritten.
            title: title of the dialog.
            left_in: a description of the file's content.
        """
        super().__init__(parent)
        self._opened = opened
        self._left_in = left_in
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.path = QLineEdit(suggested)
        self.path.setMinimumWidth(110 * GRID)
        label = QLabel("&File")
        label.setBuddy(self.path)
        choose = QPushButton("&Choose…")
        choose.clicked.connect(self._choose)
        self.env = QCheckBox("Redact &environment variable values")
        self.labels = QCheckBox("Redact &label values")
        self._hint = QLabel()
        self._hint.setWordWrap(True)
        self._hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        buttons, self._save = accepting_buttons(self, Buttons.Save)
        line = QHBoxLayout()
        line.setSpacing(2 * GRID)
        line.addWidget(label)
        line.addWidget(self.path, 1)
        line.addWidget(choose)
        layout = dialog_layout(self)
        layout.addLayout(line)
        layout.addWidget(self.env)
        layout.addWidget(self.labels)
        layout.addWidget(self._hint)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.path.textChanged.connect(self._show_hint)
        for box in (self.env, self.labels):
            box.toggled.connect(self._show_hint)
        # The height is that of the longer text, so that nothing moves when a box is checked.
        self._hint.setText(f"{self._left_in} {_REDACTED_HINT}")
        width = max(self.sizeHint().width(), 160 * GRID)
        self._hint.setMinimumHeight(self._hint.heightForWidth(width - 10 * GRID))
        self.resize(width, self.sizeHint().height())
        self._show_hint()
        end = len(suggested) - len(os.path.basename(suggested))
        self.path.setSelection(end, len(os.path.basename(suggested).partition(".")[0]))

    def accept(self) -> None:
        path = self.path.text().strip()
        if path:
            super().accept()
            self.save_requested.emit(os.path.expanduser(path), self.env.isChecked(), self.labels.isChecked())

    def _choose(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self.path.text(), _KINDS)
        if path:
            self.path.setText(path)

    def _show_hint(self) -> None:
        redacted = self.env.isChecked() or self.labels.isChecked()
        self._hint.setText(f"{self._left_in} {_REDACTED_HINT if redacted else 'All values are included.'}")
        path = os.path.expanduser(self.path.text().strip())
        is_own = bool(path) and is_in_store(path, self._opened)
        if is_own:
            self._hint.setText(
                "This file is part of the open store, and cacheview never writes to a store. Choose a different file."
            )
        self._save.setText("&Replace" if os.path.isfile(path) and not is_own else "&Save")
        self._save.setEnabled(bool(path) and not is_own)
