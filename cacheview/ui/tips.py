"""Tool tips from plain text, which screen readers receive as plain text too."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton, QWidget

from cacheview.ui.plain import tool_tip, visible

__all__ = ["set_tip"]

_TIP_PROPERTY: Final = "tip-text"


def set_tip(target: QWidget | QAction, text: str) -> None:
    """Set the tool tip of a widget or an action, and use it as the description too, unless there is another.

    Without a description, Qt would use the tool tip, which is markup: see `plain.tool_tip`. Widgets for an action use
    its tool tip.
    """
    if isinstance(target, QAction):
        from PySide6.QtGui import Qt  # created by the import, which the first paint does not wait for

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
    if widget.accessibleDescription() in ("", widget.property(_TIP_PROPERTY)):
        plain = visible(text)
        widget.setProperty(_TIP_PROPERTY, plain)
        widget.setAccessibleDescription(plain)
