"""The title bar of the replay: the Dockerfile, the number of cached steps, the progress of reading, and buttons."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.dock_head import BusyHead

__all__ = ["TITLE", "ReplayHead"]

TITLE: Final = "Replay"


class ReplayHead(BusyHead):
    """The title bar.

    Signals: one for each button. Those with a ``bool`` say whether the button is now checked.
    """

    open_requested = Signal()
    options_requested = Signal(bool)
    clients_requested = Signal(bool)
    copy_requested = Signal()
    compare_requested = Signal()
    continue_requested = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            TITLE,
            progress="Build context progress",
            cancel_tip="Stop reading and keep the steps as they were",
            again="Replay again",
            again_tip="Read the Dockerfile and build context again",
            parent=parent,
        )
        add = self.add_button
        continue_tip = "Assume that the step hits the nearest candidate, to see which other steps would miss"
        options_tip = "Build context, build arguments, target and other build options"
        copy_tip = "Copy all steps in the format that docker build prints"
        self.continue_button = add("Continue past the miss", continue_tip, self.continue_requested, short="Continue")
        self.continue_button.setCheckable(True)
        clients_tip = (
            "Replay the build as each client would send it, to show which clients share a cache and why others do not"
        )
        self.clients_button = add("Compare clients", clients_tip, self.clients_requested, short="Clients")
        self.clients_button.setCheckable(True)
        compare_tip = "Compare this build with a record or another build to show where they first differ, and why"
        self.compare_button = add("Compare with…", compare_tip, self.compare_requested, short="With…")
        self.options_button = add("Options", options_tip, self.options_requested)
        self.options_button.setCheckable(True)
        self.copy_button = add("Copy", copy_tip, self.copy_requested, drawing="copy", name="Copy the steps")
        self.open_button = add(
            "Open…", "Choose a Dockerfile", self.open_requested, drawing="open", name="Open a Dockerfile"
        )

    def enable(self, *, has_build: bool) -> None:
        """Enable the actions for a build, or only the one that opens a build."""
        for button in (self.again_button, self.continue_button, self.options_button, self.clients_button):
            button.setEnabled(has_build)
