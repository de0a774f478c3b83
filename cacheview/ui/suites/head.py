"""The title bar of the suite checks: the results, the progress of a run, and buttons."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.dock_head import BusyHead
from cacheview.ui.plain import one_line
from cacheview.ui.tips import set_tip

__all__ = ["TITLE", "SuitesHead"]

TITLE: Final = "Suite checks"


class SuitesHead(BusyHead):
    """The title bar.

    Signals: ``open_requested()``: the user wants to choose suites; ``current_requested()``: the user wants to run the
    open suite.
    """

    open_requested = Signal()
    current_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            TITLE,
            progress="Suite run progress",
            cancel_tip="Stop the run and keep the results so far",
            again="Run again",
            again_tip="Read the files again and run all of their probes",
            parent=parent,
        )
        self.current_button = self.add_button("Run open suite", "", self.current_requested)
        self.open_button = self.add_button(
            "Open suites…", "Choose suite files and run them", self.open_requested, drawing="open"
        )
        self.set_current("")

    def set_current(self, location: str) -> None:
        """Set the suite that is open in the window; empty: none."""
        self.current_button.setEnabled(bool(location))
        text = f"Run {one_line(location)}" if location else "No suite is open"
        set_tip(self.current_button, text)
