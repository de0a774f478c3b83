"""Opening a file below a folder that holds what somebody else wrote."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

from cacheview.layers.entry import LayerError

__all__ = ["folder_below", "open_below"]


def open_below(folder: Path, name: bytes) -> io.FileIO:
    """A regular file, no link on the way followed. Raises `LayerError`, OSError."""
    file = _open(folder, name, getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise LayerError("it is no longer a file", where=os.fsdecode(name)[:200])
    return io.FileIO(file, "rb")


def folder_below(folder: Path, name: bytes) -> os.stat_result:
    """The status of a folder, no link on the way followed. Raises `LayerError`, OSError."""
    result = _open(folder, name, getattr(os, "O_DIRECTORY", 0))
    try:
        return os.fstat(result)
    finally:
        os.close(result)


def _open(folder: Path, name: bytes, flags: int) -> int:
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    if not parts or b".." in parts:
        raise LayerError("a name in it points outside its folder", where=os.fsdecode(name)[:200])
    if b"\0" in name:
        raise LayerError("a name in it has a null character, which no system accepts", where=os.fsdecode(name)[:200])
    if os.open not in os.supports_dir_fd:
        raise LayerError(
            "this system can open it only by following links: read the store on Linux", where=os.fsdecode(name)[:200]
        )
    nofollow = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
    here = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | nofollow, dir_fd=here)
            os.close(here)
            here = inner
        return os.open(parts[-1], os.O_RDONLY | nofollow | flags, dir_fd=here)
    finally:
        os.close(here)
