"""Follows an engine: the window reads the open store again when the engine's images change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacheview.ui.stores.follow import ImageEventListener

if TYPE_CHECKING:
    from cacheview.ui.dock_host import DockHost

__all__ = ["WindowFollower"]


class WindowFollower(ImageEventListener):
    """Follows the engine while the window's action ``follow`` is checked. Created when first needed."""

    def __init__(self, host: DockHost) -> None:
        super().__init__(host.frame)
        self._host = host
        self._stale = False
        self.changed.connect(self._refresh)
        self.connection_lost.connect(self._show_connection_lost)

    def set_following(self, enabled: bool) -> None:
        """Start or stop following the open engine."""
        if enabled:
            self.start(self._host.opener.location)
            self._host.status.show_text("Following the engine's events")
        else:
            self._stale = False
            self.stop()

    def catch_up(self) -> None:
        """After a reading has ended, read the store again if it has changed in the meantime."""
        if self._stale:
            self._refresh()

    def _refresh(self) -> None:
        """Read the store again after a change in the engine. If a reading is running, wait for its end."""
        self._stale = self._host.opener.is_busy
        if not self._stale:
            self._host.opener.refresh()

    def _show_connection_lost(self, why: str) -> None:
        follow = self._host.commands.follow
        follow.setChecked(False)
        buttons = (("&Follow again", lambda: follow.setChecked(True)),)
        self._host.notice.show_text("error", f"Stopped following the engine's events: {why}", (), buttons)
        self._host.notice.show()
