"""The first two pages of a bolt database file, the meta pages, which show the newest state of the database."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from cacheview.model import DataError

__all__ = ["HEAD_BYTES", "Meta", "newest_meta"]

HEAD_BYTES = 64 * 1024 + 80
"""The number of bytes at the start of a file that contain both meta pages, whatever the page size."""

_MAGIC = 0xED0CDAED
_VERSION = 2
_PAGE_HEADER_BYTES = 16
_META_BYTES = 64
_MIN_PAGE_BYTES, _MAX_PAGE_BYTES = 1024, 64 * 1024


@dataclass(frozen=True, slots=True)
class Meta:
    """A valid meta page. ``order`` is the byte order of the machine that wrote it, in the notation of `struct`."""

    order: str
    page_size: int
    root: int
    pages: int
    transaction: int


def newest_meta(head: bytes) -> Meta:
    """Return the meta page of the last transaction, from the first `HEAD_BYTES` of a file (or all of them).

    Raises:
        DataError: neither meta page is valid.
    """
    first = _meta(head, 0)
    size = first.page_size if first is not None else _MIN_PAGE_BYTES
    second = None
    while second is None and size <= _MAX_PAGE_BYTES:
        second = _meta(head, size)
        if second is not None and second.page_size != size:
            second = None
        if first is not None:
            break
        size *= 2
    results = [meta for meta in (first, second) if meta is not None]
    if not results:
        raise DataError("is not a bolt database, or both of its meta pages are damaged")
    return max(results, key=lambda meta: meta.transaction)


def _meta(head: bytes, at: int) -> Meta | None:
    if len(head) < at + _PAGE_HEADER_BYTES + _META_BYTES:
        return None
    body = head[at + _PAGE_HEADER_BYTES : at + _PAGE_HEADER_BYTES + _META_BYTES]
    for order in ("<", ">"):
        magic, version, page_size, _, root, _, _, pages, transaction, checksum = struct.unpack(f"{order}4I6Q", body)
        is_right = magic == _MAGIC and version == _VERSION and checksum == _fnv1a(body[:-8])
        if is_right and _MIN_PAGE_BYTES <= page_size <= _MAX_PAGE_BYTES and page_size & (page_size - 1) == 0:
            return Meta(order, page_size, root, pages, transaction)
    return None


def _fnv1a(content: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
