"""The dock with watched builds, which also saves and opens records."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QFileDialog

from cacheview.ui.dock import DockController
from cacheview.ui.loading import Loader, Report
from cacheview.ui.names import start_folder
from cacheview.ui.plain import one_line
from cacheview.ui.stores.save_dialog import SaveDialog
from cacheview.ui.watch.pane import WatchPane
from cacheview.wording import counted

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cacheview.report.shown_build import ShownBuild
    from cacheview.ui.dock_host import DockHost

__all__ = ["WatchedBuilds"]

_KINDS: Final = "Records (*.jsonl *.jsonl.gz)"
_CONTENT_HINT: Final = (
    "The file contains the build's options and Dockerfile, the header and checksum of each file in the build "
    "context, and what the daemon did. It also contains the configs, histories, names and IDs of all images that were "
    "in the store before the build. Apart from the Dockerfile, it contains no files from the build context or the "
    "images."
)


@dataclass(frozen=True)
class _Records:
    """The same as `OpenedRecords`, with builds in the form that the pane shows."""

    builds: tuple[ShownBuild, ...]
    problems: tuple[str, ...]
    has_more: bool


class WatchedBuilds(DockController[WatchPane]):
    """Saves and opens records of builds, and warns if the daemon's result differs from the prediction."""

    def __init__(self, host: DockHost, name: str, action: QAction) -> None:
        super().__init__(host, name, WatchPane(), action)
        self._loader = Loader(self)
        self._loader.succeeded.connect(lambda path: host.status.show_text(f"Saved: {one_line(path)}"))
        self._loader.failed.connect(self._not_saved)
        self.pane.copied.connect(self.show_copied)
        self.pane.save_requested.connect(self.save)
        self.pane.open_requested.connect(self._ask_for_record)
        self._reader = Loader(self)
        self._reader.succeeded.connect(self._show_records)
        self._reader.failed.connect(self._not_opened)
        self._record_path = ""
        self.pane.differs.connect(self._warn_of_difference)

    def stop(self) -> None:
        """Stop watching, and wait for a running save."""
        super().stop()
        self._loader.close()
        self._reader.close()

    def save(self, build: ShownBuild) -> SaveDialog:
        """Prompt for a path, and save the record of a build there once the user has answered."""
        suggested = _suggested(build)
        dialog = SaveDialog(suggested, self.host.frame, title="Save record", left_in=_CONTENT_HINT)
        dialog.save_requested.connect(lambda path, env, labels: self._write(build.number, path, env, labels))
        dialog.open()
        return dialog

    def _write(self, number: int, path: str, env: bool, labels: bool) -> None:
        bridge = self.pane.bridge

        def work(report: Report) -> str:
            bridge.save(number, path, report, env=env, labels=labels)
            return path

        self._loader.start(work)

    def _not_saved(self, error: Exception) -> None:
        self.host.notice.show_text("error", f"The record was not saved: {error}")
        self.host.notice.show()

    def _ask_for_record(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self.host.frame, "Open record", start_folder(), _KINDS)
        if path:
            self.host.open(path)  # also shows the record's builds

    def show_records_of(self, path: str) -> None:
        """Show the builds in a file of records in the dock."""

        def work(report: Report) -> _Records:
            from cacheview.report.showing import shown_build
            from cacheview.watch.opened_records import read_records

            records = read_records(path, report)
            return _Records(tuple(map(shown_build, records.builds)), records.problems, records.has_more)

        self._record_path = path
        self._reader.start(work)

    def _show_records(self, records: _Records) -> None:
        self.show_and_focus()
        self.pane.show_records(records.builds)
        if records.problems or records.has_more:
            name = one_line(os.path.basename(self._record_path))
            shown = counted(len(records.builds), "build")
            remainder = "contains more builds" if records.has_more else "also has lines that are not builds"
            text = f"Showing {shown} from {name}. The record {remainder}."
            self.host.notice.show_text("note", text, records.problems, ())
            self.host.notice.show()

    def _not_opened(self, error: Exception) -> None:
        from cacheview.model import DataError

        if not isinstance(error, DataError):
            raise error  # reported like any other exception
        self.host.notice.show_text("error", f"The builds in the record cannot be shown: {error}")
        self.host.notice.show()

    def _warn_of_difference(self, build: ShownBuild) -> None:
        """Warn that cacheview's rules or the daemon must be wrong. A saved record can show this on any machine."""
        text = f"Build {build.number}, {one_line(build.title)}: the daemon did not answer as predicted."
        if build.overlapped:
            text += " Another build ran at the same time, which may be why."
        buttons = (("&Save record…", lambda: self.save(build)),)
        self.host.notice.show_text("problem", text, build.differences, buttons if build.can_be_recorded else ())
        self.host.notice.show()


def _suggested(build: ShownBuild) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", build.title).strip("-.") or "build"
    return os.fspath(Path.home() / f"{name[:80]}-{build.stamp}.record.jsonl.gz")
