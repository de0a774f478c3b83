"""Saves the open store, and reports the result in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacheview.ui.plain import one_line
from cacheview.ui.stores.saving import Saver

if TYPE_CHECKING:
    from cacheview.ui.dock_host import DockHost

__all__ = ["WindowSaver"]


class WindowSaver(Saver):
    """Reports what was saved in the status bar, and failures in the notice. Created on first use."""

    def __init__(self, host: DockHost) -> None:
        super().__init__(host.frame, host.add_line)
        self._host = host
        self.saved.connect(lambda path: host.status.show_text(f"Saved: {one_line(path)}"))
        self.failed.connect(self._not_saved)
        self.canceled.connect(lambda: host.status.show_text("Saving was canceled, and nothing was written"))

    def _not_saved(self, error: Exception) -> None:
        buttons = (("&Save again…", self._host.commands.save_suite.trigger),)
        self._host.notice.show_text("error", f"The store was not saved: {error}", (), buttons)
        self._host.notice.show()
