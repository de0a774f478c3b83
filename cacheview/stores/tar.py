"""The members of a tar archive, one after the other, in one pass.

Reads what Docker, skopeo, GNU tar, bsdtar and Python write: v7, ustar, GNU long names and sparse files, pax.
The standard library's reader is not used on files from outside: in Python versions that cacheview supports a
crafted header keeps it busy forever (CVE-2024-6232, CVE-2025-8194), and it spends most of its time on header
fields that are not needed here.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cacheview.stores.sparse import SparseError, Sparseness, of_old_header, of_pax

__all__ = ["BLOCK", "TarError", "TarHeader", "TarMember", "Written", "headers", "looks_like_tar", "walk"]

BLOCK = 512
_MAX_EXTENDED = 1024 * 1024  # bytes of one pax header or long name; paths end at 4096
_MAX_SIZE = 1 << 43  # 8 TiB

_REGULAR = frozenset((b"0", b"\0", b"7"))
_LINKS = frozenset((b"1", b"2"))
_WITHOUT_DATA = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
_DEVICES = frozenset((b"3", b"4"))
_XATTR = b"SCHILY.xattr."
_SPARSE = b"GNU.sparse."
_MOST_SPARSE_BLOCKS = 5000
_ZEROS = bytes(BLOCK)


class TarError(Exception):
    """The archive cannot be followed any further. What came before was good."""


class TarMember(NamedTuple):
    """One entry: its name as written, the bytes that follow, and whether they are the file's content.

    ``link`` is the target of a hard or symbolic link, otherwise empty.
    """

    name: str
    size: int
    regular: bool
    link: str


class Written(NamedTuple):
    """Fields of a header as they are written, which tarsum counts for members of every kind.

    Attributes:
        flag: the type flag; of the null byte of old archives what Go makes of it: ``0``, or ``5`` before a slash.
        size: also of a member without content.
        link: also of what is not a link.
        device: major and minor number; 0 in v7 archives, which have none.
    """

    flag: str
    size: int
    link: str
    device: tuple[int, int]


class TarHeader(NamedTuple):
    """Everything that the header of a member says, with what pax headers and GNU long names add.

    Attributes:
        name: as written; bytes that are not UTF-8 as `os.fsdecode` gives them. So is ``link``.
        kind: the type flag, one byte; a null byte of old archives is ``0``.
        size: bytes that follow the header.
        mode, uid, gid: as written; the mode may have the bits of the file's type.
        device: major and minor number, of a device.
        xattrs: by name, without the ``SCHILY.xattr.`` of pax.
        sparse: the bytes that follow are not the content as it is, but a sparse file's; None: they are.
        written: what the header itself says, whatever `kind` is.
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
    written: Written


class _Extended:
    """What pax headers and GNU long names say of the member after them."""

    def __init__(self) -> None:
        self.name: bytes | None = None
        self.link: bytes | None = None
        self.size: int | None = None
        self.blocks: list[bytes] = []  # that continue the map of a sparse file
        self.records: dict[bytes, bytes] = {}  # of a sparse file
        self.pairs: list[bytes] = []  # likewise, where they come again for each region
        self.numbers: dict[bytes, int] = {}
        self.xattrs: dict[str, bytes] = {}


def looks_like_tar(block: bytes) -> bool:
    """Whether a file beginning with this block is a tar archive, an empty one included."""
    return len(block) == BLOCK and (block == _ZEROS or _checksum_fits(block))


def walk(stream: io.BufferedReader) -> Iterator[TarMember]:
    """Each member, with the stream at its content: read of it what you like before asking for the next.

    The stream must seek forward; content that is not read is never in memory.

    Raises:
        TarError: a header is damaged or absurd, or the archive ends early.
    """
    for block, kind, size, extended, _ in _blocks(stream):
        yield _member(block, kind, size, extended)


def headers(stream: io.BufferedReader, *, needs_end: bool = True) -> Iterator[TarHeader]:
    """As `walk`, with everything that headers say.

    Args:
        stream: as `walk` takes it.
        needs_end: the two blocks of zeros have to be there. Go's reader does not need them.

    Raises:
        TarError: as `walk`, and where a number of the header is absurd.
    """
    for block, kind, size, extended, position in _blocks(stream, needs_end=needs_end):
        yield _header(block, kind, size, extended or _Extended(), position)


