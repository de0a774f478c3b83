"""The comparison of rules as a dock of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt

from cacheview.ui.compare.pane import ComparePane
from cacheview.ui.dock import DockController
from cacheview.ui.theme import GRID
from cacheview.ui.work_line import WorkLine

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.ui.dock_host import DockHost

__all__ = ["Compare"]

_WIDE: Final = 400 * GRID
_WIDTH: Final = 130 * GRID


class Compare(DockController[ComparePane]):
    """At first at the right of a wide window, where all rule sets have room below each other, else at its bottom."""

    def __init__(self, host: DockHost, name: str, action: QAction) -> None:
        super().__init__(host, name, ComparePane(), action)
        self.pane.copied.connect(self.say_copied)
        WorkLine(self.pane.copier, host.add_line, "Copying the answers of all rule sets…")
        if host.frame.width() >= _WIDE:
            host.frame.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
            host.frame.resizeDocks([self.dock], [_WIDTH], Qt.Orientation.Horizontal)
            self.dock.hide()
