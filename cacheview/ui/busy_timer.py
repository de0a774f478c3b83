"""The delay before the window shows that work takes long. Showing it sooner would only flicker."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

__all__ = ["BUSY_AFTER", "FURTHER_BUSY_AFTER", "MATRIX_BUSY_AFTER", "BusyTimer"]

BUSY_AFTER: Final = 250
"""Milliseconds before the window shows running work, or clears the previous content."""

MATRIX_BUSY_AFTER: Final = 150
"""The same for the table of all rule sets, which answer each edit one after the other."""

FURTHER_BUSY_AFTER: Final = 100
"""The same below a verdict, for the smallest edit and the hazards."""


class BusyTimer(QTimer):
    """A timer that is started with work that may take long, and stopped at its end.

    Args:
        milliseconds: the delay; None: `BUSY_AFTER`.

    Signals: ``timeout()``: it takes long.
    """

    def __init__(self, parent: QObject, milliseconds: int | None = None) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(BUSY_AFTER if milliseconds is None else milliseconds)
