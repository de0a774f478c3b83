"""The audit as a dock of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacheview.ui.audit.pane import AuditPane
from cacheview.ui.dock import DockController

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.ui.dock_host import DockHost

__all__ = ["Audit"]


class Audit(DockController[AuditPane]):
    """The audit's dock. Activating an image of a hazard shows it in the tree."""

    def __init__(self, host: DockHost, name: str, action: QAction) -> None:
        super().__init__(host, name, AuditPane(), action)
        self.pane.copied.connect(self.show_copied)
        self.pane.image_activated.connect(self.reveal)
