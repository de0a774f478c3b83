"""A watcher as the window has it: started off the UI thread, and heard in the UI thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from cacheview.ui.loading import Loader, Report

if TYPE_CHECKING:
    from cacheview.replay.file import ReplayCase
    from cacheview.watch.build import WatchedBuild
    from cacheview.watch.watcher import Watcher

__all__ = ["WatcherBridge"]

_CALM: Final = 50
"""Milliseconds for which news is collected: of many builds at once there is much."""

_AT_ONCE: Final = 4
"""Builds that are reported in one turn of the event loop: what each of them changes is drawn in that turn too."""

_BETWEEN: Final = 10
"""Milliseconds to the next of them."""


class WatcherBridge(QObject):
    """At most one watcher.

    Signals:
        started(): it listens. failed(Exception): it does not, or there was a fault while it did.
        news(list): some builds of which more is known, in the order in which that came.
    """

    started = Signal()
    failed = Signal(object)
    news = Signal(list)
    _heard = Signal()
    _faulty = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher: Watcher | None = None
        self._lock = threading.Lock()
        self._pending: dict[int, WatchedBuild] = {}
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._begin)
        self._loader.failed.connect(self.failed)
        self._calm = QTimer(self, singleShot=True)
        self._calm.timeout.connect(self._tell)
        self._heard.connect(self._on_heard)
        self._faulty.connect(self.failed)

    @property
    def watcher(self) -> Watcher | None:
        """None: nothing is watched."""
        return self._watcher

    def start(self, target: str) -> None:
        """Watch an engine, named as in ``engine:``."""

        def work(report: Report) -> object:
            from cacheview.stores.engine.contexts import find_endpoint
            from cacheview.watch.watcher import Watcher

            report(0, None, "Connecting to the engine")
            return Watcher(find_endpoint(target), self._hear, self._faulty.emit)

        self._loader.start(work)

    def record(self, number: int) -> ReplayCase:
        """A build as a record. Raises `DataError`."""
        assert self._watcher is not None
        return self._watcher.record(number)

    def stop(self) -> None:
        """Watch no more; connections through the socket end."""
        self._loader.close()
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()

    def _begin(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.started.emit()

    def _hear(self, build: WatchedBuild) -> None:
        """In a thread of the watcher."""
        with self._lock:
            is_first = not self._pending
            self._pending[build.number] = build
        if is_first:
            self._heard.emit()

    def _on_heard(self) -> None:
        if not self._calm.isActive():
            self._calm.start(_CALM)

    def _tell(self) -> None:
        with self._lock:
            results = [self._pending.pop(number) for number in list(self._pending)[:_AT_ONCE]]
            is_more = bool(self._pending)
        self.news.emit(results)
        if is_more:
            self._calm.start(_BETWEEN)
