"""What of a file is another than it was: told by the header that went into its sum, and by its content.

A sum is the digest of a header and the content after it. So the header of then and the content of now have the sum of
then exactly if the content is the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["Header", "changes_of", "read_header"]

_HEADER: Final = re.compile(
    rb"/?mode(?P<mode>\d+)uid(?P<uid>\d+)gid(?P<gid>\d+)size(?P<size>\d+)typeflag(?P<kind>.?)linkname(?P<target>.*)"
    rb"uname(?P<user>[^/]*)gname(?P<group>[^/]*?)devmajor(?P<major>\d+)devminor(?P<minor>\d+)(?P<more>.*)",
    re.DOTALL,
)
_PERMISSIONS: Final = 0o7777
_FILE, _LINK = b"0", b"2"
_KINDS: Final = {
    b"0": "a file",
    b"1": "a second name of a file",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a directory",
    b"6": "a named pipe",
}


@dataclass(frozen=True, slots=True)
class Header:
    """The fields that a sum begins with, without the name. ``more``: extended attributes."""

    mode: int
    owner: str
    size: int
    kind: bytes
    target: bytes
    device: str
    more: bytes

    @property
    def permissions(self) -> int:
        """The mode without the bits of the file's type, which some clients send."""
        return self.mode & _PERMISSIONS


def read_header(path: str, header: bytes) -> Header | None:
    """The fields of a header (`header_bytes`); None: it is not one of this path."""
    name = b"name" + path.encode("utf-8", "surrogateescape")
    found = _HEADER.match(header, len(name)) if header.startswith(name) else None
    if found is None:
        return None
    return Header(
        mode=int(found["mode"]),
        owner=f"{int(found['uid'])}:{int(found['gid'])}",
        size=int(found["size"]),
        kind=found["kind"],
        target=found["target"],
        device=f"{int(found['major'])}:{int(found['minor'])}",
        more=found["more"],
    )


def changes_of(
    path: str, before: str, old: bytes, new: bytes, content: Callable[[], Iterator[bytes]]
) -> tuple[str, ...] | None:
    """What of a file is another than it was, in phrases; none: only the header is written in another way.

    Args:
        before: its sum at that time.
        old, new: its header then and now.
        content: reads what it has now.

    Returns:
        None where the headers do not say.
    """
    was, is_now = read_header(path, old), read_header(path, new)
    if was is None or is_now is None:
        return None
    if was.kind != is_now.kind:
        return (f"{_KINDS.get(is_now.kind, 'of another kind')} now, was {_KINDS.get(was.kind, 'of another kind')}",)
    found = []
    if was.kind == _FILE and (was.size != is_now.size or old == new or not _has(before, old, content)):
        found.append("content changed")
    if was.target != is_now.target:
        what = "link" if was.kind == _LINK else "first name"
        found.append(f"{what} to {_shown(is_now.target)}, was {_shown(was.target)}")
    if was.permissions != is_now.permissions:
        found.append(f"mode {is_now.permissions:03o}, was {was.permissions:03o}")
    if was.owner != is_now.owner:
        found.append(f"owner {is_now.owner}, was {was.owner}")
    if was.device != is_now.device:
        found.append(f"device {is_now.device}, was {was.device}")
    if was.more != is_now.more:
        found.append("extended attributes changed")
    return tuple(found)


def _has(sum_: str, header: bytes, content: Callable[[], Iterator[bytes]]) -> bool:
    digest = hashlib.sha256(header)
    for piece in content():
        digest.update(piece)
    return digest.hexdigest() == sum_


def _shown(target: bytes) -> str:
    return target.decode("utf-8", "replace")[:200]
