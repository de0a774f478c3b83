"""A reader for bolt database files, as bbolt 1.3 and 1.4 write them.

The format is that of bbolt's ``internal/common``: page.go, meta.go and bucket.go. The file consists of pages of one
size. The first two are the meta pages; the newest one with a valid checksum refers to the page of the root bucket. A
bucket is a tree of branch and leaf pages. A small bucket is stored inline, in its value in the parent bucket.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from cacheview.model import DataError, Problem
from cacheview.stores.budget import Budget, Resource
from cacheview.stores.containerd.bolt_meta import HEAD_BYTES, newest_meta
from cacheview.stores.problems import Problems

__all__ = ["Bolt", "Bucket"]

_PAGE_HEADER_BYTES = 16  # id u64, flags u16, count u16, overflow u32
_BRANCH_FLAG, _LEAF_FLAG = 0x01, 0x02
_BUCKET_FLAG = 0x01
_BUCKET_HEADER_BYTES = 16  # root u64, sequence u64
_ELEMENT_BYTES = 16
_MAX_DEPTH = 64  # of one tree; with only 2 keys per page, this would be 2**64 keys
_PAGE_MEMORY_BYTES, _ELEMENT_MEMORY_BYTES = 600, 350  # of memory in addition to the keys
_MAX_READS = 8  # how often the entire file may be read; an undamaged one is read three times


class _EndlessError(DataError):
    """More elements or bytes were visited than the file can contain."""


class Bolt:
    """A database whose entire content is in memory. The cost of a damaged or hostile file is linear in its size.

    Each object is for one reading: to read the file again, create another.

    Args:
        content: the file.
        budget: charged for each page that is read; None: a new budget.

    Raises:
        DataError: the content is not a bolt database. Every method that reads a page may raise `LimitError`, as
            `Budget` does.
    """

    def __init__(self, content: bytes, budget: Budget | None = None) -> None:
        self._budget = budget or Budget(packed=len(content))
        self.meta = newest_meta(content[:HEAD_BYTES])
        self._content = memoryview(content)
        self._header = struct.Struct(f"{self.meta.order}QHHI")
        self._bucket = struct.Struct(f"{self.meta.order}QQ")
        self._pages: dict[int, _Page] = {}
        self._owners: dict[int, int] = {}  # by page number, the first page of the span that contains it
        # A file cannot have more elements than fit in it. Pages that are referenced repeatedly appear to have far more.
        self._elements_left = _MAX_READS * (len(content) // _ELEMENT_BYTES) + 10_000
        self._bytes_left = _MAX_READS * len(content) + 1024 * 1024

    @property
    def root(self) -> Bucket:
        """The root bucket, which contains all others."""
        return Bucket(self, self.meta.root, None)

    def page(self, number: int) -> _Page:
        """Return a page with its overflow pages. Raises `DataError` if there is no page with this number."""
        page = self._pages.get(number)
        if page is None:
            at = number * self.meta.page_size
            if not 2 <= number < self.meta.pages or at + self.meta.page_size > len(self._content):
                raise DataError(f"page {number} is outside the database, which is damaged or truncated")
            result, flags, count, overflow = self._header.unpack_from(self._content, at)
            end = at + (1 + overflow) * self.meta.page_size
            if result != number or end > len(self._content):
                raise DataError(f"page {number} is damaged")
            for place in range(number, number + 1 + overflow):
                if self._owners.setdefault(place, number) != number:
                    raise DataError(f"page {number} overlaps page {self._owners[place]}, so the database is damaged")
            page = self._pages[number] = self._checked(f"page {number}", self._content[at:end], flags, count)
        return page

    def inline(self, value: bytes) -> _Page:
        """Return the page stored in the value of an inline bucket."""
        content = memoryview(value)[_BUCKET_HEADER_BYTES:]
        if len(content) < _PAGE_HEADER_BYTES:
            raise DataError("a bucket within the database is damaged")
        _, flags, count, _ = self._header.unpack_from(content)
        if flags != _LEAF_FLAG:
            raise DataError("a bucket within the database is damaged")
        return self._checked("a bucket within the database", content, flags, count)

    def sub_bucket(self, value: bytes) -> Bucket:
        """Return the bucket that a value represents."""
        if len(value) < _BUCKET_HEADER_BYTES:
            raise DataError("a bucket within the database is damaged")
        root, _ = self._bucket.unpack_from(value)
        return Bucket(self, root, value)

    def visit(self, count: int, size: int) -> None:
        """Count the elements and bytes visited. Raises `DataError` if there are more than the file can contain."""
        self._elements_left -= count
        self._bytes_left -= size
        if self._elements_left < 0 or self._bytes_left < 0:
            raise _EndlessError("the pages form a cycle, so the database is damaged")

    def _checked(self, called: str, content: memoryview, flags: int, count: int) -> _Page:
        if flags not in (_BRANCH_FLAG, _LEAF_FLAG) or _PAGE_HEADER_BYTES + count * _ELEMENT_BYTES > len(content):
            raise DataError(f"{called} is damaged")
        self._budget.check_canceled()
        self._budget.spend(Resource.MEMORY, _PAGE_MEMORY_BYTES + count * _ELEMENT_MEMORY_BYTES + len(content))
        return _Page(self.meta.order, called, content, flags == _LEAF_FLAG, count)


@dataclass(frozen=True)
class _Page:
    """A leaf or branch page. ``called`` is its name in error messages."""

    order: str
    called: str
    content: memoryview
    is_leaf: bool
    count: int

    @cached_property
    def _elements(self) -> list[tuple[int, ...]]:
        """The elements of a leaf (flags, position, key size, value size) or of a branch (position, key size, page)."""
        layout = struct.Struct(f"{self.order}4I" if self.is_leaf else f"{self.order}IIQ")
        elements = list(
            layout.iter_unpack(self.content[_PAGE_HEADER_BYTES : _PAGE_HEADER_BYTES + self.count * _ELEMENT_BYTES])
        )
        sizes = sum(element[2] + element[3] if self.is_leaf else element[1] for element in elements)
        if sizes > len(self.content) - _PAGE_HEADER_BYTES - self.count * _ELEMENT_BYTES:
            raise DataError(f"{self.called} is damaged: its contents overlap")
        return elements

    @cached_property
    def keys(self) -> list[bytes]:
        if self.is_leaf:
            places = [(position, size) for _, position, size, _ in self._elements]
        else:
            places = [(position, size) for position, size, _ in self._elements]
        # A position is relative to its own element.
        return [
            self._bytes(_PAGE_HEADER_BYTES + number * _ELEMENT_BYTES + position, size)
            for number, (position, size) in enumerate(places)
        ]

    def value(self, number: int) -> tuple[bool, bytes]:
        """Return whether an element of a leaf is a bucket, and its value."""
        flags, position, key_size, size = self._elements[number]
        return bool(flags & _BUCKET_FLAG), self._bytes(
            _PAGE_HEADER_BYTES + number * _ELEMENT_BYTES + position + key_size, size
        )

    def child(self, number: int) -> int:
        """Return the page that an element of a branch refers to."""
        return self._elements[number][2]

    def _bytes(self, start: int, size: int) -> bytes:
        if start + size > len(self.content):
            raise DataError(f"{self.called} is damaged")
        return bytes(self.content[start : start + size])


class Bucket:
    """A bucket: keys, in byte order, with their values or nested buckets."""

    def __init__(self, database: Bolt, root: int, value: bytes | None) -> None:
        self._database = database
        self._root = root
        self._value = value
        self._inline: _Page | None = None

    def _top(self) -> _Page:
        if self._root or self._value is None:
            return self._database.page(self._root)
        if self._inline is None:
            self._inline = self._database.inline(self._value)
        return self._inline

    def items(self, damaged: Problems | None = None) -> Iterator[tuple[bytes, bytes | Bucket]]:
        """Yield all keys with their values or buckets.

        Args:
            damaged: collects what cannot be read, so that the rest is still read; None: damage raises an error.

        Raises:
            DataError: a page is damaged.
        """
        try:
            yield from self._items(self._top, frozenset(), damaged)
        except _EndlessError as error:
            _note_damage(error, damaged)

    def _items(
        self, load: Callable[[], _Page], path: frozenset[int], damaged: Problems | None
    ) -> Iterator[tuple[bytes, bytes | Bucket]]:
        try:
            page = load()
            self._database.visit(page.count, len(page.content))
            keys = page.keys
        except _EndlessError:
            raise
        except DataError as error:
            _note_damage(error, damaged)
            return
        for number, key in enumerate(keys):
            try:
                if page.is_leaf:
                    is_bucket, value = page.value(number)
                    result = self._database.sub_bucket(value) if is_bucket else value
                else:
                    child = page.child(number)
                    if child in path or len(path) > _MAX_DEPTH:
                        raise DataError(f"{page.called} refers back to itself")
            except DataError as error:
                _note_damage(error, damaged)
                continue
            if page.is_leaf:
                yield key, result
            else:
                yield from self._items(partial(self._database.page, child), path | {child}, damaged)

    def _find(self, key: bytes) -> tuple[bool, bytes] | None:
        page = self._top()
        for _ in range(_MAX_DEPTH):
            number = bisect_right(page.keys, key) - 1
            if page.is_leaf:
                if number < 0 or page.keys[number] != key:
                    return None
                result = page.value(number)
                self._database.visit(1, len(result[1]))
                return result
            if not page.count:
                return None
            page = self._database.page(page.child(max(number, 0)))
        raise DataError("the pages form a cycle, so the database is damaged")

    def value(self, key: bytes) -> bytes | None:
        """Return the value of a key; None if it has none, or is a bucket."""
        result = self._find(key)
        return None if result is None or result[0] else result[1]

    def bucket(self, key: bytes) -> Bucket | None:
        """Return the bucket of a key; None if there is none."""
        result = self._find(key)
        return self._database.sub_bucket(result[1]) if result is not None and result[0] else None


def _note_damage(error: DataError, damaged: Problems | None) -> None:
    if damaged is None:
        raise error
    damaged.append(Problem(error.where, error.what))
