"""An entry of a build context: a file, folder, link or device."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["Entry", "EntryKind"]


class EntryKind(Enum):
    """The kinds of entries, by their tar type flag. A socket has none: the client sees it, but leaves it out."""

    FILE = "0"
    SYMLINK = "2"
    CHARACTER_DEVICE = "3"
    BLOCK_DEVICE = "4"
    DIRECTORY = "5"
    FIFO = "6"
    SOCKET = ""


class Entry(NamedTuple):
    """One entry of a context.

    Attributes:
        path: relative to the context, clean; bytes that are not UTF-8 are escaped as by `os.fsdecode`.
        kind: the kind of entry.
        mode: its permission bits, with set-user-id, set-group-id and sticky.
        size: in bytes; 0 unless it is a file.
        target: the target of a symlink, as written.
        inode: its inode number if it has more than one name, so the client may send a hard link; otherwise 0.
        device: the major and minor numbers of a device.
        capability: the value of ``security.capability``; empty if none.
        is_readable: False if its permissions prevent the client from reading it.
        is_executable: whether the client may run it.
        uid, gid: its owner.
        stamp: a value that changes if the content may have changed: equal stamps mean equal contents. Empty if unknown.
    """

    path: str
    kind: EntryKind
    mode: int
    size: int = 0
    target: str = ""
    inode: int = 0
    device: tuple[int, int] = (0, 0)
    capability: bytes = b""
    is_readable: bool = True
    is_executable: bool = False
    uid: int = 0
    gid: int = 0
    stamp: tuple[int, ...] = ()
