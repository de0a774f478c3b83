"""A button that shows the files of a step, enabled if there are any."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QPushButton

from cacheview.layers.unavailable import why_no_layers
from cacheview.model import ImageStore
from cacheview.ui.tips import set_tip

__all__ = ["offer_files"]

_TIP: Final = "Compare all of the step's files with the nearest image's files"


def offer_files(button: QPushButton, store: ImageStore, *, has_files: bool) -> None:
    """Enable the button if there are files. ``has_files``: whether a replayed step's files are known in detail."""
    why = "" if has_files else why_no_layers(store)
    button.setEnabled(not why)
    set_tip(button, f"{why[:1].upper()}{why[1:]}." if why else _TIP)