def _blocks(
    stream: io.BufferedReader, *, needs_end: bool = True
) -> Iterator[tuple[bytes, bytes, int, _Extended | None, int]]:
    """The block of each member, its kind, the bytes that follow, what extends it, and where it begins."""
    position = stream.tell()
    extended: _Extended | None = None
    while True:
        header = stream.read(BLOCK)
        if not header and not needs_end and extended is None:
            return
        if len(header) < BLOCK:
            raise TarError(f"the archive ends early, at byte {position + len(header)}")
        if header == _ZEROS:
            return
        if not _checksum_fits(header):
            raise TarError(f"the archive is damaged at byte {position}: not a tar header")
        size = _number(header[124:136], position)
        kind = header[156:157]
        position += BLOCK
        if kind in b"xgLKX":
            extended = _extend(stream, kind, size, extended, position)
            position += -(-size // BLOCK) * BLOCK
        else:
            if kind == b"S":
                more = list(_sparse_blocks(stream, header))
                position += len(more) * BLOCK
                extended = extended or _Extended()
                extended.blocks = more
            if extended is not None and extended.size is not None:
                size = extended.size
            yield header, kind, size, extended, position
            extended = None
            if kind not in _WITHOUT_DATA:
                position += -(-size // BLOCK) * BLOCK
        stream.seek(position)


def _member(header: bytes, kind: bytes, size: int, extended: _Extended | None) -> TarMember:
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


def _header(block: bytes, kind: bytes, size: int, extended: _Extended, position: int) -> TarHeader:
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
        Written(flag.decode("latin-1"), size, target, numbers),
    )


def _owner(extended: _Extended, key: bytes, field: bytes, position: int) -> int:
    return extended.numbers[key] if key in extended.numbers else _number(field, position)


def _checksum_fits(header: bytes) -> bool:
    try:
        stored = _octal(header[148:156])
    except ValueError:
        return False
    # The low half of adler32 is 1 + the sum of the bytes, modulo 65521: exact for 256 bytes, and far faster
    # than sum(). The checksum counts its own field as eight spaces.
    total = (zlib.adler32(header[:256]) & 0xFFFF) + (zlib.adler32(header[256:]) & 0xFFFF) - 2
    if stored == total - sum(header[148:156]) + 256:
        return True
    signed: tuple[int, ...] = struct.unpack("148b8x356b", header)  # some old tars summed signed bytes
    return stored == sum(signed) + 256


def _number(field: bytes, position: int) -> int:
    """A size: octal digits, or base 256 with the top bit set."""
    if field[0] & 0x80:
        value = int.from_bytes(field[1:], "big") if field[0] == 0x80 else -1
    else:
        try:
            value = _octal(field)
        except ValueError:
            value = -1
    if not 0 <= value < _MAX_SIZE:
        raise TarError(f"the archive is damaged at byte {position}: impossible size of a member")
    return value


def _octal(field: bytes) -> int:
    """Digits up to a null character; none are 0. Raises ValueError."""
    return int(field.partition(b"\0")[0].strip() or b"0", 8)


def _raw_text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _extend(stream: io.BufferedReader, kind: bytes, size: int, known: _Extended | None, at: int) -> _Extended | None:
    if kind == b"g":
        return known  # comments and times for all members, never a name or a size
    if size > _MAX_EXTENDED:
        raise TarError(f"the archive is damaged at byte {at}: an extended header of {size} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise TarError(f"the archive ends early, at byte {at + len(data)}")
    extended = known or _Extended()
    if kind == b"L":
        extended.name = data.partition(b"\0")[0]
    elif kind == b"K":
        extended.link = data.partition(b"\0")[0]
    else:
        _read_pax(data, extended, at)
    return extended


def _read_pax(data: bytes, extended: _Extended, at: int) -> None:
    """Records of the form ``LENGTH KEY=VALUE\\n``, where the length counts the whole record."""
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
            if not value.isdigit() or len(value) > 19 or int(value) >= _MAX_SIZE:
                raise TarError(f"the archive is damaged at byte {at + start}: impossible size of a member")
            extended.size = int(value)
        elif key in (b"uid", b"gid"):
            if not value.isdigit() or len(value) > 10:
                raise TarError(f"the archive is damaged at byte {at + start}: impossible owner of a member")
            extended.numbers[key] = int(value)
        elif key.startswith(_XATTR):
            extended.xattrs[_raw_text(key.removeprefix(_XATTR))] = value
        if key.startswith(_SPARSE):
            extended.records[key.removeprefix(_SPARSE)] = value
            if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
                extended.pairs.append(value)
        start = end


def _sparse_blocks(stream: io.BufferedReader, header: bytes) -> Iterator[bytes]:
    """The blocks that continue an old GNU sparse map."""
    more = header[482]
    count = 0
    while more:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise TarError("the archive ends early, in a sparse file's map")
        count += 1
        if count > _MOST_SPARSE_BLOCKS:
            raise TarError("the archive is damaged: a sparse file's map never ends")
        yield block
        more = block[504]


def _sparseness(old: bytes | None, extended: _Extended) -> Sparseness | None:
    """``old``: the header of a sparse file of the old GNU format."""
    try:
        if old is not None:
            return of_old_header(old, extended.blocks)
        return of_pax(extended.records, extended.pairs)
    except SparseError as error:
        raise TarError(f"the archive is damaged: {error}") from error
