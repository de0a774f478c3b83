"""The title bar of the dock: the line to paste, and the buttons for a build."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.dock_head import DockHead

__all__ = ["TITLE", "WatchHead"]

TITLE: Final = "Watch builds"


class WatchHead(DockHead):
    """Signals of its buttons: ``copy_asked()``, ``stop_asked()``, ``save_asked()``, ``open_asked()``, ``watch_asked()``
    and ``compare_asked()``.
    """

    copy_asked = Signal()
    stop_asked = Signal()
    save_asked = Signal()
    open_asked = Signal()
    watch_asked = Signal()
    compare_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, parent)
        self.copy_button = self.add_button(
            "Copy the line",
            "Copy the line to paste where you build: export DOCKER_HOST=…",
            self.copy_asked,
            drawing="copy",
        )
        self.save_button = self.add_button(
            "Save record…", "Save the selected build as a record that opens on any machine", self.save_asked
        )
        self.compare_button = self.add_button(
            "Compare with…",
            "Compare the selected build with another one to show where they first differ, and why",
            self.compare_asked,
            short="With…",
        )
        self.open_button = self.add_button(
            "Open record…",
            "Open a record to show the steps of its build and the store before it",
            self.open_asked,
            drawing="open",
        )
        self.watch_button = self.add_button("Watch", "Watch the engine's builds step by step", self.watch_asked)
        self.stop_button = self.add_button(
            "Stop", "Stop watching and close the connections through the socket", self.stop_asked, drawing="remove"
        )
