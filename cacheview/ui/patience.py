"""How long the window waits before it shows that something takes long: sooner, it would only flicker."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

__all__ = ["FURTHER_PATIENCE", "MATRIX_PATIENCE", "PATIENCE", "Patience"]

PATIENCE: Final = 250
"""Milliseconds before the window shows that something is under way, or clears what it showed before."""

MATRIX_PATIENCE: Final = 150
"""Likewise in the table of all rule sets, which answer each edit one after the other."""

FURTHER_PATIENCE: Final = 100
"""Likewise below a verdict, for the smallest edit and the hazards that follow it."""


class Patience(QTimer):
    """Started with something that may take long, and stopped when it ends; ``timeout()``: it takes long."""

    def __init__(self, parent: QObject, milliseconds: int | None = None) -> None:
        """``milliseconds``: None: `PATIENCE`."""
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(PATIENCE if milliseconds is None else milliseconds)
