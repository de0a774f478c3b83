"""The title bar of the dock: the builds that are compared, and buttons."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.dock_head import DockHead

__all__ = ["FORMS", "TITLE", "DiffHead"]

TITLE: Final = "Compare builds"
FORMS: Final = ("text", "Markdown", "JSON")


class DiffHead(DockHead):
    """The title bar. Signals: one for each button. ``copy_requested(form)`` has one of `FORMS`."""

    choose_requested = Signal()
    swap_requested = Signal()
    copy_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, parent)
        self.swap_button = self.add_button("Swap", "Compare B with A", self.swap_requested, name="Swap the two builds")
        tip = "Copy the comparison"
        self.copy_button = self.add_copy_menu(tip, FORMS, self.copy_requested, name=tip)
        self.add_button("Choose builds…", "Choose the two builds to compare", self.choose_requested, drawing="open")
