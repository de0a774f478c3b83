"""Sparse files in tar archives: the positions of their data, and their complete content, including holes.

The formats are those of GNU tar: the old one, and 0.0, 0.1 and 1.0 in pax headers. Go's ``archive/tar`` reads the same
ones.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

__all__ = ["Region", "SparseError", "Sparseness", "expanded", "of_old_header", "of_pax"]

_BLOCK_BYTES: Final = 512
_MAX_REGIONS: Final = 100_000
_MAX_FILE_BYTES: Final = 1 << 43
_READ_BYTES: Final = 256 * 1024
_HEADER_REGIONS: Final = slice(386, 482)
_REAL_SIZE: Final = slice(483, 495)
_BLOCK_REGIONS: Final = slice(0, 504)


class SparseError(Exception):
    """The map of a sparse file is damaged."""


class Region(NamedTuple):
    """The position and size of some data in the file, in bytes."""

    offset: int
    size: int


class Sparseness(NamedTuple):
    """The layout of a sparse file in an archive.

    Attributes:
        size: the size of the file in bytes, including holes.
        regions: its data, in order; None: a map before the data lists it (pax 1.0).
    """

    size: int
    regions: tuple[Region, ...] | None


def of_old_header(header: bytes, more: Iterable[bytes]) -> Sparseness:
    """Read the layout from an old GNU header. ``more``: the blocks that continue the map. Raises `SparseError`."""
    fields = bytearray(header[_HEADER_REGIONS])
    for number, block in enumerate(more):
        if number * 21 > _MAX_REGIONS:
            raise SparseError(f"the map of a sparse file has more than {_MAX_REGIONS:,} regions")
        fields += block[_BLOCK_REGIONS]
    numbers = [fields[start : start + 12] for start in range(0, len(fields), 12)]
    pairs = []
    for offset, size in zip(numbers[::2], numbers[1::2], strict=True):
        if not offset[0] or not size[0]:
            break
        pairs.append((_number(bytes(offset)), _number(bytes(size))))
    return _checked(_number(header[_REAL_SIZE]), pairs)


def of_pax(records: Mapping[bytes, bytes], pairs: Sequence[bytes]) -> Sparseness | None:
    """Read the layout from pax headers; None if they do not describe a sparse file.

    Args:
        records: the records with the prefix ``GNU.sparse.``, by key without the prefix.
        pairs: the values of ``offset`` and ``numbytes``, which are repeated for each region (0.0).

    Raises:
        SparseError: the headers are damaged.
    """
    if not records:
        return None
    if records.get(b"major") == b"1" and records.get(b"minor") == b"0":
        return Sparseness(_size(records.get(b"realsize", b"")), None)
    written = records.get(b"map")
    numbers = list(pairs) if written is None else written.split(b",") if written else []
    if len(numbers) % 2:
        raise SparseError("the map of a sparse file has an odd number of values")
    results = [(_size(offset), _size(size)) for offset, size in zip(numbers[::2], numbers[1::2], strict=True)]
    return _checked(_size(records.get(b"size", records.get(b"realsize", b""))), results)


def expanded(stream: io.BufferedReader, stored: int, sparseness: Sparseness) -> Iterator[bytes]:
    """Yield the complete content, with holes as zeros, from a stream at the start of the stored data.

    Raises:
        SparseError: the map is damaged, or the data ends early.
    """
    regions = sparseness.regions
    if regions is None:
        regions, used = _read_map(stream, stored, sparseness.size)
        stored -= used
    if sum(region.size for region in regions) != stored:
        raise SparseError("the length of a sparse file's data does not match its map")
    position = 0
    for region in regions:
        yield from _zeros(region.offset - position)
        left = region.size
        while left:
            piece = stream.read(min(left, _READ_BYTES))
            if not piece:
                raise SparseError("a sparse file ends early")
            left -= len(piece)
            yield piece
        position = region.offset + region.size
    yield from _zeros(sparseness.size - position)


def _zeros(count: int) -> Iterator[bytes]:
    zeros = bytes(min(count, _READ_BYTES))
    while count > 0:
        yield zeros[:count]
        count -= len(zeros)


def _read_map(stream: io.BufferedReader, stored: int, size: int) -> tuple[tuple[Region, ...], int]:
    """Read the map of pax 1.0, which is lines of decimal numbers. Returns it and its size in bytes."""
    block = b""
    used = 0
    numbers: list[int] = []
    expected = 1
    while len(numbers) < expected:
        line, end, rest = block.partition(b"\n")
        if not end:
            if used + _BLOCK_BYTES > stored or len(block) > _BLOCK_BYTES:
                raise SparseError("the map of a sparse file ends early")
            piece = stream.read(_BLOCK_BYTES)
            used += len(piece)
            if len(piece) < _BLOCK_BYTES:
                raise SparseError("the map of a sparse file ends early")
            block += piece
            continue
        numbers.append(_size(line))
        block = rest
        if len(numbers) == 1:
            expected = 1 + 2 * numbers[0]
            if numbers[0] > _MAX_REGIONS:
                raise SparseError(f"the map of a sparse file has more than {_MAX_REGIONS:,} regions")
    pairs = list(zip(numbers[1::2], numbers[2::2], strict=True))
    return _checked(size, pairs).regions or (), used


def _checked(size: int, pairs: Sequence[tuple[int, int]]) -> Sparseness:
    if len(pairs) > _MAX_REGIONS:
        raise SparseError(f"the map of a sparse file has more than {_MAX_REGIONS:,} regions")
    end = 0
    for offset, length in pairs:
        if offset < end or offset + length > size:
            raise SparseError("the map of a sparse file is invalid")
        end = offset + length
    return Sparseness(size, tuple(Region(offset, length) for offset, length in pairs if length))


def _size(text: bytes) -> int:
    if not text.isdigit() or len(text) > 19 or int(text) > _MAX_FILE_BYTES:
        raise SparseError(f"a sparse file has an invalid number: {text[:40]!r}")
    return int(text)


def _number(field: bytes) -> int:
    """Decode octal digits, or base 256 if the top bit is set."""
    try:
        if field[0] & 0x80:
            value = int.from_bytes(field[1:], "big") if field[0] == 0x80 else -1
        else:
            value = int(field.partition(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        value = -1
    if not 0 <= value <= _MAX_FILE_BYTES:
        raise SparseError("the map of a sparse file is invalid")
    return value
