"""Bolt databases for tests, laid out as by bbolt and written page by page, so that any page can be wrong."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Union

__all__ = ["Tree", "Writer", "checksum"]

Tree = Mapping[bytes, Union[bytes, "Tree"]]

_BRANCH, _LEAF, _META = 1, 2, 4


class Writer:
    """Writes one database.

    Args:
        page_size: The size of a page in bytes.
        order: The byte order of the machine, ``<`` or ``>``.
        per_page: The most elements on a page; few give deep trees.
        inline: Buckets of at most this many bytes are stored in their values.
    """

    def __init__(self, page_size: int = 1024, order: str = "<", per_page: int = 8, inline: int = 256) -> None:
        self.page_size = page_size
        self.order = order
        self.per_page = per_page
        self.inline = inline
        self.pages: dict[int, bytes] = {}
        self.next = 4  # two meta pages, the free list and a free page

    def database(self, tree: Tree, transaction: int = 7) -> bytes:
        """The database file with this tree in the root bucket."""
        return self.file(self.bucket(tree), transaction)

    def file(self, root: int, transaction: int = 7) -> bytes:
        """The file with the pages written so far and the root bucket on this page."""
        last = self.next
        metas = [self.meta(number, root, last, transaction - number) for number in (0, 1)]
        content = bytearray(b"".join(meta.ljust(self.page_size, b"\0") for meta in metas))
        content += bytes((last - 2) * self.page_size)
        for number, page in self.pages.items():
            content[number * self.page_size : number * self.page_size + len(page)] = page
        return bytes(content)

    def meta(self, number: int, root: int, last: int, transaction: int) -> bytes:
        body = struct.pack(f"{self.order}4I6Q", 0xED0CDAED, 2, self.page_size, 0, root, 0, 2, last, transaction, 0)[:-8]
        header = struct.pack(f"{self.order}QHHI", number, _META, 0, 0)
        return header + body + struct.pack(f"{self.order}Q", checksum(body))

    def bucket(self, tree: Tree) -> int:
        """Write a bucket to separate pages. Returns the number of its root page."""
        elements = [(key, *self._value(value)) for key, value in sorted(tree.items())]
        level = [
            (part[0][0] if part else b"", self.page(self.leaf(part)))
            for part in [elements[at : at + self.per_page] for at in range(0, len(elements), self.per_page)] or [[]]
        ]
        while len(level) > 1:
            parts = [level[at : at + self.per_page] for at in range(0, len(level), self.per_page)]
            level = [(part[0][0], self.page(self.branch(part))) for part in parts]
        return level[0][1]

    def page(self, content: tuple[int, int, bytes], number: int | None = None) -> int:
        """Write flags, count and content to the next page or to a reserved one."""
        flags, count, body = content
        overflow = (16 + len(body) - 1) // self.page_size
        if number is None:
            number = self.aside(1 + overflow)
        self.pages[number] = struct.pack(f"{self.order}QHHI", number, flags, count, overflow) + body
        return number

    def aside(self, count: int = 1) -> int:
        """Reserve pages to be written later, or never. Returns the number of the first."""
        number, self.next = self.next, self.next + count
        return number

    def leaf(self, elements: list[tuple[bytes, int, bytes]]) -> tuple[int, int, bytes]:
        """The content of a leaf: the key, flags and value of each element."""
        heads, data = bytearray(), bytearray()
        for number, (key, flags, value) in enumerate(elements):
            position = 16 * (len(elements) - number) + len(data)
            heads += struct.pack(f"{self.order}4I", flags, position, len(key), len(value))
            data += key + value
        return _LEAF, len(elements), bytes(heads + data)

    def branch(self, children: list[tuple[bytes, int]]) -> tuple[int, int, bytes]:
        """The content of a branch: the first key and the page of each child."""
        heads, data = bytearray(), bytearray()
        for number, (key, child) in enumerate(children):
            heads += struct.pack(f"{self.order}IIQ", 16 * (len(children) - number) + len(data), len(key), child)
            data += key
        return _BRANCH, len(children), bytes(heads + data)

    def _value(self, value: bytes | Tree) -> tuple[int, bytes]:
        if isinstance(value, bytes):
            return 0, value
        if all(isinstance(one, bytes) for one in value.values()):
            flags, count, body = self.leaf([(key, 0, one) for key, one in sorted(value.items())])  # type: ignore[misc]
            if len(body) <= self.inline:
                head = struct.pack(f"{self.order}QQ", 0, 0)
                return 1, head + struct.pack(f"{self.order}QHHI", 0, flags, count, 0) + body
        return 1, struct.pack(f"{self.order}QQ", self.bucket(value), 0)


def checksum(content: bytes) -> int:
    """The 64-bit FNV-1a checksum."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value
