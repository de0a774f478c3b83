"""Looks up probes: immediately if that is quick, otherwise only the latest one, in another thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
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

_FEW: Final = 200
"""The most candidates of a parent that are indexed within a frame, even with twenty variables and labels each."""
_FEW_SOURCES: Final = 20
"""The most sources that are compared with a parent within a frame, even with a hundred history entries each."""
_MANY: Final = 20_000
"""The images of a store above which a lookup may be slower anyway: the first with a field of a new kind."""


@dataclass(slots=True)
class _CacheKey:
    """The lookups that a cache has answered.

    Attributes:
        parents: the parents that it has an index for.
        sources: the last parent, and the references to the sources that were compared with it.
    """

    parents: set[str] = field(default_factory=set)
    sources: tuple[str, tuple[str, ...]] = ("", ())


class Answering(QObject):
    """Looks up one probe at a time. An answer to an earlier probe is dropped.

    A cache builds an index when a parent is first looked up, and compares the sources with it. With 100,000 images that
    takes a second; later lookups take a few milliseconds.

    Signals:
        answered(ProbeAnswer).
        delayed(): the lookup takes long enough to show this.
        failed(exception): there is no answer because of an unexpected exception, which is reported as such.
    """

    answered = Signal(object)
    delayed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._known: WeakKeyDictionary[ImageCache, _CacheKey] = WeakKeyDictionary()
        self._lock = threading.Lock()  # a cache is not thread-safe
        self._patience = Patience(self)
        self._patience.timeout.connect(self.delayed)
        self._loader = Loader(self)
        self._loader.succeeded.connect(self._take)
        self._loader.failed.connect(self._fail)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is pending."""
        return self._loader.is_busy

    def ask(self, look_up: LookUp) -> None:
        """Look up a probe. Earlier lookups are dropped."""
        self._loader.stop()
        if self._is_quick(look_up):
            self._patience.stop()
            answer = look_up.answer()
            self._note(look_up)
            self.answered.emit(answer)
            return
        lock, is_first = self._lock, look_up.probe.parent not in self._known_of(look_up).parents

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
                freeze_more()  # keeps garbage collection, which may run in the UI thread, from scanning the indexes
            return look_up, answer

        if not self._patience.isActive():
            self._patience.start()
        self._loader.start(work)

    def _is_quick(self, look_up: LookUp) -> bool:
        if look_up.known is not None:
            return True
        cache, probe, known = look_up.cache, look_up.probe, self._known_of(look_up)
        if len(cache.store.images) > _MANY or self._lock.locked():
            return False
        if probe.parent not in known.parents and len(cache.children(probe.parent)) > _FEW:
            return False
        is_compared = known.sources == (probe.parent, probe.cache_from)
        return is_compared or len(cache.sources(probe.cache_from)[1]) <= _FEW_SOURCES

    def _known_of(self, look_up: LookUp) -> _CacheKey:
        return self._known.setdefault(look_up.cache, _CacheKey())

    def _take(self, result: tuple[LookUp, ProbeAnswer]) -> None:
        look_up, answer = result
        self._patience.stop()
        self._note(look_up)
        self.answered.emit(answer)

    def _note(self, look_up: LookUp) -> None:
        """Note that the cache has the index of the parent."""
        known, probe = self._known_of(look_up), look_up.probe
        known.parents.add(probe.parent)
        known.sources = (probe.parent, probe.cache_from)

    def _fail(self, error: Exception) -> None:
        self._patience.stop()
        self.failed.emit(error)
