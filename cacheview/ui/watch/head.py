"""The title bar of the dock: the line to paste, and the buttons for a build."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.dock_head import DockHead

__all__ = ["TITLE", "WatchHead"]

TITLE: Final = "Watch builds"


class WatchHead(DockHead):
    """The title bar. Signals: one for each button."""

    copy_requested = Signal()
    stop_requested = Signal()
    save_requested = Signal()
    open_requested = Signal()
    watch_requested = Signal()
    compare_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, parent)
        self.copy_button = self.add_button(
            "Copy the line",
            "Copy the line to paste into your terminal: export DOCKER_HOST=…",
            self.copy_requested,
            drawing="copy",
        )
        self.save_button = self.add_button(
            "Save record…", "Save the selected build as a record that opens on any machine", self.save_requested
        )
        self.compare_button = self.add_button(
            "Compare with…",
            "Compare the selected build with another one to show where they first differ, and why",
            self.compare_requested,
            short="With…",
        )
        self.open_button = self.add_button(
            "Open record…",
            "Open a record to show its builds step by step, and the store as it was before each build",
            self.open_requested,
            drawing="open",
        )
        self.watch_button = self.add_button("Watch", "Watch the engine's builds step by step", self.watch_requested)
        self.stop_button = self.add_button(
            "Stop", "Stop watching and close all connections to the socket", self.stop_requested, drawing="remove"
        )
