"""Who may read a file or connect to a socket, and how to become one of them."""

from __future__ import annotations

import os
import stat
from typing import Final

__all__ = ["AS_ROOT", "group_of", "who_can"]

AS_ROOT: Final = "Run cacheview as root (sudo)"


def group_of(status: os.stat_result) -> str:
    """The group whose members may read a file or a folder, or connect to a socket.

    Empty where none may beside root's, where the group has no name, and on Windows, which has no such groups.
    """
    needed = stat.S_IWGRP if stat.S_ISSOCK(status.st_mode) else stat.S_IRGRP
    if not status.st_mode & needed:
        return ""
    try:
        import grp

        name = grp.getgrgid(status.st_gid).gr_name
    except (ImportError, KeyError):
        return ""
    return "" if name == "root" else name


def who_can(action: str, group: str = "") -> str:
    """Who is permitted an action, and what to do to be permitted it, as sentences without a final period.

    ``only root and the group docker can use it. Run `sudo usermod -aG docker $USER`, then log in again``
    """
    if group:
        return f"only root and the group {group} can {action}. Run `sudo usermod -aG {group} $USER`, then log in again"
    return f"only root can {action}. {AS_ROOT}"
