"""Looks up probes: immediately if that is quick, otherwise in another thread, and only the latest one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from cacheview.engine import is_prepared, prepare
from cacheview.ui.busy_timer import BusyTimer
from cacheview.ui.further import find_quickly
from cacheview.ui.loading import Loader, Report

if TYPE_CHECKING:
    from cacheview.model import ImageStore
    from cacheview.ui.shown_store import LookUp, ProbeAnswer

__all__ = ["Answering", "is_ready", "make_ready", "may_be_made_ready"]

_MAX_IMAGES_WITH_TABLES: Final = 32_000
"""The number of images up to which tables of all images are created: with them, a lookup takes less than a frame."""
_MAX_IMAGES_WITHOUT_TABLES: Final = 200
"""The number of images up to which any lookup takes less than a frame even without such tables."""


def make_ready(store: ImageStore) -> None:
    """Create the tables with which any probe is looked up immediately. Call this off the UI thread.

    It does nothing for large stores, whose tables take too much time and memory.
    """
    if may_be_made_ready(store):
        prepare(store)


def may_be_made_ready(store: ImageStore) -> bool:
    """Return whether a store has no tables yet, and is not too large for them."""
    return _MAX_IMAGES_WITHOUT_TABLES < len(store.images) <= _MAX_IMAGES_WITH_TABLES and not is_prepared(store)


def is_ready(store: ImageStore) -> bool:
    """Return whether any probe is looked up immediately, whatever its parent and sources, and whatever the rules."""
    return len(store.images) <= (_MAX_IMAGES_WITH_TABLES if is_prepared(store) else _MAX_IMAGES_WITHOUT_TABLES)


class Answering(QObject):
    """Looks up one probe at a time. An answer to an earlier probe is dropped.

    In a store that is ready, every probe is looked up in the event-loop turn of the edit. In a large store, a lookup
    runs in a thread: with 100,000 images, the first one for a parent takes a second.

    Signals:
        answered(ProbeAnswer): the probe was looked up.
        delayed(): the lookup takes so long that the window should show it.
        failed(exception): there is no answer because of an unexpected exception, which is reported as such.
    """

    answered = Signal(object)
    delayed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()  # caches are not thread-safe
        self._busy_timer = BusyTimer(self)
        self._busy_timer.timeout.connect(self.delayed)
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._on_answered)
        self._loader.failed.connect(self._fail)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is pending."""
        return self._loader.is_busy

    def start(self, look_up: LookUp) -> None:
        """Look up a probe. Earlier lookups are dropped."""
        self._loader.stop()
        if self._is_quick(look_up):
            self._busy_timer.stop()
            self.answered.emit(look_up.answer())
            return
        lock = self._lock

        def work(report: Report) -> object:
            from cacheview.collector import freeze_more

            report(0, None, "Looking up")
            while not lock.acquire(timeout=0.05):
                report(0, None, "Looking up")
            try:
                make_ready(look_up.cache.store)
                answer = look_up.answer()
                answer.explanation.prepare()
                find_quickly(answer.explanation.further)
            finally:
                lock.release()
            freeze_more()  # keeps garbage collection, which may run in the UI thread, from scanning the indexes
            return answer

        if not self._busy_timer.isActive():
            self._busy_timer.start()
        self._loader.start(work)

    def _is_quick(self, look_up: LookUp) -> bool:
        return look_up.known_answer is not None or (is_ready(look_up.cache.store) and not self._lock.locked())

    def _on_answered(self, answer: ProbeAnswer) -> None:
        self._busy_timer.stop()
        self.answered.emit(answer)

    def _fail(self, error: Exception) -> None:
        self._busy_timer.stop()
        self.failed.emit(error)
