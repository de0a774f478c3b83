"""Frees the objects of a large store in another thread.

Freeing a million objects takes tenths of a second. If the last reference to a store, an index or a tree is dropped in
the UI thread, the window freezes for that time, and while a tuple or dictionary is freed, no other thread can run. So
code that replaces such an object first passes it to this module. The large containers in it are kept until nothing else
refers to them, and are then emptied one element at a time, so that the window can work in between.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final

from PySide6.QtCore import QObject

from cacheview.collector import paused_collector
from cacheview.ui.loading import Background
from cacheview.ui.pacing import Pacer, time_of_this_thread

__all__ = ["Discarder"]

_MIN_ELEMENTS: Final = 1_000
"""The number of elements above which freeing a container takes a noticeable time."""
_MAX_SEARCHED: Final = 20_000
"""The maximum number of objects that are searched for such containers."""
_MAX_SEARCHED_PER_CLASS: Final = 500
"""The maximum number of objects of one class that are searched. More of them must be elements of a container."""
_FIRST_CHECK_SECONDS: Final = 0.01  # between the first two checks of whether a container is still used
_MAX_CHECK_SECONDS: Final = 0.2  # between two later checks: an unused container is kept at most that much longer
_MAX_PAUSE_SECONDS: Final = 0.25  # while the window is busy: nothing waits for the objects to be freed
_MAX_KEPT_SECONDS: Final = 10.0
"""The number of seconds after which a container that is still used is no longer kept here."""

_CONTAINER_TYPES: Final = (dict, list, tuple, set, frozenset)
_SEARCHED_TYPES: Final = (*_CONTAINER_TYPES, MappingProxyType)


class Discarder(Background):
    """Frees objects that are about to be replaced, once nothing else refers to them.

    It must not be used for Qt objects, which have to be destroyed in the UI thread. After `stop`, when the window is
    closed, it ignores all objects.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._discarded = _Discarded()
        self._window_time = time_of_this_thread()

    @property
    def is_busy(self) -> bool:
        """Whether anything has not been freed yet."""
        return self._discarded.has_thread

    def discard(self, *objects: object) -> None:
        """Free objects once nothing else refers to them. Call this before replacing them; None is ignored."""
        discarded = self._discarded
        if discarded.add([obj for obj in objects if obj is not None]):
            window_time = self._window_time
            self._start(lambda: _free(discarded, window_time), "discarder")

    def stop(self) -> None:
        """End the thread. The remaining objects are freed in the current one."""
        self._discarded.end()


class _Discarded:
    """The objects that were passed to the discarder but have not been examined yet. Both threads use it.

    Attributes:
        has_thread: whether a thread is running, or about to.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: list[object] = []
        self.has_thread = False
        self.ended = threading.Event()

    def add(self, objects: Sequence[object]) -> bool:
        """Add objects. Returns whether a thread has to be started for them."""
        with self._lock:
            if self.ended.is_set() or not objects:
                return False
            self._objects.extend(objects)
            is_first, self.has_thread = not self.has_thread, True
            return is_first

    def pop_all(self, *, last: bool) -> list[object] | None:
        """Remove and return all objects. ``last``: if there are none, the thread ends, and the result is None."""
        with self._lock:
            objects, self._objects = self._objects, []
            if not objects and last:
                self.has_thread = False
                return None
            return objects

    def end(self) -> None:
        with self._lock:
            self.ended.set()
            self._objects = []


def _free(discarded: _Discarded, window_time: Callable[[], float] | None) -> None:
    """Free everything that was passed, in the discarder's own thread."""
    search, freeing = Pacer(window_time), Pacer(window_time, longest=_MAX_PAUSE_SECONDS)
    retained: list[Any] = []
    pause, started_at = _FIRST_CHECK_SECONDS, time.monotonic()
    while not discarded.ended.is_set():
        objects = discarded.pop_all(last=not retained)
        if objects is None:
            return
        # Garbage collection in this thread would destroy widgets that are in cycles.
        with paused_collector():
            if objects:
                pause, started_at = _FIRST_CHECK_SECONDS, time.monotonic()
                retained_ids = {id(container) for container in retained}
                retained.extend(each for each in _large_containers(objects, search) if id(each) not in retained_ids)
                objects.clear()
                freeing.begin()  # the turn in which they are replaced has just begun
            elif time.monotonic() - started_at > _MAX_KEPT_SECONDS:
                retained.clear()
            _empty_unused(retained, discarded.ended, freeing)
        if retained:
            discarded.ended.wait(pause)
            pause = min(2 * pause, _MAX_CHECK_SECONDS)


def _large_containers(objects: Iterable[object], pacer: Pacer) -> Iterator[Any]:
    """Yield the large containers that objects contain or are. Their elements are not searched."""
    from cacheview.model.base import Value  # imports pydantic, which the first paint does not need

    seen: set[int] = set()
    kinds: Counter[type] = Counter()
    waiting = deque(objects)
    while waiting and len(seen) < _MAX_SEARCHED:
        pacer.yield_to_window()
        obj = waiting.popleft()
        if id(obj) in seen:
            continue
        seen.add(id(obj))
        if isinstance(obj, _CONTAINER_TYPES) and len(obj) >= _MIN_ELEMENTS:
            yield obj
        elif isinstance(obj, _SEARCHED_TYPES) or (
            _is_own(obj) and not isinstance(obj, Value) and kinds[type(obj)] < _MAX_SEARCHED_PER_CLASS
        ):
            kinds[type(obj)] += 1
            waiting.extend(each for each in gc.get_referents(obj) if gc.is_tracked(each))


def _is_own(obj: object) -> bool:
    """Whether an object's class belongs to this program, not to Qt."""
    return type(obj).__module__.startswith("cacheview.") and not isinstance(obj, QObject)


def _references(retained: list[Any], place: int) -> int:
    return sys.getrefcount(retained[place])


_OWN_REFERENCES: Final = _references([[]], 0)
"""The number of references to a container that only the list here refers to."""


def _empty_unused(retained: list[Any], ended: threading.Event, pacer: Pacer) -> None:
    """Empty and remove containers that nothing else refers to, repeatedly, since one may contain another."""
    place, idle = 0, 0
    while retained and idle < len(retained) and not ended.is_set():
        place %= len(retained)
        if _references(retained, place) > _OWN_REFERENCES:
            place, idle = place + 1, idle + 1
            continue
        idle = 0
        elements = gc.get_referents(retained.pop(place))
        elements.reverse()  # free a tree from its top, or everything below it would be freed in one step
        while elements and not ended.is_set():
            elements.pop()
            pacer.yield_to_window()
