"""The title bar of the dock with files: what they belong to, the progress of reading, and buttons."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.dock_head import BusyHead

__all__ = ["TITLE", "FilesHead"]

TITLE: Final = "Files"


class FilesHead(BusyHead):
    """The title bar. Signals: one for each button. Those with a ``bool`` say whether the button is now checked."""

    same_requested = Signal(bool)
    contents_requested = Signal(bool)
    copy_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            TITLE,
            progress="Layer reading progress",
            cancel_tip="Stop reading; nothing is written",
            again="Read again",
            again_tip="Read the layer and the build context again",
            parent=parent,
        )
        same_tip = "Also list unchanged files"
        contents_tip = "Show both versions of the selected file side by side (Enter)"
        self.same_button = self.add_button("Show unchanged", same_tip, self.same_requested)
        self.contents_button = self.add_button("Contents", contents_tip, self.contents_requested)
        for button in (self.same_button, self.contents_button):
            button.setCheckable(True)
        copy_tip = "Copy the listed files as text"
        self.copy_button = self.add_button("Copy", copy_tip, self.copy_requested, drawing="copy", name="Copy the files")
