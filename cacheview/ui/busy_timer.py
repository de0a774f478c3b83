"""The delay before the window shows that work is taking long. Showing this sooner would only cause flicker."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

__all__ = ["BUSY_AFTER_MS", "FURTHER_BUSY_AFTER_MS", "MATRIX_BUSY_AFTER_MS", "BusyTimer"]

BUSY_AFTER_MS: Final = 250
"""Milliseconds before the window shows running work, or clears the previous content."""

MATRIX_BUSY_AFTER_MS: Final = 150
"""The same for the table of all rule sets, since the rule sets answer one after the other."""

FURTHER_BUSY_AFTER_MS: Final = 100
"""The same for the smallest edit and the hazards below a verdict."""


class BusyTimer(QTimer):
    """A timer that is started together with work that may take long, and stopped when the work ends.

    Args:
        milliseconds: the delay; None: `BUSY_AFTER_MS`.

    Signals: ``timeout()``: the work is taking long.
    """

    def __init__(self, parent: QObject, milliseconds: int | None = None) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(BUSY_AFTER_MS if milliseconds is None else milliseconds)
