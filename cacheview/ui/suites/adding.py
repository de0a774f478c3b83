"""Adds the current probe to a suite, off the UI thread, after checking it in the form that the file will contain."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.engine.case_results import probe_results
from cacheview.engine.expectation import expectation_of
from cacheview.model import DataError, SuiteCase
from cacheview.stores.opened_location import OpenedKind
from cacheview.ui.loading import Loader, Report, Work
from cacheview.ui.plain import one_line
from cacheview.ui.stores.saving import suggested_path
from cacheview.ui.suites.add_dialog import AddDialog, SuiteAddition
from cacheview.ui.work_line import WorkLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from cacheview.ui.notice import Notice
    from cacheview.ui.session import Session

__all__ = ["ProbeAdder", "add_work"]


class ProbeAdder(QObject):
    """Adds probes.

    Args:
        make_line: creates a notice line above the panes for the progress.

    Signals: ``added(path, count)``: a probe was added, and the file now has this many cases; ``failed(exception)``,
    ``canceled()``: nothing was added.
    """

    added = Signal(str, int)
    failed = Signal(object)
    canceled = Signal()

    def __init__(self, window: QWidget, make_line: Callable[[], Notice]) -> None:
        super().__init__(window)
        self._window = window
        self._last = ""
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._succeeded)
        self._loader.failed.connect(self.failed)
        self._loader.canceled.connect(self.canceled)
        self._line = WorkLine(self._loader, make_line)

    def open_dialog(self, session: Session, default_path: str = "") -> AddDialog | None:
        """Prompt for the suite, then add the probe. Returns the dialog; None if the probe has no answer yet.

        ``default_path``: a suite that the user is working with.
        """
        answer, opened = session.answer, session.opened
        if answer is None:
            return None
        addition = SuiteAddition(session.store, case_before(session), answer.explanation)
        opened_suite = opened.location if opened.kind is OpenedKind.SUITE else ""
        path = self._last or opened_suite or default_path or suggested_path(opened.location)
        dialog = AddDialog(addition, path, self._window)
        # A suite may grow while it is open; any other store is never written to.
        location = "" if opened.kind is OpenedKind.SUITE else opened.location
        dialog.add_requested.connect(lambda path, case, value: self._add(path, case, value, location))
        dialog.open()
        return dialog

    def close(self) -> None:
        """Wait until running work has ended. It writes the file completely or not at all."""
        self._loader.close()

    def _add(self, path: str, case: SuiteCase, mismatches: tuple[str, ...], opened: str) -> None:
        if self._loader.is_busy:
            self.failed.emit(DataError("the previous probe is still being added. Wait until it is done", where=path))
            return
        self._line.text = f"Adding to {one_line(os.path.basename(path))}…"
        self._loader.start(add_work(path, case, mismatches, opened))

    def _succeeded(self, result: tuple[str, int]) -> None:
        self._last, count = result
        self.added.emit(self._last, count)


def case_before(session: Session) -> SuiteCase:
    """Return the shown store as a case without the chosen probe, but in a walk, with the probes before it.

    While changes of the store are supposed, the probe is looked up in the changed store alone. In a walk, this is
    already the store after the earlier probes, so the case has neither these nor the walk.
    """
    case, earlier = session.case, session.places.earlier_answers
    if session.supposed is not None:
        case, earlier = replace(case, store=session.store, walk=False), ()
    probes = [
        suite_probe.model_copy(update={"expect": expectation_of(verdict, probe), "sources": None})
        for suite_probe, (probe, verdict) in zip(case.probes, earlier, strict=False)
    ]
    result = SuiteCase.of(case.store, session.daemon.name)
    name = case.name if case.is_named else ""
    return result.model_copy(update={"name": name, "probes": tuple(probes), "walk": case.walk})


def add_work(path: str, case: SuiteCase, mismatches: tuple[str, ...], opened: str = "") -> Work:
    """Return work for `Loader.start` that adds a case with one probe to a suite.

    Its result is the path and the number of cases.

    Args:
        mismatches: the differences that the user has seen; empty: the probe passes.
        opened: the location of a store that must not be overwritten.
    """

    def work(report: Report) -> tuple[str, int]:
        from cacheview.stores.line_pieces import read_back
        from cacheview.stores.progress import metered, steps
        from cacheview.stores.save import is_in_store
        from cacheview.stores.suite_file import append_case

        report(0, None, "Adding")
        if is_in_store(path, opened):
            what = "is part of the open store, and cacheview never writes to a store. Choose a different file"
            raise DataError(what, where=path)
        checking, adding = steps(report, 2)
        parsed = read_back(case, path, {"images": metered(case.images, checking, "Checking")})
        for result in probe_results(parsed):
            expected = mismatches if result.index == len(parsed.probes) - 1 else ()
            if result.differences != expected:
                text = "; ".join(result.differences) or "it passes"
                what = f"once saved in the file, the probe would have a different answer: {text}. Nothing was added"
                raise DataError(what, where=os.fspath(path))
        return path, append_case(path, parsed, progress=adding, ready=report.commit)

    return work
