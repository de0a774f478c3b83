"""A cache of an archive's JSON documents, from the pass over the archive until its images are decoded.

Kept as ordinary objects, the documents would take a third of the memory needed for opening, and the system would not
get back the memory of very many small objects.
"""

from __future__ import annotations

import mmap
from bisect import bisect_right
from typing import Final, Protocol

from cacheview.model import DataError
from cacheview.stores.files import MeteredFile

__all__ = ["DocumentCache", "FileCache", "MemoryCache"]

_BLOCK_BYTES: Final = 4 * 1024 * 1024


class DocumentCache(Protocol):
    """A cache of documents, each with a number that identifies it."""

    def keep(self, position: int, content: bytes) -> int:
        """Keep a document, which must not be empty, from a position in the archive. Returns its number."""

    def read(self, number: int, size: int) -> bytes:
        """Return a document of this size in bytes. Raises `DataError` if it no longer exists."""


class FileCache(DocumentCache):
    """Leaves documents in the archive and reads them again. The caller checks their digests."""

    def __init__(self, file: MeteredFile) -> None:
        self._file = file

    def keep(self, position: int, content: bytes) -> int:
        del content
        return position

    def read(self, number: int, size: int) -> bytes:
        content = self._file.read_again(number, size)
        if len(content) < size:
            raise DataError("the archive shrank while it was being read. Open it again")
        return content


class MemoryCache(DocumentCache):
    """Keeps the documents of a compressed archive in blocks, whose memory is freed when the cache is dropped."""

    def __init__(self) -> None:
        self._blocks: list[mmap.mmap] = []
        self._starts: list[int] = []
        self._free = self._next = 0

    def keep(self, position: int, content: bytes) -> int:
        del position
        if len(content) > self._free:
            self._next += self._free
            self._free = max(_BLOCK_BYTES, len(content))
            self._starts.append(self._next)
            self._blocks.append(mmap.mmap(-1, self._free))
        self._blocks[-1].write(content)
        number = self._next
        self._next += len(content)
        self._free -= len(content)
        return number

    def read(self, number: int, size: int) -> bytes:
        block = bisect_right(self._starts, number) - 1
        begin = number - self._starts[block]
        return self._blocks[block][begin : begin + size]
