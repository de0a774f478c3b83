"""The builds of all clients, grouped by shared cache, shown in place of a step's details."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from cacheview.ui.busy_timer import BusyTimer
from cacheview.ui.content_page import ContentPage
from cacheview.ui.loading import Loader, Work
from cacheview.ui.plain import one_line, tool_tip
from cacheview.ui.theme import GRID, strong_font

if TYPE_CHECKING:
    from cacheview.replay.client_comparison import ClientGroup

__all__ = ["ClientsPage"]

_BUSY_HINT: Final = "Replaying the build as each client would send it."


class ClientsPage(QWidget):
    """Compares clients while it is visible.

    Args:
        work: returns work whose result is groups of clients; None: there is nothing to compare.

    Signals: ``settled()``: the last result is shown, or the reason that there is none.
    """

    settled = Signal()

    def __init__(self, work: Callable[[], Work | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._is_requested = False
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Clients that share a cache", "Outcome"])
        self.tree.setAccessibleName("Clients that share a cache")
        self.tree.setFrameShape(QFrame.Shape.NoFrame)
        self.tree.setIndentation(4 * GRID)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._content = ContentPage(self.tree)
        self._content.pressed.connect(self.look_up)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._content)
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._show)
        self._loader.failed.connect(self._fail)
        self._busy_timer = BusyTimer(self)
        self._busy_timer.timeout.connect(lambda: self._content.show_text("Comparing clients…", _BUSY_HINT))
        self._content.show_text("Comparing clients…", _BUSY_HINT)

    def forget(self) -> None:
        """Take note that the content belongs to an older replay."""
        self._is_requested = False
        if self.isVisible():
            self.look_up()

    def look_up(self) -> None:
        """Compare again."""
        work = self._work()
        if work is None:
            self._content.show_text("There is nothing to compare", "Replay a Dockerfile first.")
            return
        self._is_requested = True
        self._busy_timer.start()
        self._loader.start(work)

    def stop(self) -> None:
        """Stop running work, and wait for it."""
        self._busy_timer.stop()
        self._loader.close()

    def _show(self, groups: Sequence[ClientGroup]) -> None:
        from cacheview.report.clients import outcome, reasons

        self._busy_timer.stop()
        self.tree.clear()
        for number, group in enumerate(groups):
            names = ", ".join(run.client.program for run in group.runs)
            item = QTreeWidgetItem([one_line(names), outcome(group.runs[0])])
            item.setToolTip(0, tool_tip("\n".join(run.client.title for run in group.runs)))
            if not number:
                item.setFont(0, strong_font())
            self.tree.addTopLevelItem(item)
            for reason in reasons(group):
                child = QTreeWidgetItem(item, [one_line(reason)])
                child.setToolTip(0, tool_tip(reason))
                child.setFirstColumnSpanned(True)  # works only once it is in the tree
        self.tree.expandAll()
        self._content.show_content()
        self.settled.emit()

    def _fail(self, error: Exception) -> None:
        self._busy_timer.stop()
        self._content.show_text("The clients could not be compared", one_line(str(error)), "Compare again")
        self.settled.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_requested:
            self.look_up()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._loader.is_busy:
            self._is_requested = False
            self._busy_timer.stop()
            self._loader.cancel()
