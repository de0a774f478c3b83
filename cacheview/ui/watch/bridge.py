"""The window's connection to the watching process, started off the UI thread. Messages arrive in the UI thread."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from cacheview.model import DataError
from cacheview.ui.loading import Loader, Report

if TYPE_CHECKING:
    from cacheview.report.shown_build import ShownBuild
    from cacheview.watching.process import WatchProcess

__all__ = ["WatcherBridge"]

_COLLECTION_MS: Final = 20
"""Milliseconds for which news is collected before each turn of the event loop that reports it."""

_MAX_TURN_SECONDS: Final = 0.005
"""Seconds that a turn may spend on reporting builds, since it also has to draw the changes."""


class WatcherBridge(QObject):
    """Runs at most one watcher.

    Signals:
        started(): the watcher listens.
        failed(Exception): it cannot, or an unexpected exception occurred.
        ended(DataError): it has ended by itself.
        news(ShownBuild): more is known about a build. Only the latest news of each build is reported, in the order
            of their first news.
    """

    started = Signal()
    failed = Signal(object)
    ended = Signal(object)
    news = Signal(object)
    _received = Signal()
    _faulty = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher: WatchProcess | None = None
        self._lock = threading.Lock()
        self._pending: dict[int, ShownBuild] = {}
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._begin)
        self._loader.failed.connect(self.failed)
        self._calm = QTimer(self, singleShot=True, interval=_COLLECTION_MS)
        self._calm.timeout.connect(self._report)
        self._received.connect(self._on_received)
        self._faulty.connect(self._on_fault)

    @property
    def watcher(self) -> WatchProcess | None:
        """The watcher; None: nothing is watched."""
        return self._watcher

    def start(self, target: str) -> None:
        """Watch an engine. ``target``: the part of its location after ``engine:``."""
        self.stop()

        def work(report: Report) -> WatchProcess:
            from cacheview.watching.process import WatchProcess

            watcher = WatchProcess(self._receive, self._faulty.emit)
            watcher.start(target, lambda: report(0, None, "Connecting to the engine"))
            try:
                report(1, 1, "Connected")
            except BaseException:  # canceled
                watcher.close()
                raise
            return watcher

        self._loader.start(work)

    def save(self, number: int, path: str, report: Report, *, env: bool, labels: bool) -> None:
        """Write the record of a build, in a thread that waits for it. Raises `DataError`."""
        assert self._watcher is not None
        self._watcher.save(number, path, lambda: report(0, None, "Saving"), env=env, labels=labels)

    def stop(self) -> None:
        """Stop watching. Connections through the socket are closed."""
        self._loader.close()
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()
        with self._lock:
            self._pending.clear()

    def _begin(self, watcher: WatchProcess) -> None:
        self._watcher = watcher
        self.started.emit()

    def _on_fault(self, fault: Exception) -> None:
        if isinstance(fault, DataError):
            self.stop()
            self.ended.emit(fault)
        else:
            self.failed.emit(fault)

    def _receive(self, build: ShownBuild) -> None:
        """Receive a build, in a thread of the watcher."""
        with self._lock:
            is_first = not self._pending
            self._pending[build.number] = build
        if is_first:
            self._received.emit()

    def _on_received(self) -> None:
        if not self._calm.isActive():
            self._calm.start()

    def _report(self) -> None:
        end = time.monotonic() + _MAX_TURN_SECONDS
        while (build := self._next()) is not None:
            self.news.emit(build)
            if time.monotonic() >= end:
                break
        with self._lock:
            is_more = bool(self._pending)
        if is_more:
            self._calm.start()

    def _next(self) -> ShownBuild | None:
        with self._lock:
            return self._pending.pop(next(iter(self._pending))) if self._pending else None
