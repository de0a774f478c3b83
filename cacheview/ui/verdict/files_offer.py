"""A button that shows the files of a step, enabled where there are any."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QPushButton

from cacheview.layers.nowhere import why_no_layers
from cacheview.model import ImageStore
from cacheview.ui.tips import set_tip

__all__ = ["offer_files"]

_TIP: Final = "Compare all of the step's files with the nearest image's files"


def offer_files(button: QPushButton, store: ImageStore, *, has_files: bool) -> None:
    """``has_files``: of a step of a replay, more is known than that its files differ, whatever the store has."""
    why = "" if has_files else why_no_layers(store)
    button.setEnabled(not why)
    set_tip(button, f"{why[:1].upper()}{why[1:]}." if why else _TIP)
