"""Opens files in a folder whose content is not trusted."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Final

from cacheview.layers.entry import LayerError
from cacheview.regular import NotRegularError, open_to_read

__all__ = ["folder_below", "open_below"]

_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def open_below(folder: Path, name: bytes) -> io.FileIO:
    """Open a regular file without following any link in its path. Raises `LayerError`, OSError."""
    parent, last = _folder_of(folder, name)
    try:
        return io.FileIO(open_to_read(last, follow=False, folder=parent), "rb")
    except NotRegularError:
        raise LayerError("is no longer a file", where=os.fsdecode(name)[:200]) from None
    finally:
        os.close(parent)


def folder_below(folder: Path, name: bytes) -> os.stat_result:
    """Return the status of a folder without following any link in its path. Raises `LayerError`, OSError."""
    parent, last = _folder_of(folder, name)
    try:
        result = os.open(last, _FOLDER | _NOFOLLOW, dir_fd=parent)
    finally:
        os.close(parent)
    try:
        return os.fstat(result)
    finally:
        os.close(result)


def _folder_of(folder: Path, name: bytes) -> tuple[int, bytes]:
    """Open the folder of a name below ``folder``; return it and the last part of the name."""
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    if not parts or b".." in parts:
        raise LayerError("points outside the layer's folder", where=os.fsdecode(name)[:200])
    if b"\0" in name:
        raise LayerError("contains a null character, which is not valid in a path", where=os.fsdecode(name)[:200])
    if os.open not in os.supports_dir_fd:
        raise LayerError(
            "this system can open the file only by following links. Read the store on Linux",
            where=os.fsdecode(name)[:200],
        )
    descriptor = os.open(folder, _FOLDER)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER | _NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, parts[-1]
