"""What of a file is another than it was: shown by the header that went into its sum, and by its content.

A sum is the digest of a header and the content after it. So the header of then and the content of now have the sum of
then exactly if the content is the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from cacheview.layers.changes import Aspect, FileChange, FileState, Mark, aspects_of

__all__ = ["change_of", "has_sum", "read_header"]

_HEADER: Final = re.compile(
    rb"/?mode(\d+)uid(\d+)gid(\d+)size(\d+)typeflag(.?)linkname(.*)"
    rb"uname[^/]*gname[^/]*?devmajor(\d+)devminor(\d+)(.*)",
    re.DOTALL,
)
_PERMISSIONS: Final = 0o7777


def read_header(path: str, header: bytes) -> FileState | None:
    """The fields that a sum begins with, without the name and the bits of the type; None: not a header of this path."""
    encoded = path.encode("utf-8", "surrogateescape")
    name = b"name" + encoded
    if not header.startswith(name):
        name = b"name./" + encoded
    match = _HEADER.match(header, len(name)) if header.startswith(name) else None
    if match is None:
        return None
    mode, uid, gid, size, kind, target, major, minor, more = match.groups()
    return FileState(
        kind=kind.decode("latin-1"),
        mode=int(mode) & _PERMISSIONS,
        uid=int(uid),
        gid=int(gid),
        size=int(size),
        target=target.decode("utf-8", "surrogateescape"),
        device=(int(major), int(minor)),
        attributes=more,
    )


def change_of(
    path: str, was: FileState | None, is_now: FileState | None, *, has_same_content: bool | None
) -> FileChange:
    """What became of a file whose sum is not what it was.

    Args:
        was, is_now: by its header then and now; None: not known.
        has_same_content: of two files of one size; None: that is not known.
    """
    if was is None or is_now is None:
        return FileChange(path, Mark.CHANGED, (Aspect.UNKNOWN,), was, is_now)
    aspects = aspects_of(was, is_now, has_same_content=has_same_content)
    mark = Mark.CHANGED if aspects else Mark.SAME
    return FileChange(path, mark, aspects or (Aspect.HEADER,), was, is_now)


def has_sum(sum_: str, header: bytes, content: Iterable[bytes]) -> bool:
    """Whether a header and a content have this sum."""
    digest = hashlib.sha256(header)
    for piece in content:
        digest.update(piece)
    return digest.hexdigest() == sum_
