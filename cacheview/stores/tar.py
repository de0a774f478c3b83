"""The members of a tar archive, in order, in one pass.

The reader handles archives from Docker, skopeo, GNU tar, bsdtar and Python: v7, ustar, GNU long names and sparse files,
pax. The standard library's reader is not used for files from outside: in Python versions that cacheview supports, a
crafted header can keep it busy forever (CVE-2024-6232, CVE-2025-8194), and it spends most of its time on header fields
that are not needed here.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cacheview.stores.sparse import SparseError, Sparseness, expanded, of_old_header, of_pax

__all__ = [
    "BLOCK_BYTES",
    "RawHeader",
    "TarError",
    "TarHeader",
    "TarMember",
    "content",
    "headers",
    "looks_like_tar",
    "walk",
]

BLOCK_BYTES = 512
_MAX_EXTENDED_BYTES = 1024 * 1024  # of one pax header or long name; paths have at most 4096
_MAX_FILE_BYTES = 1 << 43  # 8 TiB
_READ_BYTES = 256 * 1024

_REGULAR = frozenset((b"0", b"\0", b"7"))
_LINKS = frozenset((b"1", b"2"))
_WITHOUT_DATA = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
_DEVICES = frozenset((b"3", b"4"))
_XATTR = b"SCHILY.xattr."
_SPARSE = b"GNU.sparse."
_MAX_SPARSE_BLOCKS = 5000
_ZEROS = bytes(BLOCK_BYTES)


class TarError(Exception):
    """The archive cannot be read any further. The members before the damage are good."""


class TarMember(NamedTuple):
    """One member: its name as written, the bytes that follow, and whether they are the file's content.

    ``link`` is the target of a hard or symbolic link, and empty otherwise.
    """

    name: str
    size: int
    is_regular: bool
    link: str


class RawHeader(NamedTuple):
    """The fields of a header as they are written, which tarsum includes for members of every kind.

    Attributes:
        flag: the type flag. Go converts the null byte of old archives to ``0``, or to ``5`` if the name ends in a
            slash.
        size: the size field, even for a member without content.
        link: the link field, even for a member that is not a link.
        device: major and minor number; 0 in v7 archives, which have no such fields.
    """

    flag: str
    size: int
    link: str
    device: tuple[int, int]


class TarHeader(NamedTuple):
    """The content of a member's header, extended by pax headers and GNU long names.

    Attributes:
        name: the name as written; bytes that are not UTF-8 are decoded as by `os.fsdecode`, as in ``link``.
        kind: the type flag, one byte; the null byte of old archives becomes ``0``.
        size: the number of bytes after the header.
        mode, uid, gid: as written; the mode may include the bits of the file's type.
        device: major and minor number of a device.
        xattrs: extended attributes by name, without the pax prefix ``SCHILY.xattr.``.
        sparse: the layout of a sparse file; None: the bytes after the header are the content.
        raw: the fields of the header itself, whatever `kind` is.
    """

    name: str
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    link: str
    device: tuple[int, int]
    xattrs: Mapping[str, bytes]
    sparse: Sparseness | None
    raw: RawHeader


class _ExtendedHeader:
    """The extension of the next member by pax headers and GNU long names."""

    def __init__(self) -> None:
        self.name: bytes | None = None
        self.link: bytes | None = None
        self.size: int | None = None
        self.blocks: list[bytes] = []  # the blocks that continue the map of a sparse file
        self.records: dict[bytes, bytes] = {}  # the records about a sparse file
        self.pairs: list[bytes] = []  # likewise, records that are repeated for each region
        self.numbers: dict[bytes, int] = {}
        self.xattrs: dict[str, bytes] = {}


def looks_like_tar(block: bytes) -> bool:
    """Whether a file beginning with this block is a tar archive, an empty one included."""
    return len(block) == BLOCK_BYTES and (block == _ZEROS or _checksum_fits(block))


def walk(stream: io.BufferedReader) -> Iterator[TarMember]:
    """Yield each member, with the stream at its content. The caller may read as much of it as needed.

    The stream must be able to seek forward. Content that is not read is never in memory.

    Raises:
        TarError: a header is damaged or impossible, or the archive ends early.
    """
    for block, kind, size, extended, _ in _blocks(stream):
        yield _member(block, kind, size, extended)


def headers(stream: io.BufferedReader, *, needs_end: bool = True) -> Iterator[TarHeader]:
    """Yield the headers of all members, as `walk` does but with all fields.

    Args:
        stream: see `walk`.
        needs_end: whether the two final blocks of zeros are required. Go's reader does not require them.

    Raises:
        TarError: as in `walk`, and if a number in the header is impossible.
    """
    for block, kind, size, extended, position in _blocks(stream, needs_end=needs_end):
        yield _header(block, kind, size, extended or _ExtendedHeader(), position)


def content(stream: io.BufferedReader, header: TarHeader) -> Iterator[bytes]:
    """Yield the content of a file in pieces, with the holes of a sparse file as zeros, from a stream at its start.

    Raises:
        TarError: the data ends early.
        SparseError: as in `sparse.expanded`.
    """
    if header.sparse is not None:
        yield from expanded(stream, header.size, header.sparse)
        return
    left = header.size
    while left:
        piece = stream.read(min(left, _READ_BYTES))
        if not piece:
            raise TarError("the data ends early")
        left -= len(piece)
        yield piece


def _blocks(
    stream: io.BufferedReader, *, needs_end: bool = True
) -> Iterator[tuple[bytes, bytes, int, _ExtendedHeader | None, int]]:
    """Yield for each member its block, kind, size in bytes, extension, and position."""
    position = stream.tell()
    extended: _ExtendedHeader | None = None
    while True:
        header = stream.read(BLOCK_BYTES)
        if not header and not needs_end and extended is None:
            return
        if len(header) < BLOCK_BYTES:
            raise TarError(f"the archive ends early, at byte {position + len(header)}")
        if header == _ZEROS:
            return
        if not _checksum_fits(header):
            raise TarError(f"the archive is damaged at byte {position}: not a tar header")
        size = _number(header[124:136], position)
        kind = header[156:157]
        position += BLOCK_BYTES
        if kind in b"xgLKX":
            extended = _extend(stream, kind, size, extended, position)
            position += -(-size // BLOCK_BYTES) * BLOCK_BYTES
        else:
            if kind == b"S":
                sparse_blocks = list(_sparse_blocks(stream, header))
                position += len(sparse_blocks) * BLOCK_BYTES
                extended = extended or _ExtendedHeader()
                extended.blocks = sparse_blocks
            if extended is not None and extended.size is not None:
                size = extended.size
            yield header, kind, size, extended, position
            extended = None
            if kind not in _WITHOUT_DATA:
                position += -(-size // BLOCK_BYTES) * BLOCK_BYTES
        stream.seek(position)


def _member(header: bytes, kind: bytes, size: int, extended: _ExtendedHeader | None) -> TarMember:
    name = _text(header[:100])
    if header[257:263] == b"ustar\0" and header[345]:
        name = f"{_text(header[345:500])}/{name}"
    regular = kind in _REGULAR
    link = _text(header[157:257]) if kind in _LINKS else ""
    if extended is not None:
        name = name if extended.name is None else extended.name.decode("utf-8", "replace")
        link = link if extended.link is None or kind not in _LINKS else extended.link.decode("utf-8", "replace")
        regular = regular and not extended.records
    return TarMember(name, size, regular and not name.endswith("/"), link)


def _header(block: bytes, kind: bytes, size: int, extended: _ExtendedHeader, position: int) -> TarHeader:
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == b"ustar\0" and block[345]:
        name = block[345:500].partition(b"\0")[0] + b"/" + name
    name = name if extended.name is None else extended.name
    link = block[157:257].partition(b"\0")[0]
    target = _raw_text(link if extended.link is None else extended.link)
    flag = kind if kind != b"\0" else b"5" if name.endswith(b"/") else b"0"
    numbers = (0, 0)
    if block[257:262] == b"ustar":
        numbers = (_number(block[329:337], position), _number(block[337:345], position))
    if kind in _REGULAR:
        kind = b"5" if name.endswith(b"/") else b"0"
    return TarHeader(
        _raw_text(name),
        "0" if kind == b"S" else kind.decode("latin-1"),
        0 if kind in _WITHOUT_DATA else size,
        _number(block[100:108], position),
        _owner(extended, b"uid", block[108:116], position),
        _owner(extended, b"gid", block[116:124], position),
        target if kind in _LINKS else "",
        numbers if kind in _DEVICES else (0, 0),
        extended.xattrs,
        _sparseness(block if kind == b"S" else None, extended),
        RawHeader(flag.decode("latin-1"), size, target, numbers),
    )


def _owner(extended: _ExtendedHeader, key: bytes, field: bytes, position: int) -> int:
    return extended.numbers[key] if key in extended.numbers else _number(field, position)


def _checksum_fits(header: bytes) -> bool:
    try:
        stored = _octal(header[148:156])
    except ValueError:
        return False
    # The low half of adler32 is 1 + the sum of the bytes, modulo 65521: exact for 256 bytes, and far faster than sum().
    # The checksum treats its own field as eight spaces.
    total = (zlib.adler32(header[:256]) & 0xFFFF) + (zlib.adler32(header[256:]) & 0xFFFF) - 2
    if stored == total - sum(header[148:156]) + 256:
        return True
    signed: tuple[int, ...] = struct.unpack("148b8x356b", header)  # some old tars summed signed bytes
    return stored == sum(signed) + 256


def _number(field: bytes, position: int) -> int:
    """Decode a size: octal digits, or base 256 if the top bit is set."""
    if field[0] & 0x80:
        value = int.from_bytes(field[1:], "big") if field[0] == 0x80 else -1
    else:
        try:
            value = _octal(field)
        except ValueError:
            value = -1
    if not 0 <= value < _MAX_FILE_BYTES:
        raise TarError(f"the archive is damaged at byte {position}: a member has an impossible size")
    return value


def _octal(field: bytes) -> int:
    """Decode octal digits up to a null character; no digits are 0. Raises ValueError."""
    return int(field.partition(b"\0")[0].strip() or b"0", 8)


def _raw_text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _extend(
    stream: io.BufferedReader, kind: bytes, size: int, previous: _ExtendedHeader | None, at: int
) -> _ExtendedHeader | None:
    if kind == b"g":
        return previous  # comments and times for all members, never a name or a size
    if size > _MAX_EXTENDED_BYTES:
        raise TarError(f"the archive is damaged at byte {at}: an extended header is {size} bytes long")
    data = stream.read(size)
    if len(data) < size:
        raise TarError(f"the archive ends early, at byte {at + len(data)}")
    extended = previous or _ExtendedHeader()
    if kind == b"L":
        extended.name = data.partition(b"\0")[0]
    elif kind == b"K":
        extended.link = data.partition(b"\0")[0]
    else:
        _read_pax(data, extended, at)
    return extended


def _read_pax(data: bytes, extended: _ExtendedHeader, at: int) -> None:
    """Read records of the form ``LENGTH KEY=VALUE\\n``, whose length includes the entire record."""
    start = 0
    while start < len(data) and data[start]:
        space = data.find(b" ", start, start + 20)
        digits = data[start:space]
        end = start + (int(digits) if space > start and digits.isdigit() else 0)
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if space < 0 or end <= space + 1 or end > len(data) or not equals:
            raise TarError(f"the archive is damaged at byte {at + start}: bad pax record")
        if key == b"path" or key == b"GNU.sparse.name":
            extended.name = value
        elif key == b"linkpath":
            extended.link = value
        elif key == b"size":
            if not value.isdigit() or len(value) > 19 or int(value) >= _MAX_FILE_BYTES:
                raise TarError(f"the archive is damaged at byte {at + start}: a member has an impossible size")
            extended.size = int(value)
        elif key in (b"uid", b"gid"):
            if not value.isdigit() or len(value) > 10:
                raise TarError(f"the archive is damaged at byte {at + start}: a member has an invalid owner or group")
            extended.numbers[key] = int(value)
        elif key.startswith(_XATTR):
            extended.xattrs[_raw_text(key.removeprefix(_XATTR))] = value
        if key.startswith(_SPARSE):
            extended.records[key.removeprefix(_SPARSE)] = value
            if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
                extended.pairs.append(value)
        start = end


def _sparse_blocks(stream: io.BufferedReader, header: bytes) -> Iterator[bytes]:
    """Yield the blocks that continue an old GNU sparse map."""
    continues = header[482]
    count = 0
    while continues:
        block = stream.read(BLOCK_BYTES)
        if len(block) < BLOCK_BYTES:
            raise TarError("the archive ends early, in a sparse file's map")
        count += 1
        if count > _MAX_SPARSE_BLOCKS:
            raise TarError("the archive is damaged: a sparse file's map never ends")
        yield block
        continues = block[504]


def _sparseness(old: bytes | None, extended: _ExtendedHeader) -> Sparseness | None:
    """Return the layout of a sparse file, if it is one. ``old``: its header in the old GNU format."""
    try:
        if old is not None:
            return of_old_header(old, extended.blocks)
        return of_pax(extended.records, extended.pairs)
    except SparseError as error:
        raise TarError(f"the archive is damaged: {error}") from error
