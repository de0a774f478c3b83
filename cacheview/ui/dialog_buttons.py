"""The buttons at the foot of a dialog."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton

__all__ = ["Buttons", "accepting_buttons", "closing_buttons"]

Buttons = QDialogButtonBox.StandardButton


def accepting_buttons(dialog: QDialog, kind: Buttons, text: str = "") -> tuple[QDialogButtonBox, QPushButton]:
    """*Cancel*, and a button that accepts the dialog. Returns the box with both, and that button.

    Args:
        kind: of the button that accepts.
        text: on it; empty: what Qt writes on this kind.
    """
    box = QDialogButtonBox(kind | Buttons.Cancel)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    button = box.button(kind)
    if text:
        button.setText(text)
    return box, button


def closing_buttons(dialog: QDialog) -> QDialogButtonBox:
    """*Close*, which other buttons may be added to."""
    box = QDialogButtonBox(Buttons.Close)
    box.rejected.connect(dialog.close)
    return box
