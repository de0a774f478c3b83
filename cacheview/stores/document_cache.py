"""A cache of the JSON documents of an archive, between the pass over it and the decoding of its images.

They would be a third of the memory that opening needs; and where very many small pieces of it were freed, the
system would not get it back.
"""

from __future__ import annotations

import mmap
from bisect import bisect_right
from typing import Final, Protocol

from cacheview.model import DataError
from cacheview.stores.files import MeteredFile

__all__ = ["DocumentCache", "FileCache", "MemoryCache"]

_BLOCK: Final = 4 * 1024 * 1024


class DocumentCache(Protocol):
    """A cache of documents, each by a number that says where it is."""

    def keep(self, position: int, content: bytes) -> int:
        """Keep a document, not an empty one, that stands at a position of the archive. Returns its number."""

    def read(self, number: int, size: int) -> bytes:
        """The document, which has this many bytes. Raises `DataError` if it no longer exists."""


class FileCache:
    """Leaves documents in the archive, and reads them again. The caller checks their digests."""

    def __init__(self, file: MeteredFile) -> None:
        self._file = file

    def keep(self, position: int, content: bytes) -> int:
        del content
        return position

    def read(self, number: int, size: int) -> bytes:
        content = self._file.read_again(number, size)
        if len(content) < size:
            raise DataError("the archive became shorter while it was being read. Open it again")
        return content


class MemoryCache:
    """Holds documents of a compressed archive in blocks, which the system gets back as soon as this is dropped."""

    def __init__(self) -> None:
        self._blocks: list[mmap.mmap] = []
        self._starts: list[int] = []
        self._room = self._next = 0

    def keep(self, position: int, content: bytes) -> int:
        del position
        if len(content) > self._room:
            self._next += self._room
            self._room = max(_BLOCK, len(content))
            self._starts.append(self._next)
            self._blocks.append(mmap.mmap(-1, self._room))
        self._blocks[-1].write(content)
        number = self._next
        self._next += len(content)
        self._room -= len(content)
        return number

    def read(self, number: int, size: int) -> bytes:
        block = bisect_right(self._starts, number) - 1
        begin = number - self._starts[block]
        return self._blocks[block][begin : begin + size]
