"""Watches the files of a build."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

__all__ = ["BuildWatcher"]

if TYPE_CHECKING:
    from cacheview.ui.replay.build import Build
    from cacheview.ui.replay.replayer import ReplayResult

_IGNORE_FILE: Final = ".dockerignore"
_SETTLE_DELAY_MS: Final = 100  # without another change before it is reported: editors write in several steps
_MAX_PATHS: Final = 400  # files and folders; the system can watch a few thousand


class BuildWatcher(QObject):
    """Reports changes of files.

    Signals: ``changed()``: files were written, replaced, added or removed. It is emitted once for simultaneous changes.

    Folders are watched too, because an editor may replace the old file with a new one.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._paths: tuple[str, ...] = ()
        self._watcher = QFileSystemWatcher(self)
        self._delay = QTimer(self, singleShot=True, interval=_SETTLE_DELAY_MS)
        self._delay.timeout.connect(self.changed)
        self._watcher.fileChanged.connect(self._on_change)
        self._watcher.directoryChanged.connect(self._on_change)

    def watch(self, build: Build, result: ReplayResult | None) -> None:
        """Watch the Dockerfile and ``.dockerignore`` of a build, and stop watching the files of the previous build.

        ``result``: the result that is shown. If it is of this build, the files of its steps are watched too, as far as
        possible.
        """
        steps = result.replay.looked_up if result is not None and result.request.build == build else ()
        sources = (path for step in steps if step.sources is not None for path, _ in step.sources.files)
        files = (build.dockerfile, f"{build.context}/{_IGNORE_FILE}")
        self._watch(files, (f"{build.context}/{path}" for path in sources))

    def _watch(self, files: Sequence[str], others: Iterable[str]) -> None:
        """Watch files and their folders, whether the files exist or not. ``others``: are watched as far as possible."""
        paths = dict.fromkeys((*files, *map(os.path.dirname, files)))
        for path in others:
            if len(paths) >= _MAX_PATHS:
                break
            paths.update(dict.fromkeys((path, os.path.dirname(path))))
        self._paths = tuple(paths)
        removed = [path for path in self._watched if path not in paths]
        if removed:
            self._watcher.removePaths(removed)
        self._arm()

    def stop(self) -> None:
        """Stop watching and reporting."""
        self._delay.stop()
        self._paths = ()
        if self._watched:
            self._watcher.removePaths(list(self._watched))

    @property
    def _watched(self) -> tuple[str, ...]:
        return (*self._watcher.files(), *self._watcher.directories())

    def _on_change(self) -> None:
        self._arm()
        self._delay.start()

    def _arm(self) -> None:
        """Watch files again that were replaced, since the system considers them different files."""
        watched = set(self._watched)
        missing = [path for path in self._paths if path not in watched and os.path.exists(path)]
        if missing:
            self._watcher.addPaths(missing)
