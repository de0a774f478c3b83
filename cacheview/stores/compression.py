"""Compressed files, read as a stream that can seek forward."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

import zstandard

from cacheview.stores.budget import Budget
from cacheview.stores.files import BUFFER_BYTES
from cacheview.stores.reasons import reason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["DamagedStreamError", "MemoryLimitError", "decompressed"]

_SKIPPED_BYTES = 1024 * 1024
_MAX_XZ_BYTES = 256 * 1024 * 1024  # xz -9 needs 65 MiB; a hostile header can ask for 4 GiB
_MAX_ZSTD_BYTES = 128 * 1024 * 1024  # the largest window that zstd itself accepts without --long
_MAX_MEMORY_BYTES: Final = {"xz": _MAX_XZ_BYTES, "zstd": _MAX_ZSTD_BYTES}
_HEAD_BYTES: Final = 64
"""The number of bytes at the beginning of a file that `_window` needs."""
_LZMA2_FILTER: Final = 0x21
_INPUT_BYTES: Final = 8 * 1024
"""The number of compressed bytes that a decompressor is given at once.

A decompressor copies what is left after the end of a stream, and a file may contain a million very short streams.
"""

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
)
_SKIPPABLE_ZSTD_FRAME = range(0x184D2A50, 0x184D2A60)


class DamagedStreamError(Exception):
    """Compressed data that ends early or is malformed. The data before the damage is good."""


class MemoryLimitError(DamagedStreamError):
    """Compressed data that may be intact, but needs more memory to decompress than is allowed."""


class _Bytes(Protocol):
    """Reads one piece at a time. ``readinto`` would lose the data it has if the next piece is damaged."""

    def readinto1(self, buffer: WriteableBuffer, /) -> int: ...


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


def decompressed(file: io.BufferedReader, budget: Budget) -> tuple[io.BufferedReader, str]:
    """Return the content of a file that may be compressed, and the name of the compression (empty: none).

    The compression is recognized by the first bytes, not by the file's name. The stream reads and seeks forward.
    Reading raises `DamagedStreamError` if the data is damaged or truncated, `MemoryLimitError` if it needs too much
    memory, and what `Budget.unpacked` raises.
    """
    head = file.read(_HEAD_BYTES)
    if len(head) < _HEAD_BYTES:
        file = io.BufferedReader(io.BytesIO(head))  # all of the file: a stream may not seek back from its end
    else:
        file.seek(0)
    kind = next((name for magic, name in _MAGIC if head.startswith(magic)), "")
    if not kind and int.from_bytes(head[:4], "little") in _SKIPPABLE_ZSTD_FRAME:
        kind = "zstd"
    if not kind:
        return file, ""
    pieces = _CompressedPieces(file, budget, _INPUT_BYTES if kind == "gzip" else BUFFER_BYTES)
    forward = _ForwardReader(_open(kind, pieces), file, budget, _MAX_MEMORY_BYTES.get(kind, 0), _window(kind, head))
    return io.BufferedReader(forward, BUFFER_BYTES), kind


def _window(kind: str, head: bytes) -> int:
    """Return the bytes of memory that the first frame or block needs; 0 if the beginning of the file does not say so.

    Programs compress all frames or blocks of a file with the same settings. The format of a block is described in
    `xz-file-format.txt` of XZ Utils, section 3.1.
    """
    if kind == "zstd":
        try:
            return int(zstandard.get_frame_parameters(head).window_size)
        except zstandard.ZstdError:
            return 0  # the decompressor reports it
    if kind == "xz":
        block = io.BytesIO(head[13:])
        flags = int.from_bytes(block.read(1), "little")
        for _ in range((flags >> 6 & 1) + (flags >> 7)):
            _multibyte(block)  # the sizes of the block
        for _ in range(1 + (flags & 3)):
            name, size = _multibyte(block), _multibyte(block)
            properties = block.read(size)
            if name == _LZMA2_FILTER and properties:
                bits = properties[0] & 0x3F
                return (2 | bits & 1) << (bits // 2 + 11)
    return 0


def _multibyte(block: io.BytesIO) -> int:
    """Read an integer of seven bits a byte, the lowest first."""
    value, shift = 0, 0
    while byte := block.read(1):
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            break
    return value


def _open(kind: str, file: Any) -> _Bytes:
    if kind == "gzip":
        opened: _Bytes = gzip.GzipFile(fileobj=file, mode="rb")
        return opened
    if kind == "zstd":
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_BYTES)
        return decompressor.stream_reader(file, read_size=BUFFER_BYTES, read_across_frames=True, closefd=False)
    if kind == "xz":
        return _Inflater(file, lambda: lzma.LZMADecompressor(memlimit=_MAX_XZ_BYTES))
    return _Inflater(file, bz2.BZ2Decompressor)


class _CompressedPieces:
    """A compressed file, read in pieces. A piece may decompress to nothing."""

    def __init__(self, file: io.BufferedReader, budget: Budget, limit: int) -> None:
        self._file = file
        self._budget = budget
        self._limit = limit

    def read(self, size: int, /) -> bytes:
        self._budget.check_canceled()
        piece = self._file.read(min(size, self._limit))
        self._budget.read(len(piece))
        return piece


class _Inflater:
    """xz and bzip2 streams, one after the other, within a bounded memory (``LZMAFile`` has no bound)."""

    def __init__(self, file: _CompressedPieces, make: Callable[[], _Decompressor]) -> None:
        self._file = file
        self._make = make
        self._decompressor = make()

    def readinto1(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while True:
            compressed = b""
            if self._decompressor.eof:
                compressed = self._decompressor.unused_data.lstrip(b"\0")
                while not compressed:
                    piece = self._file.read(_INPUT_BYTES)
                    if not piece:
                        return 0
                    compressed = piece.lstrip(b"\0")
                self._decompressor = self._make()
            elif self._decompressor.needs_input:
                compressed = self._file.read(_INPUT_BYTES)
                if not compressed:
                    raise EOFError("the compressed data ends early")
            data = self._decompressor.decompress(compressed, len(view))
            if data:
                view[: len(data)] = data
                return len(data)


class _ForwardReader(io.RawIOBase):
    """A stream of decompressed bytes; seeking forward reads and drops them.

    ``readinto`` fills the entire buffer, so that a buffered reader on top of it has the complete beginning of the
    stream.

    Args:
        limit: the bytes of memory that decompression may use; 0: the format has a small limit of its own.
        window: the bytes that the beginning of the stream needs, as for `_window`.
    """

    def __init__(self, stream: _Bytes, file: io.BufferedReader, budget: Budget, limit: int, window: int) -> None:
        self._stream = stream
        self._file = file
        self._budget = budget
        self._limit = limit
        self._position = 0
        self._damage: DamagedStreamError | None = None
        if window > limit:
            self._damage = MemoryLimitError(f"decompression needs more memory than the limit of {limit:,} bytes")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self._damage is None:
            try:
                count = self._stream.readinto1(view[filled:])
            except (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
                self._damage = self._damage_of(error)
                break
            if not count:
                break
            filled += count
        if not filled and self._damage is not None and len(view):
            raise self._damage  # raised after all data before it has been delivered
        self._position += filled
        self._budget.unpacked(filled)
        return filled

    def _damage_of(self, error: Exception) -> DamagedStreamError:
        if isinstance(error, lzma.LZMAError | zstandard.ZstdError):  # they do not say which, except in their texts
            return DamagedStreamError(
                f"the data is invalid, or decompressing it needs more than {self._limit:,} bytes of memory"
            )
        return DamagedStreamError(reason(error))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        target = offset + (self._position if whence == os.SEEK_CUR else 0)
        if whence == os.SEEK_END or target < self._position:
            raise io.UnsupportedOperation("a compressed stream can be read only forward")
        scratch = memoryview(bytearray(min(_SKIPPED_BYTES, target - self._position)))
        while self._position < target:
            if not self.readinto(scratch[: target - self._position]):
                break
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        self._file.close()
        super().close()
