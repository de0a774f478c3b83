"""Tool tips of plain text, which screen readers get as plain text too."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QWidget

from cacheview.ui.plain import tool_tip, visible

__all__ = ["set_tip"]

_TOLD: Final = "told by its tip"


def set_tip(widget: QWidget, text: str) -> None:
    """Give a widget a tool tip, and the same as description, unless it has a description of its own.

    Qt describes a widget without a description by its tool tip, which is markup: see `plain.tool_tip`.
    """
    tip = tool_tip(text)
    if widget.toolTip() != tip:
        widget.setToolTip(tip)
    if widget.accessibleDescription() in ("", widget.property(_TOLD)):
        plain = visible(text)
        widget.setProperty(_TOLD, plain)
        widget.setAccessibleDescription(plain)
