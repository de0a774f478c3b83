"""What the tests of the whole window open it with; the fixture is in ``conftest.py``."""

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
    """Makes a window and shows it."""

    def __call__(
        self, location: str = "", *, size: tuple[int, int] | None = LAPTOP, settings: Settings | None = None
    ) -> MainWindow:
        """Show a window, and wait until its store is shown.

        Args:
            location: of the store that is opened in it; empty: none is.
            size: in logical pixels; None: the one that the settings have.
            settings: None: those of the test.
        """


def drag(window: MainWindow, data: QMimeData) -> bool:
    """Drag something over the window. Returns whether it may be dropped there."""
    enter = QDragEnterEvent(window.rect().center(), Qt.DropAction.CopyAction, data, *_HELD)
    QApplication.sendEvent(window, enter)
    return enter.isAccepted()


def drop(window: MainWindow, *paths: str | os.PathLike[str]) -> None:
    """Drag files onto the window, and let them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(os.fspath(path)) for path in paths])
    assert drag(window, data)
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, *_HELD))
