"""Looks up probes: at once where that is quick, otherwise in another thread, and only the latest one."""

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
"""Candidates of a parent whose index is made within a frame, though each has twenty variables and labels."""
_FEW_SOURCES: Final = 20
"""Sources that are compared with a parent within a frame, though each has a hundred history entries."""
_MANY: Final = 20_000
"""Images of a store in which a look-up may take longer than that anyway: the first with a field of a new kind."""


@dataclass(slots=True)
class _Known:
    """What a cache was asked about.

    Attributes:
        parents: those that it has an index for.
        sources: the last parent, and the references to the sources that were compared with it.
    """

    parents: set[str] = field(default_factory=set)
    sources: tuple[str, tuple[str, ...]] = ("", ())


class Answering(QObject):
    """One probe at a time. What is found for an earlier one is dropped.

    A cache makes an index when it is first asked about a parent, and compares the sources with it: among 100,000 images
    that takes a second, and later probes some milliseconds.

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
        self._known: WeakKeyDictionary[ImageCache, _Known] = WeakKeyDictionary()
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
                freeze_more()  # or a search for garbage, which may come in the UI thread, goes over the indexes
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

    def _known_of(self, look_up: LookUp) -> _Known:
        return self._known.setdefault(look_up.cache, _Known())

    def _take(self, result: tuple[LookUp, ProbeAnswer]) -> None:
        look_up, answer = result
        self._patience.stop()
        self._note(look_up)
        self.answered.emit(answer)

    def _note(self, look_up: LookUp) -> None:
        """The cache has the index of the parent from now on."""
        known, probe = self._known_of(look_up), look_up.probe
        known.parents.add(probe.parent)
        known.sources = (probe.parent, probe.cache_from)

    def _fail(self, error: Exception) -> None:
        self._patience.stop()
        self.failed.emit(error)
