"""The title bar of the details: the image, and the buttons that copy it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cacheview.ui.dock_head import DockHead

__all__ = ["DetailsHead"]


class DetailsHead(DockHead):
    """The title bar of the details. Signals: ``text_requested()``, ``json_requested()``."""

    text_requested = Signal()
    json_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Details", parent)
        text_tip = "Copy all image details as text"
        json_tip = "Copy the image's JSON exactly as stored"
        self.text_button = self.add_button(
            "Copy", text_tip, self.text_requested, drawing="copy", name="Copy the details"
        )
        self.json_button = self.add_button("JSON", json_tip, self.json_requested, name="Copy the image as JSON")
