"""Passes a build context from the relay's thread to the reading thread, within limited memory."""

from __future__ import annotations

import io
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["ContextFeed"]

MAX_WAITING_BYTES: Final = 2 << 20
"""The most bytes that may wait to be read. Beyond that, the client has to wait."""

_SKIPPED_BYTES: Final = 256 << 10


class ContextFeed(io.RawIOBase):
    """A buffer that one thread writes to and another reads from, forward only.

    Args:
        turn: a lock that the reading thread holds except while it waits, so that only one reader works at a time.
        drained: called in that thread when there is space again after `put` returned False.
    """

    def __init__(self, turn: threading.Semaphore, drained: Callable[[], None]) -> None:
        super().__init__()
        self._turn = turn
        self._drained = drained
        self._ready = threading.Condition()
        self._pieces: deque[memoryview] = deque()
        self._waiting = 0
        self._is_full = False
        self._has_ended = False
        self._is_unread = False
        self._position = 0

    def put(self, data: bytes) -> bool:
        """Add bytes, and return whether there is space for more. Bytes that no one reads any more are dropped."""
        with self._ready:
            if self._is_unread or not data:
                return True
            self._pieces.append(memoryview(data))
            self._waiting += len(data)
            self._is_full = self._waiting > MAX_WAITING_BYTES
            self._ready.notify()
            return not self._is_full

    def end(self) -> None:
        """Mark the end of the data."""
        with self._ready:
            self._has_ended = True
            self._ready.notify()

    def stop_reading(self) -> None:
        """Note that the reader has ended, so that nothing waits for it."""
        with self._ready:
            self._is_unread = True
            self._pieces.clear()
            self._waiting = 0
        self._make_room()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not len(view):
            return 0
        piece = self._next(len(view))
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        target = offset + (self._position if whence == os.SEEK_CUR else 0)
        if whence == os.SEEK_END or target < self._position:
            raise io.UnsupportedOperation("a build context can only be read forward")
        while self._position < target:
            piece = self._next(min(_SKIPPED_BYTES, target - self._position))
            if not len(piece):
                break
            self._position += len(piece)
        return self._position

    def tell(self) -> int:
        return self._position

    def _next(self, limit: int) -> memoryview:
        """Return up to this many bytes, waiting for them; empty at the end."""
        with self._ready:
            if not self._pieces and not self._has_ended:
                self._turn.release()
                try:
                    self._ready.wait_for(lambda: self._pieces or self._has_ended)
                finally:
                    self._ready.release()  # a thread with the turn may be about to add data
                    try:
                        self._turn.acquire()
                    finally:
                        self._ready.acquire()
            if not self._pieces:
                return memoryview(b"")
            piece = self._pieces.popleft()
            if len(piece) > limit:
                self._pieces.appendleft(piece[limit:])
                piece = piece[:limit]
            self._waiting -= len(piece)
        if self._waiting <= MAX_WAITING_BYTES // 2:
            self._make_room()
        return piece

    def _make_room(self) -> None:
        with self._ready:
            was_full, self._is_full = self._is_full, False
        if was_full:
            self._drained()
