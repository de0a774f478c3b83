"""The details of an image as a dock of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacheview.ui.details.pane import DetailsPane
from cacheview.ui.dock import DockController

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.ui.dock_host import DockHost
    from cacheview.ui.workspace import Workspace

__all__ = ["Details"]


class Details(DockController[DetailsPane]):
    """Shows the details of the image that is selected in the tree."""

    def __init__(self, host: DockHost, name: str, action: QAction) -> None:
        super().__init__(host, name, DetailsPane(), action)
        self._followed: Workspace | None = None
        self.pane.copied.connect(self.show_copied)
        self.pane.image_activated.connect(self.reveal)
        host.settled.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        """Follow the selection in the tree, which exists with the first store."""
        workspace = self.host.workspace
        if workspace is None:
            return
        if workspace is not self._followed:
            self._followed = workspace
            workspace.images.current_changed.connect(self.pane.show_image)
        self.pane.show_image(workspace.images.selected())
