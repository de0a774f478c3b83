"""Controls the cyclic garbage collector while stores are read, so that it does not search them repeatedly.

Models form no cycles: what is dropped is gone as soon as nothing refers to it. A search for cycles goes over all that
is alive, a million objects for a store of 10,000 images, holds up all threads meanwhile, and finds nothing. So none
comes while a store is built, and what was built is frozen: no search goes over it. A cycle that was frozen and dropped
is never found, though: `Leftovers` watches how much that may be.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["Leftovers", "freeze", "freeze_more", "paused_collector", "rare_searches"]

_MUCH: Final = 0.2  # of the blocks that the same store takes: a search takes some tenths of a second
_RARE: Final = (100_000, 50, 1_000)  # of three generations: full searches come when objects come by the million


class _Pause:
    """Counts who is inside. The collector is one for the whole process, so this is too: two stores loaded at
    the same time in two threads must not leave it switched off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._was_enabled = False
        self.frozen = False

    def enter(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._was_enabled:
                if not self.frozen:
                    # Everything that is alive becomes old at once, unsearched: or the first collection would go
                    # over a million new objects, on whatever thread it comes.
                    gc.freeze()
                    gc.unfreeze()
                gc.enable()


_PAUSE = _Pause()


def freeze() -> None:
    """All that is alive lives on: no collection goes over it again. For a program that is about to begin its work.

    That it was called is kept here: Python knows only by counting all that is frozen, and all threads wait meanwhile.
    """
    _PAUSE.frozen = True
    gc.freeze()


def freeze_more() -> None:
    """As `freeze`, in a program that has called it."""
    if _PAUSE.frozen:
        gc.freeze()


class Leftovers:
    """Makes sure that cycles which were frozen and dropped do not pile up from one reading of a store to the next.

    Args:
        blocks: counts the blocks of memory that all objects take.
        search: finds all cycles, those of frozen objects too.
    """

    def __init__(
        self, blocks: Callable[[], int] = sys.getallocatedblocks, search: Callable[[], None] | None = None
    ) -> None:
        self._blocks = blocks
        self._search = search or _search_all
        self._location = ""
        self._images = 0
        self._least = 0
        self._grown = 0.0
        self._before: int | None = None

    def begin(self) -> None:
        """A store is about to be read."""
        if self._before is None:
            self._before = self._blocks()

    def settle(self, location: str, images: int) -> bool:
        """A store with this many images is shown, and the previous one was dropped. Returns whether there was a search.

        There is one where reading the same location again and again has left much more than there was before, and
        there are not as many more images. What is made between two readings does not count.
        """
        blocks, before = self._blocks(), self._before
        known, self._images, self._before = self._images, images, None
        if location != self._location or before is None:
            self._location, self._least, self._grown = location, blocks, 0.0
            return False
        self._least = min(blocks, self._least)
        self._grown = max(0.0, self._grown + blocks - before * max(1.0, images / max(1, known)))
        if self._grown <= _MUCH * self._least:
            return False
        self._search()
        self._least, self._grown = self._blocks(), 0.0
        return True


def _search_all() -> None:
    gc.unfreeze()
    gc.collect()
    freeze_more()


@contextmanager
def paused_collector() -> Iterator[None]:
    """No cyclic collection inside. Models form no cycles, and searching them again and again for some triples
    the time that a large store takes."""
    _PAUSE.enter()
    try:
        yield
    finally:
        _PAUSE.leave()


@contextmanager
def rare_searches() -> Iterator[None]:
    """Searches for cycles come seldom inside: for a command, which reads a store, answers and ends.

    With Python's own thresholds, opening an archive of 10,000 images takes half as long again.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_RARE)
    try:
        yield
    finally:
        gc.set_threshold(*before)
