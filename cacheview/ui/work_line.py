"""A line above the panes for background work, with its progress and a way to cancel it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cacheview.ui.busy_timer import BusyTimer

if TYPE_CHECKING:
    from cacheview.ui.loading import Loader
    from cacheview.ui.notice import Notice

__all__ = ["WorkLine"]


class WorkLine(QObject):
    """Follows a loader. Its line is created when first needed, and is visible only while the work runs.

    Args:
        text: a description of the work. It may be changed before other work begins.
    """

    def __init__(self, loader: Loader, make_line: Callable[[], Notice], text: str = "") -> None:
        super().__init__(loader)
        self._loader = loader
        self._make_line = make_line
        self._line: Notice | None = None
        self._done_and_total: tuple[int, int | None] = (0, None)
        self.text = text
        self._busy_timer = BusyTimer(self)
        self._busy_timer.timeout.connect(self._show)
        loader.started.connect(self._begin)
        loader.progressed.connect(self._progress)
        loader.finished.connect(self._end)

    def _begin(self) -> None:
        self._done_and_total = (0, None)
        self._busy_timer.start()

    def _show(self) -> None:
        if not self._loader.is_busy:
            return
        if self._line is None:
            self._line = self._make_line()
        self._line.show_text("busy", self.text, (), (("&Cancel", self._loader.cancel),))
        self._line.show_progress(*self._done_and_total)
        self._line.show()

    def _progress(self, done: int, total: int | None, _description: str) -> None:
        self._done_and_total = (done, total)
        if self._line is not None:
            self._line.show_progress(done, total)

    def _end(self) -> None:
        if self._loader.is_busy:
            return  # other work has begun
        self._busy_timer.stop()
        if self._line is not None:
            self._line.hide()
