"""Pausing the cyclic garbage collector while a store is built."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["freeze", "freeze_more", "paused_collector"]


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

    That it was called is kept here: Python tells only by counting all that is frozen, and all threads wait meanwhile.
    """
    _PAUSE.frozen = True
    gc.freeze()


def freeze_more() -> None:
    """As `freeze`, in a program that has called it."""
    if _PAUSE.frozen:
        gc.freeze()


@contextmanager
def paused_collector() -> Iterator[None]:
    """No cyclic collection inside. Models form no cycles, and searching them again and again for some triples
    the time that a large store takes."""
    _PAUSE.enter()
    try:
        yield
    finally:
        _PAUSE.leave()
