"""Opens a regular file to read, without blocking, whatever is at its path; and says whether something is there."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

__all__ = ["NotRegularError", "is_missing", "open_sized", "open_to_read"]

# Not every system has all of these.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)  # a pipe put there after the check would block forever
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


class NotRegularError(ValueError):
    """There is something other than a regular file at the path.

    Attributes:
        mode: its mode, as `os.stat` reports it.
    """

    def __init__(self, mode: int) -> None:
        super().__init__("not a regular file")
        self.mode = mode


def is_missing(path: str | os.PathLike[str]) -> bool:
    """Whether nothing is at a path. False if this cannot be determined; opening the path then says why.

    `Path.exists` raises an error for a folder without permission, and `os.path.exists` takes it for a missing file.
    """
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def open_to_read(path: str | bytes | Path, *, follow: bool, folder: int | None = None) -> int:
    """Open a regular file and return its descriptor. A pipe or a device is not opened, so it cannot block or act.

    Args:
        follow: whether a link at the path is followed; otherwise a link is not a regular file.
        folder: descriptor of the folder that a relative path starts from; None: the current one.

    Raises:
        NotRegularError: it is not a regular file.
        OSError: it cannot be opened.
        ValueError: the path contains a null character.
    """
    return open_sized(path, follow=follow, folder=folder)[0]


def open_sized(path: str | bytes | Path, *, follow: bool, folder: int | None = None) -> tuple[int, int]:
    """Open a regular file as `open_to_read` does, and return its descriptor and its size in bytes."""
    _demand_regular(os.stat(path, dir_fd=folder, follow_symlinks=follow).st_mode)
    descriptor = os.open(path, _FLAGS | _NONBLOCK | (0 if follow else _NOFOLLOW), dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        _demand_regular(status.st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status.st_size


def _demand_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise NotRegularError(mode)
