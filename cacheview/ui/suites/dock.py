"""The dock that runs suites, shows one of their probes in the window, and adds a probe to a suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacheview.ui.dock import DockController
from cacheview.ui.names import DEMO
from cacheview.ui.plain import one_line
from cacheview.ui.suites.adding import ProbeAdder
from cacheview.ui.suites.pane import SuitesPane
from cacheview.ui.suites.show import RowShower
from cacheview.wording import counted

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.ui.dock_host import DockHost
    from cacheview.ui.session import Session
    from cacheview.ui.suites.add_dialog import AddDialog

__all__ = ["SuiteChecks"]


class SuiteChecks(DockController[SuitesPane]):
    """Shows probes of suites in the window, and adds the window's probe to a suite."""

    def __init__(self, host: DockHost, name: str, action: QAction) -> None:
        super().__init__(host, name, SuitesPane(), action)
        self.shower = RowShower(host)
        self.adder = ProbeAdder(host.frame, host.add_line)
        self.pane.chosen.connect(self.shower.show)
        self.pane.copied.connect(self.show_copied)
        self.shower.failed.connect(self._not_shown)
        self.adder.added.connect(self._added)
        self.adder.failed.connect(self._not_added)
        self.adder.canceled.connect(lambda: host.status.show_text("Adding was canceled"))

    def add(self, session: Session) -> AddDialog | None:
        """Prompt for the suite to add the current probe to."""
        listed = [location for location in self.pane.locations if location != DEMO]
        return self.adder.open_dialog(session, listed[0] if len(listed) == 1 else "")

    def stop(self) -> None:
        """Stop running work, and wait for it."""
        super().stop()
        self.adder.close()

    def _added(self, path: str, count: int) -> None:
        self.host.status.show_text(f"Added to {one_line(path)}, which now has {counted(count, 'case')}")

    def _not_shown(self, why: str) -> None:
        self.host.notice.show_text("problem", why)
        self.host.notice.show()

    def _not_added(self, error: Exception) -> None:
        again = (("&Add again…", self.host.commands.add_probe.trigger),)
        self.host.notice.show_text("error", f"The probe was not added: {error}", (), again)
        self.host.notice.show()
