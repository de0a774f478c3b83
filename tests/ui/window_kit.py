"""Helpers to open a window and drop files on it; the fixture is in ``conftest.py``."""

from __future__ import annotations

import os
from typing import Protocol

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

__all__ = ["LAPTOP", "OpenWindow", "drag", "drop"]

LAPTOP = (1366, 768)
_HELD = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


class OpenWindow(Protocol):
    """Creates and shows a window."""

    def __call__(
        self, location: str = "", *, size: tuple[int, int] | None = LAPTOP, settings: Settings | None = None
    ) -> MainWindow:
        """Show a window and wait until its store is shown.

        Args:
            location: the store to open in it; if empty, none is opened.
            size: in logical pixels; if None, the size from the settings.
            settings: if None, the settings of the test.
        """


def drag(window: MainWindow, data: QMimeData) -> bool:
    """Drag data over the window. Returns whether it accepts the drop."""
    enter = QDragEnterEvent(window.rect().center(), Qt.DropAction.CopyAction, data, *_HELD)
    QApplication.sendEvent(window, enter)
    return enter.isAccepted()


def drop(window: MainWindow, *paths: str | os.PathLike[str]) -> None:
    """Drag files onto the window and drop them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(os.fspath(path)) for path in paths])
    assert drag(window, data)
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, *_HELD))
