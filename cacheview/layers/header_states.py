"""Reads the state of a file from its header: a tar header, or the bytes of one that are part of a checksum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cacheview.dockerfile.context.tarsum import Header
from cacheview.layers.changes import FileState

__all__ = ["read_header", "state_of", "states_of"]

_HEADER: Final = re.compile(
    rb"/?mode(\d+)uid(\d+)gid(\d+)size(\d+)typeflag(.?)linkname(.*)"
    rb"uname[^/]*gname[^/]*?devmajor(\d+)devminor(\d+)(.*)",
    re.DOTALL,
)
_MODE_BITS: Final = 0o7777


def read_header(path: str, header: bytes) -> FileState | None:
    """Read the hashed bytes of a header, except for its name; None: it is not the header of this path."""
    encoded = path.encode("utf-8", "surrogateescape")
    match = _fields_after(b"name" + encoded, header) or _fields_after(b"name./" + encoded, header)
    if match is None:
        return None
    mode, uid, gid, size, kind, target, major, minor, more = match.groups()
    return FileState(
        kind=kind.decode("latin-1"),
        mode=int(mode) & _MODE_BITS,
        uid=int(uid),
        gid=int(gid),
        size=int(size),
        target=target.decode("utf-8", "surrogateescape"),
        device=(int(major), int(minor)),
        attributes=more,
    )


def _fields_after(name: bytes, header: bytes) -> re.Match[bytes] | None:
    return _HEADER.match(header, len(name)) if header.startswith(name) else None


def state_of(path: str, header: Header) -> FileState | None:
    """Return the same as `read_header` of `Header.hashed_bytes`, without creating those bytes."""
    name, mode, uid, gid, size, kind, link, device, _, owner_names = header
    if any(owner_names) or (name != path and name.removesuffix("/") not in (path, f"./{path}")):
        return read_header(path, header.hashed_bytes())
    if mode < 0 or uid < 0 or gid < 0 or size < 0 or min(device) < 0:
        return None
    return FileState(kind, mode & _MODE_BITS, uid, gid, size, link, device, header.hashed_attributes())


def states_of(headers: Mapping[str, bytes]) -> dict[str, FileState]:
    """Return `read_header` for several files, by path, without headers that cannot be read."""
    read = ((path, read_header(path, header)) for path, header in headers.items())
    return {path: state for path, state in read if state is not None}
