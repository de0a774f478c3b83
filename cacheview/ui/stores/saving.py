"""Saves the session's store, off the UI thread."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.ui.loading import Loader, Report
from cacheview.ui.names import name_of, start_folder
from cacheview.ui.plain import one_line
from cacheview.ui.stores.save_dialog import SaveDialog
from cacheview.ui.work_line import WorkLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from cacheview.ui.notice import Notice
    from cacheview.ui.session import Session

__all__ = ["Saver", "suggested_path"]


class Saver(QObject):
    """Saves stores.

    Args:
        make_line: creates a notice line above the panes for the progress.

    Signals: ``saved(path)``: the store was saved; ``failed(exception)``, ``canceled()``: the file is unchanged.
    """

    saved = Signal(object)
    failed = Signal(object)
    canceled = Signal()

    def __init__(self, window: QWidget, make_line: Callable[[], Notice]) -> None:
        super().__init__(window)
        self._window = window
        self._loader = Loader(self)
        self._loader.succeeded.connect(self.saved)
        self._loader.failed.connect(self.failed)
        self._loader.canceled.connect(self.canceled)
        self._line = WorkLine(self._loader, make_line)

    def open_dialog(self, session: Session) -> SaveDialog:
        """Prompt for the path, and save once the user has answered."""
        dialog = SaveDialog(suggested_path(session.opened.location), self._window, opened=session.opened.location)
        dialog.save_requested.connect(lambda path, env, labels: self._write(session, path, env, labels))
        dialog.open()
        return dialog

    def close(self) -> None:
        """Wait until a running save has ended. It writes the file completely or not at all."""
        self._loader.close()

    def _write(self, session: Session, path: str, env: bool, labels: bool) -> None:
        if self._loader.is_busy:
            from cacheview.model import DataError

            self.failed.emit(DataError("the previous save is still running. Wait until it is done, or cancel it"))
            return
        case, answer, location = session.case, session.answer, session.opened.location
        rules = session.places.shown.daemon.name
        # A later probe of a walk, and any probe in a changed store, may have another answer in the store that is saved.
        is_elsewhere = session.supposed is not None or (case.walk and session.probe_number)
        probe = None if is_elsewhere else session.document.probe

        def work(report: Report) -> str:
            from cacheview.model import Expectation
            from cacheview.stores.save import suite_line, write_suite

            report(0, None, "Saving")
            expect = None
            if probe is not None and answer is not None:
                verdict = answer.explanation.verdict
                image = verdict.image.id if verdict.image is not None else None
                expect = Expectation(outcome=verdict.outcome.value, image=image)
            line = suite_line(
                case,
                rules=rules,
                probe=probe,
                expect=expect,
                redact_env=env,
                redact_labels=labels,
                progress=report,
            )
            write_suite(path, line, opened=location, ready=report.commit)
            return path

        self._line.text = f"Saving {one_line(os.path.basename(path))}…"
        self._loader.start(work)


def suggested_path(location: str) -> str:
    """Return the path of a new suite in the initial folder of file dialogs, named after a store."""
    name = re.sub(r"(\.suite)?\.jsonl(\.gz)?$", "", name_of(location))
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "store"
    folder = Path(start_folder())
    number, path = 1, folder / f"{stem[:80]}.suite.jsonl"
    while os.path.exists(path):
        number += 1
        path = folder / f"{stem[:80]}-{number}.suite.jsonl"
    return os.fspath(path)
