"""Looks up probes: at once where that is quick, otherwise in another thread, and only the latest one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal

from cacheview.ui.further import find_soon
from cacheview.ui.loading import Loader, Report
from cacheview.ui.patience import Patience

if TYPE_CHECKING:
    from cacheview.engine import ImageCache
    from cacheview.ui.shown_store import LookUp, ProbeAnswer

__all__ = ["Answering"]

_FEW: Final = 5_000
"""Images among which any first look-up takes some milliseconds."""
_MANY: Final = 20_000
"""Images among which a later one may take longer than that: the first with a source, or with a field of a new kind."""


class Answering(QObject):
    """One probe at a time. What is found for an earlier one is dropped.

    A cache makes an index when it is first asked about a parent: among 100,000 images that takes a second, and later
    probes some milliseconds.

    Signals:
        answered(ProbeAnswer).
        delayed(): it takes long, and the person should know.
        failed(exception): there is no answer, by a fault of the program, which is reported as such.
    """

    answered = Signal(object)
    delayed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._parents: WeakKeyDictionary[ImageCache, set[str]] = WeakKeyDictionary()
        self._lock = threading.Lock()  # a cache is not for several threads at once
        self._patience = Patience(self)
        self._patience.timeout.connect(self.delayed)
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._take)
        self._loader.failed.connect(self._fail)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is to come."""
        return self._loader.is_busy

    def ask(self, look_up: LookUp) -> None:
        """Look a probe up; what was asked before is forgotten."""
        self._loader.stop()
        if self._is_quick(look_up):
            self._patience.stop()
            answer = look_up.answer()
            self._note(look_up)
            self.answered.emit(answer)
            return
        lock, is_first = self._lock, not self._is_known(look_up)

        def work(report: Report) -> object:
            from cacheview.collector import freeze_more

            report(0, None, "Looking up")
            while not lock.acquire(timeout=0.05):
                report(0, None, "Looking up")
            try:
                answer = look_up.answer()
                answer.explanation.prepare()
                find_soon(answer.explanation.further)
            finally:
                lock.release()
            if is_first:
                freeze_more()  # or a search for garbage, which may come in the UI thread, goes over the indexes
            return look_up, answer

        if not self._patience.isActive():
            self._patience.start()
        self._loader.start(work)

    def _is_quick(self, look_up: LookUp) -> bool:
        images = len(look_up.cache.store.images)
        return (
            look_up.known is not None
            or images <= _FEW
            or (images <= _MANY and self._is_known(look_up) and not self._lock.locked())
        )

    def _is_known(self, look_up: LookUp) -> bool:
        """Whether the cache was asked about the parent before."""
        return look_up.probe.parent in self._parents.get(look_up.cache, ())

    def _take(self, result: tuple[LookUp, ProbeAnswer]) -> None:
        look_up, answer = result
        self._patience.stop()
        self._note(look_up)
        self.answered.emit(answer)

    def _note(self, look_up: LookUp) -> None:
        """The cache has the index of the parent from now on."""
        self._parents.setdefault(look_up.cache, set()).add(look_up.probe.parent)

    def _fail(self, error: Exception) -> None:
        self._patience.stop()
        self.failed.emit(error)
