"""The title bar of the audit: one line about what was checked and what was found."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.dock_head import DockHead

__all__ = ["AuditHead"]


class AuditHead(DockHead):
    """The title bar of the audit. Signals: ``copy_requested()``."""

    copy_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Audit", parent)
        tip = "Copy all hazards as text, each with a few of its images"
        self.copy_button = self.add_button("Copy", tip, self.copy_requested, drawing="copy", name="Copy the hazards")
