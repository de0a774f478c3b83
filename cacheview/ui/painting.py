"""Paints panes that get another size one by one: to lay out and paint all of them in one turn is felt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

__all__ = ["paint_later", "paint_now"]

_NEXT: Final = 1  # milliseconds: in a later turn, when what was asked for in this one is laid out or painted


def paint_later(widgets: Sequence[QWidget], wait: int = 0) -> None:
    """Let widgets that are about to get another size be painted after all is laid out, each in a turn of its own.

    Args:
        wait: milliseconds between that and the first.
    """
    for widget in widgets:
        widget.setUpdatesEnabled(False)
    QTimer.singleShot(_NEXT, lambda: QTimer.singleShot(wait, lambda: _paint(widgets)))


def paint_now(widgets: Sequence[QWidget]) -> None:
    """Wait no longer with any of them."""
    for widget in widgets:
        widget.setUpdatesEnabled(True)


def _paint(widgets: Sequence[QWidget]) -> None:
    there = [widget for widget in widgets if isValid(widget)]
    if there:
        there[0].setUpdatesEnabled(True)
        QTimer.singleShot(_NEXT, lambda: _paint(there[1:]))
