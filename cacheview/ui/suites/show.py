"""Shows a probe of a suite: opens the suite if it is not open, then selects the case, the probe and the rules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.ui.names import DEMO, name_of
from cacheview.ui.suites.rows import is_about

if TYPE_CHECKING:
    from collections.abc import Callable

    from cacheview.ui.dock_host import DockHost
    from cacheview.ui.suites.rows import ChecksRow

__all__ = ["RowShower"]


class RowShower(QObject):
    """Shows rows.

    Signals: ``failed(str)``: why a probe cannot be shown; ``shown(ChecksRow)``: the probe is now shown in the window.
    """

    failed = Signal(str)
    shown = Signal(object)

    def __init__(self, host: DockHost) -> None:
        super().__init__(host.frame)
        self._host = host
        self._requested_row: ChecksRow | None = None
        host.settled.connect(self._settled)
        host.opener.canceled.connect(self._forget)

    def show(self, row: ChecksRow) -> None:
        """Show a probe as it is in the suite. Undo returns to the previous probe, with its edits."""
        if row.case is None:
            self.failed.emit(f"There is nothing to show for {row.place}: {row.reason}")
        elif self._is_open(row):
            self._requested_row = None
            self._read(row, lambda: self._choose_or(self._open, row))  # the file may have changed since
        else:
            self._open(row)

    def _open(self, row: ChecksRow) -> None:
        self._requested_row = row
        self._host.open(row.location)

    def _read(self, row: ChecksRow, then: Callable[[], object]) -> None:
        """Prepare the case at the row's position in the open suite, if there is one, then call a function."""
        session = self._host.session
        assert session is not None
        assert row.case is not None
        if row.case < len(session.opened.cases):
            session.places.read_place((row.case, 0), then)
        else:
            then()

    def _forget(self) -> None:
        self._requested_row = None

    def _settled(self, succeeded: bool) -> None:
        row, self._requested_row = self._requested_row, None
        if row is None or not succeeded or not self._is_open(row):
            return  # the window has reported the error, or the user has opened something else
        self._read(row, lambda: self._choose_or(self._report_changed, row))

    def _report_changed(self, row: ChecksRow) -> None:
        name = name_of(row.location)
        self.failed.emit(f"{name} has changed since the run: {row.place} is now a different probe. Run the suite again")

    def _is_open(self, row: ChecksRow) -> bool:
        session = self._host.session
        return session is not None and _same_place(session.opened.location, row.location)

    def _choose_or(self, fallback: Callable[[ChecksRow], None], row: ChecksRow) -> None:
        if not self._choose(row):
            fallback(row)

    def _choose(self, row: ChecksRow) -> bool:
        """Select the case and probe of a row. Returns whether the open suite has them."""
        from cacheview.cases import rules_named
        from cacheview.model import DataError

        session = self._host.session
        assert session is not None
        assert row.case is not None
        cases = session.opened.cases
        if row.case >= len(cases) or not is_about(row, cases[row.case]):
            return False
        session.places.choose_case(row.case)
        try:
            rules = rules_named(row.rules).rules
        except DataError:
            pass  # the row says so
        else:
            if not session.places.is_near(session.document.place, rules):
                session.places.choose_probe(0)  # in a walk, the probes before the last place would be looked up here
            session.choose_rules(row.rules)
        if session.case.probes:
            session.places.choose_probe(row.probe or 0, own=True)
        self.shown.emit(row)
        return True


def _same_place(one: str, other: str) -> bool:
    if DEMO in (one, other):
        return one == other
    return one == other or os.path.realpath(one) == os.path.realpath(other)
