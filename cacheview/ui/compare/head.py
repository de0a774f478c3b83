"""The title bar of the dock: its name, a one-line summary of the table, and its buttons."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.compare.lookup import FORMS
from cacheview.ui.dock_head import BusyHead

__all__ = ["CompareHead"]


class CompareHead(BusyHead):
    """The title bar of the dock. Signals: ``copy_requested(form)``: the user wants to copy in one of `FORMS`."""

    copy_requested = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(
            title,
            progress="Rule set lookup progress",
            cancel_tip="Stop and keep the answers so far",
            again="Compare again",
            again_tip="Also look up the probe with the other rule sets",
            parent=parent,
        )
        tip = "Copy every rule set's answer, with the reasons"
        self.copy_button = self.add_copy_menu(tip, FORMS, self.copy_requested, name="Copy the table")
