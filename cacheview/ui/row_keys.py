"""The keys and context menus that tables and trees of rows have in common."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, SignalInstance
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView

__all__ = ["handle_row_key", "place_of_menu"]


def handle_row_key(view: QAbstractItemView, event: QKeyEvent, copy: SignalInstance, enter: SignalInstance) -> bool:
    """Emit ``copy()`` or ``enter(index)`` of a view if a key copies or enters its row. Returns whether it does."""
    if event.matches(QKeySequence.StandardKey.Copy):
        copy.emit()
    elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and view.currentIndex().isValid():
        enter.emit(view.currentIndex())
    else:
        return False
    return True


def place_of_menu(view: QAbstractItemView, event: QContextMenuEvent) -> tuple[QModelIndex, QPoint]:
    """Return the row whose context menu is requested, and where to open it, as a global position.

    A key requests the menu of the current row, below it. The index is invalid if there is no row.
    """
    if event.reason() is not QContextMenuEvent.Reason.Keyboard:
        return view.indexAt(event.pos()), event.globalPos()
    index = view.currentIndex()
    return index, view.viewport().mapToGlobal(view.visualRect(index).bottomLeft())
