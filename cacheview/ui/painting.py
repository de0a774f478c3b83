"""Paints resized panes one by one: laying out and painting all of them in one turn would be a noticeable delay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

__all__ = ["paint_later", "paint_now"]

_NEXT_TURN_MS: Final = 1  # a later turn, after the layout and painting of this one


def paint_later(widgets: Sequence[QWidget], wait: int = 0) -> None:
    """Paint widgets that are about to be resized only after they have been laid out, each in a separate turn.

    Args:
        wait: milliseconds between the layout and the first widget.
    """
    for widget in widgets:
        widget.setUpdatesEnabled(False)
    QTimer.singleShot(_NEXT_TURN_MS, lambda: QTimer.singleShot(wait, lambda: _paint(widgets)))


def paint_now(widgets: Sequence[QWidget]) -> None:
    """Paint widgets without further delay."""
    for widget in widgets:
        widget.setUpdatesEnabled(True)


def _paint(widgets: Sequence[QWidget]) -> None:
    remaining = [widget for widget in widgets if isValid(widget)]
    if remaining:
        remaining[0].setUpdatesEnabled(True)
        QTimer.singleShot(_NEXT_TURN_MS, lambda: _paint(remaining[1:]))
