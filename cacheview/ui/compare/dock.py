"""The comparison of rules as a dock of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt

from cacheview.ui.compare.pane import ComparePane
from cacheview.ui.dock import DockController, PaneDock
from cacheview.ui.theme import GRID
from cacheview.ui.work_line import WorkLine

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.ui.dock_host import DockHost

__all__ = ["Compare"]

_WIDE_FRAME_WIDTH: Final = 400 * GRID
_DOCK_WIDTH: Final = 130 * GRID


class Compare(DockController[ComparePane]):
    """The dock, initially at the right of a wide window, where all rule sets fit, otherwise at the bottom."""

    def __init__(self, host: DockHost, name: str, action: QAction) -> None:
        super().__init__(host, name, ComparePane(), action)
        self.pane.copied.connect(self.show_copied)
        WorkLine(self.pane.copier, host.add_line, "Copying the answers of all rule sets…")

    def _make_dock(self, name: str, action: QAction) -> PaneDock:
        dock, frame = super()._make_dock(name, action), self.host.frame
        if frame.width() >= _WIDE_FRAME_WIDTH:
            frame.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
            frame.resizeDocks([dock], [_DOCK_WIDTH], Qt.Orientation.Horizontal)
            dock.hide()
        return dock
