"""Controls the cyclic garbage collector while stores are read, so that it does not search them repeatedly.

Models form no cycles, so each object is freed as soon as nothing refers to it. A search for cycles visits every live
object (a million for a store of 10,000 images), blocks all threads meanwhile, and finds nothing. Therefore, there are
no searches while a store is read, and its objects are then frozen, so that no later search visits them. But a frozen
cycle that is dropped is never freed: `Leftovers` checks how much memory that may be.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["Leftovers", "freeze", "freeze_more", "paused_collector", "rare_searches"]

_LEAK_SHARE: Final = 0.2  # of the blocks that the same store needs; a search takes a few tenths of a second
_READINGS_PER_MEASUREMENT: Final = 7
"""One reading in this many is measured: with 100,000 images, counting the blocks takes a noticeable time.

It is odd, since readings that the user and an engine's events request may alternate.
"""
_MIN_NEW_OBJECTS: Final = 10_000  # searching this many takes about a millisecond
# of the three generations: full searches are rare despite millions of new objects
_RARE_THRESHOLDS: Final = (100_000, 50, 1_000)


class _Pause:
    """Pauses the collector while any thread is inside, and counts those threads.

    The whole process shares one collector, so it shares this too: two threads that read stores at the same time must
    not leave it switched off.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._was_enabled = False
        self.frozen = False

    def enter(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._was_enabled = False
            # It may also have been switched on since the first thread entered.
            if gc.isenabled():
                self._was_enabled = True
                gc.disable()
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._was_enabled:
                # The first collection would visit over a million new objects while all threads wait. In a frozen
                # program they are frozen too; otherwise they move to the oldest generation, unsearched.
                if not self.frozen:
                    gc.freeze()
                    gc.unfreeze()
                elif gc.get_count()[0] > _MIN_NEW_OBJECTS:
                    gc.freeze()
                gc.enable()


_PAUSE = _Pause()


def freeze() -> None:
    """Exempt all objects that are alive from collection, in a program that is about to start its work.

    The call is recorded here: Python can only find out by counting all frozen objects, which blocks all threads.
    """
    _PAUSE.frozen = True
    gc.freeze()


def freeze_more() -> None:
    """Freeze again, in a program that has called `freeze`."""
    if _PAUSE.frozen:
        gc.freeze()


class Leftovers:
    """Keeps dropped frozen cycles from piling up from one reading of a store to the next.

    One of several readings is measured, and stands for all of them.

    Args:
        blocks: returns the number of memory blocks that all objects use.
        search: finds all cycles, including those of frozen objects.
    """

    def __init__(
        self, blocks: Callable[[], int] = sys.getallocatedblocks, search: Callable[[], None] | None = None
    ) -> None:
        self._blocks = blocks
        self._search = search or _search_all
        self._location = ""
        self._images = 0
        self._readings = 0
        self._min_blocks = 0
        self._leaked_blocks = 0.0
        self._blocks_before: int | None = None

    def begin(self) -> None:
        """Note that a store is about to be read."""
        if self._blocks_before is None and self._readings % _READINGS_PER_MEASUREMENT == _READINGS_PER_MEASUREMENT - 1:
            self._blocks_before = self._blocks()

    def end(self, location: str, images: int) -> bool:
        """Note that a store with this many images is shown, and that the previous one was dropped.

        Returns whether a search followed. There is a search if repeated readings of the same location left much more
        memory in use, without correspondingly more images. Objects created between two readings do not count.
        """
        previous_images, self._images = self._images, images
        blocks_before, self._blocks_before = self._blocks_before, None
        self._readings += 1
        if location != self._location:
            self._location, self._readings, self._min_blocks, self._leaked_blocks = location, 0, self._blocks(), 0.0
        elif blocks_before is not None:
            return self._compare(blocks_before * max(1.0, images / max(1, previous_images)))
        return False

    def _compare(self, expected: float) -> bool:
        """Search if the readings left much behind. ``expected``: the number of blocks if the last one left nothing."""
        blocks = self._blocks()
        self._min_blocks = min(blocks, self._min_blocks)
        self._leaked_blocks = max(0.0, self._leaked_blocks + _READINGS_PER_MEASUREMENT * (blocks - expected))
        threshold = _LEAK_SHARE * self._min_blocks
        if self._leaked_blocks <= threshold or blocks - self._min_blocks <= threshold:
            return False
        self._search()
        self._min_blocks, self._leaked_blocks = self._blocks(), 0.0
        return True


def _search_all() -> None:
    gc.unfreeze()
    gc.collect()
    freeze_more()


@contextmanager
def paused_collector() -> Iterator[None]:
    """Disable cyclic collection inside.

    Models form no cycles, and searching for them repeatedly triples the time that it takes to read a large store.
    """
    _PAUSE.enter()
    try:
        yield
    finally:
        _PAUSE.leave()


@contextmanager
def rare_searches() -> Iterator[None]:
    """Make searches for cycles rare inside, for a command that reads a store, answers and ends.

    With Python's own thresholds, opening an archive of 10,000 images takes half as long again.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_RARE_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
