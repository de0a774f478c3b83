"""Watches a Dockerfile and what belongs to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

__all__ = ["FileWatcher"]

_REST: Final = 100  # milliseconds without a change, before it is reported: an editor writes in several steps
_MOST: Final = 400  # files and folders: the system has room for some thousands


class FileWatcher(QObject):
    """``changed()``: one of the files was written, replaced, came or went. Told once for changes that come together.

    Folders are watched as well: an editor that puts a new file instead of the old one is seen by that alone.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: tuple[str, ...] = ()
        self._watcher = QFileSystemWatcher(self)
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self.changed)
        self._watcher.fileChanged.connect(self._see)
        self._watcher.directoryChanged.connect(self._see)

    @property
    def watched(self) -> tuple[str, ...]:
        """Files and folders that are watched now."""
        return (*self._watcher.files(), *self._watcher.directories())

    def watch(self, files: Sequence[str], others: Iterable[str] = ()) -> None:
        """Watch these files from now on, with their folders, whether they exist or not; and no others.

        ``others``: as many of these as there is room for.
        """
        wanted = dict.fromkeys((*files, *map(os.path.dirname, files)))
        for path in others:
            if len(wanted) >= _MOST:
                break
            wanted.update(dict.fromkeys((path, os.path.dirname(path))))
        self._wanted = tuple(wanted)
        gone = [path for path in self.watched if path not in wanted]
        if gone:
            self._watcher.removePaths(gone)
        self._arm()

    def stop(self) -> None:
        """Watch nothing, and report nothing more."""
        self._rest.stop()
        self._wanted = ()
        if self.watched:
            self._watcher.removePaths(list(self.watched))

    def _see(self) -> None:
        self._arm()
        self._rest.start()

    def _arm(self) -> None:
        """What was replaced is another file to the system, and has to be watched again."""
        known = set(self.watched)
        missing = [path for path in self._wanted if path not in known and os.path.exists(path)]
        if missing:
            self._watcher.addPaths(missing)
