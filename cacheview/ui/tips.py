"""Tool tips of plain text, which screen readers get as plain text too."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton, QWidget

from cacheview.ui.plain import tool_tip, visible

__all__ = ["set_tip"]

_TIP_TEXT: Final = "text of its tip"


def set_tip(target: QWidget | QAction, text: str) -> None:
    """Give a widget or an action a tool tip, and the same as description, unless it has a description of its own.

    Qt describes a widget without a description by its tool tip, which is markup: see `plain.tool_tip`. What shows an
    action has the tip of the action.
    """
    if isinstance(target, QAction):
        from PySide6.QtGui import Qt  # made by the import, which the first paint does not wait for

        lines = "\n".join(map(visible, text.split("\n")))
        target.setToolTip(tool_tip(text) if Qt.mightBeRichText(lines) else lines)
        for shown in target.associatedObjects():
            if isinstance(shown, QToolButton):
                _describe(shown, text)
        return
    tip = tool_tip(text)
    if target.toolTip() != tip:
        target.setToolTip(tip)
    _describe(target, text)


def _describe(widget: QWidget, text: str) -> None:
    if widget.accessibleDescription() in ("", widget.property(_TIP_TEXT)):
        plain = visible(text)
        widget.setProperty(_TIP_TEXT, plain)
        widget.setAccessibleDescription(plain)
