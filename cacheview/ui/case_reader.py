"""Prepares a place of a suite before it is chosen: its case, indexes for edits, and the probes before it.

If that takes longer than a moment, it happens off the UI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.stores.suite_cases import SuiteCases, case_name, is_quick
from cacheview.ui.answering import make_ready, may_be_made_ready
from cacheview.ui.loading import Loader, Report
from cacheview.ui.plain import one_line
from cacheview.ui.work_line import WorkLine

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedCase
    from cacheview.ui.notice import Notice

__all__ = ["CaseReader"]


class CaseReader(QObject):
    """Reads one case at a time, and looks up the probes before a chosen one. An earlier request is dropped.

    Signals: ``canceled()``: the user canceled the reading.
    """

    canceled = Signal()

    def __init__(self, parent: QObject, make_line: Callable[[], Notice]) -> None:
        super().__init__(parent)
        self._when_read: Callable[[], object] | None = None
        self._loader = Loader(self)
        self._line = WorkLine(self._loader, make_line)
        self._loader.succeeded.connect(self._read)
        self._loader.canceled.connect(self._canceled)

    def read(
        self,
        cases: Sequence[OpenedCase],
        place: int,
        when_read: Callable[[], object],
        is_near: Callable[[], bool] = lambda: True,
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        """Call ``when_read`` when the case is available: now, or after it was read, unless `forget` is called before.

        Args:
            is_near: returns whether the place can be shown in a moment; called when the case is available, in any
                thread.
            prepare: computes what the place still needs for that, in another thread.
        """
        self.forget()
        is_read = is_quick(cases, place)
        if is_read and not may_be_made_ready(cases[place].store) and is_near():
            when_read()
            return

        def work(report: Report) -> None:
            if isinstance(cases, SuiteCases) and not is_read:
                cases.read(place, report)
            report(0, None, "Building indexes")
            make_ready(cases[place].store)
            while not is_near():
                report(0, None, "Preparing the probe")
                prepare()

        def go_on() -> None:
            if is_near():
                when_read()
            else:  # for example, other rules were chosen at the last moment
                self.read(cases, place, when_read, is_near, prepare)

        self._when_read = go_on
        name = one_line(case_name(cases, place)[0])
        self._line.text = f"Preparing {name}…" if is_read else f"Reading {name}…"
        self._loader.start(work)

    def forget(self) -> None:
        """Stop reading: the case is no longer needed."""
        self._when_read = None
        self._loader.cancel()

    def stop(self) -> None:
        """Stop reading, and wait for the thread."""
        self._loader.close()

    def _canceled(self) -> None:
        when_read, self._when_read = self._when_read, None
        if when_read is not None:  # otherwise another case was requested
            self.canceled.emit()

    def _read(self) -> None:
        when_read, self._when_read = self._when_read, None
        if when_read is not None:
            when_read()
