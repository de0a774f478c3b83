"""The keys that tables and trees of rows have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView

__all__ = ["handle_row_key"]


def handle_row_key(view: QAbstractItemView, event: QKeyEvent, copy: SignalInstance, enter: SignalInstance) -> bool:
    """Emit ``copy()`` or ``enter(index)`` of a view if a key copies or enters its row. Returns whether it does."""
    if event.matches(QKeySequence.StandardKey.Copy):
        copy.emit()
    elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and view.currentIndex().isValid():
        enter.emit(view.currentIndex())
    else:
        return False
    return True
