"""Frees what was made of a large store, in another thread.

To free a million objects takes tenths of a second. Where the last reference to a store, an index or a tree goes in the
UI thread, the window stands still as long; and a tuple or a dictionary is freed in one step, which no other thread can
interrupt. So whoever replaces such a thing gives it away here first. Its large containers are kept until nobody else
refers to them, and are then emptied one element at a time, so that the window can work in between.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final

from PySide6.QtCore import QObject

from cacheview.collector import paused_collector
from cacheview.ui.courtesy import Courtesy, time_of_this_thread
from cacheview.ui.loading import Background

__all__ = ["Discarder"]

_MANY: Final = 1_000
"""Elements of a container that take long enough to free."""
_MOST: Final = 20_000
"""Objects that are searched for such containers."""
_OF_A_KIND: Final = 500
"""Objects of one class that are searched: where there are more, they are what the containers contain."""
_SOON: Final = 0.01  # seconds between two looks whether a container is still used, at first
_LATER: Final = 0.2  # likewise, at last: a container that nobody else uses is kept that much longer
_LONGEST: Final = 10.0
"""Seconds after which a container that is still used is left to those who use it."""

_CONTAINERS: Final = (dict, list, tuple, set, frozenset)
_SEARCHED: Final = (*_CONTAINERS, MappingProxyType)


class Discarder(Background):
    """Takes things that are about to be replaced. It keeps nothing alive that is used no more.

    Only for what has no Qt objects in it: those end in the UI thread. Once it was stopped, as the window is closed, it
    takes nothing.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._given = _Given()
        self._window_time = time_of_this_thread()

    @property
    def is_busy(self) -> bool:
        """Whether something is still to be freed."""
        return self._given.has_thread

    def discard(self, *things: object) -> None:
        """Free these as soon as nobody else refers to them; None stands for nothing. To be called before they are
        replaced."""
        given = self._given
        if given.add([thing for thing in things if thing is not None]):
            window_time = self._window_time
            self._start(lambda: _free(given, Courtesy(window_time)), "discarder")

    def stop(self) -> None:
        """End the thread. What it still has to free is freed here."""
        self._given.end()


class _Given:
    """What was given away and has not been looked at. Lives in both threads.

    Attributes:
        has_thread: one is at work, or about to be.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._things: list[object] = []
        self.has_thread = False
        self.ended = threading.Event()

    def add(self, things: Sequence[object]) -> bool:
        """Returns whether a thread has to be started that takes them."""
        with self._lock:
            if self.ended.is_set() or not things:
                return False
            self._things.extend(things)
            is_first, self.has_thread = not self.has_thread, True
            return is_first

    def take(self, *, last: bool) -> list[object] | None:
        """All of it. ``last``: the thread ends where there is nothing; then the result is None."""
        with self._lock:
            things, self._things = self._things, []
            if not things and last:
                self.has_thread = False
                return None
            return things

    def end(self) -> None:
        with self._lock:
            self.ended.set()
            self._things = []


def _free(given: _Given, courtesy: Courtesy) -> None:
    """In the other thread, which ends when everything that was given away is free."""
    held: list[Any] = []
    pause, begun = _SOON, time.monotonic()
    while not given.ended.is_set():
        things = given.take(last=not held)
        if things is None:
            return
        # A search for cycles that begins in this thread would end widgets here that wait in cycles.
        with paused_collector():
            if things:
                pause, begun = _SOON, time.monotonic()
                known = {id(container) for container in held}
                held.extend(each for each in _large_containers(things, courtesy) if id(each) not in known)
                things.clear()
            elif time.monotonic() - begun > _LONGEST:
                held.clear()
            _empty_unused(held, given.ended, courtesy)
        if held:
            given.ended.wait(pause)
            pause = min(2 * pause, _LATER)


def _large_containers(things: Iterable[object], courtesy: Courtesy) -> Iterator[Any]:
    """The containers with many elements that things consist of. What is in these is not searched."""
    from cacheview.model.base import Value  # loads pydantic, which the first paint does without

    seen: set[int] = set()
    kinds: Counter[type] = Counter()
    waiting = deque(things)
    while waiting and len(seen) < _MOST:
        courtesy.give_way()
        thing = waiting.popleft()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, _CONTAINERS) and len(thing) >= _MANY:
            yield thing
        elif isinstance(thing, _SEARCHED) or (
            _is_own(thing) and not isinstance(thing, Value) and kinds[type(thing)] < _OF_A_KIND
        ):
            kinds[type(thing)] += 1
            waiting.extend(each for each in gc.get_referents(thing) if gc.is_tracked(each))


def _is_own(thing: object) -> bool:
    """Whether it is an object of a class of this program, and not one of Qt's."""
    return type(thing).__module__.startswith("cacheview.") and not isinstance(thing, QObject)


def _references(held: list[Any], place: int) -> int:
    return sys.getrefcount(held[place])


_ALONE: Final = _references([[]], 0)
"""References to a container that only the list of those held refers to."""


def _empty_unused(held: list[Any], ended: threading.Event, courtesy: Courtesy) -> None:
    """Empty and remove those that nothing else refers to, until none is left: one may contain another."""
    place, idle = 0, 0
    while held and idle < len(held) and not ended.is_set():
        place %= len(held)
        if _references(held, place) > _ALONE:
            place, idle = place + 1, idle + 1
            continue
        idle = 0
        elements = gc.get_referents(held.pop(place))
        elements.reverse()  # of a tree, what stands above goes first: else everything that is under it went in one step
        while elements and not ended.is_set():
            elements.pop()
            courtesy.give_way()
