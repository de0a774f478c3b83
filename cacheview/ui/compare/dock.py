"""The pane as a dock of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt

from cacheview.ui.compare.pane import TITLE, ComparePane
from cacheview.ui.dock import PaneDock
from cacheview.ui.theme import GRID

if TYPE_CHECKING:
    from cacheview.ui.window import MainWindow

__all__ = ["CompareDock"]

_WIDE: Final = 400 * GRID
_WIDTH: Final = 130 * GRID


class CompareDock(PaneDock):
    """At first at the right of a wide window, where all rule sets have room below each other, else at its bottom."""

    def __init__(self, window: MainWindow) -> None:
        self.pane = ComparePane()
        super().__init__(window, TITLE, "compare", self.pane, window.commands.compare)
        if window.width() >= _WIDE:
            window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self)
            window.resizeDocks([self], [_WIDTH], Qt.Orientation.Horizontal)
            self.hide()
