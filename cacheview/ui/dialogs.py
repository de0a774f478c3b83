"""The layout of dialogs, and the buttons at their bottom."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout

from cacheview.ui.theme import GRID

__all__ = ["Buttons", "accepting_buttons", "closing_buttons", "dialog_layout"]

Buttons = QDialogButtonBox.StandardButton


def dialog_layout(dialog: QDialog) -> QVBoxLayout:
    """Give a dialog the layout of all dialogs with a few fields: from top to bottom, with the same margins and gaps."""
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(5 * GRID, 4 * GRID, 5 * GRID, 4 * GRID)
    layout.setSpacing(3 * GRID)
    return layout


def accepting_buttons(dialog: QDialog, kind: Buttons, text: str = "") -> tuple[QDialogButtonBox, QPushButton]:
    """Return a button box with *Cancel* and a button that accepts the dialog, and also that button.

    Args:
        kind: the kind of the accepting button.
        text: its text; empty: Qt's text for this kind.
    """
    box = QDialogButtonBox(kind | Buttons.Cancel)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    button = box.button(kind)
    if text:
        button.setText(text)
    return box, button


def closing_buttons(dialog: QDialog) -> QDialogButtonBox:
    """Return a button box with *Close*, to which other buttons may be added."""
    box = QDialogButtonBox(Buttons.Close)
    box.rejected.connect(dialog.close)
    return box
