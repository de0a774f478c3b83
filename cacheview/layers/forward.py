"""A stream that can only be read forward: seeking skips bytes."""

from __future__ import annotations

import io
from typing import Any

__all__ = ["ForwardStream"]


class ForwardStream(io.RawIOBase):
    """A base class of streams that are created from pieces. A buffer in front can also seek back within its content."""

    def __init__(self, what: str) -> None:
        """Create a stream. ``what`` names it in the error for seeking back."""
        self._what = what
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Seek forward.

        Raises `io.UnsupportedOperation` for a position before the current one, or relative to the end.
        """
        target = offset + (self._position if whence == io.SEEK_CUR else 0)
        if whence == io.SEEK_END or target < self._position:
            raise io.UnsupportedOperation(f"{self._what} can only be read forward")
        while self._position < target and self._ready():
            self._position += self._skip(target - self._position)
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        count = self._fill(view) if view and self._ready() else 0
        self._position += count
        return count

    def _ready(self) -> bool:
        """Go to the next piece if the current one is used up; return False at the end."""
        raise NotImplementedError

    def _skip(self, limit: int) -> int:
        """Skip up to ``limit`` bytes of the current piece; return how many."""
        raise NotImplementedError

    def _fill(self, view: memoryview) -> int:
        """Read bytes of the current piece; return how many."""
        raise NotImplementedError
