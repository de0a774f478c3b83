"""What the window has of suite checks: the dock, what puts a probe into the window, what adds one to a suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cacheview.ui.dock import PaneDock
from cacheview.ui.names import DEMO
from cacheview.ui.plain import one_line
from cacheview.ui.status import plural
from cacheview.ui.suites.adding import ProbeAdder
from cacheview.ui.suites.head import TITLE
from cacheview.ui.suites.pane import SuitesPane
from cacheview.ui.suites.show import RowShower

if TYPE_CHECKING:
    from cacheview.ui.session import Session
    from cacheview.ui.suites.add_dialog import AddDialog
    from cacheview.ui.window import MainWindow

__all__ = ["SuiteChecks"]


class SuiteChecks(QObject):
    """Made when first needed. The dock is shown and hidden by the action ``suite_checks`` of the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.pane = SuitesPane()
        self.dock = PaneDock(window, TITLE, "suites", self.pane, window.commands.suite_checks)
        self.shower = RowShower(window)
        self.adder = ProbeAdder(window)
        self.pane.chosen.connect(self.shower.show)
        self.pane.copied.connect(lambda what: window.status.say(f"Copied: {what}"))
        self.shower.failed.connect(self._not_shown)
        self.adder.added.connect(self._added)
        self.adder.failed.connect(self._not_added)

    def show_or_hide(self) -> None:
        """The dock."""
        self.dock.show_or_hide()

    def add(self, session: Session) -> AddDialog | None:
        """Ask which suite the probe at hand is to be added to."""
        listed = [location for location in self.pane.locations if location != DEMO]
        return self.adder.ask(session, listed[0] if len(listed) == 1 else "")

    def stop(self) -> None:
        """End what is under way, and wait for it."""
        self.pane.stop()
        self.adder.close()

    def _added(self, path: str, count: int) -> None:
        self._window.status.say(f"Added to {one_line(path)}, which has {plural(count, 'case')} now")

    def _not_shown(self, why: str) -> None:
        self._window.notice.show_text("problem", why)
        self._window.notice.show()

    def _not_added(self, error: Exception) -> None:
        again = (("&Add again…", self._window.commands.add_probe.trigger),)
        self._window.notice.show_text("error", f"The probe was not added: {error}", (), again)
        self._window.notice.show()
