"""Who may read a file or connect to a socket, and how to get that permission."""

from __future__ import annotations

import os
import stat
from typing import Final

__all__ = ["AS_ROOT", "group_of", "who_can"]

AS_ROOT: Final = "Run cacheview as root (sudo)"


def group_of(status: os.stat_result) -> str:
    """Return the group whose members may read a file or folder, or connect to a socket.

    Empty if no group other than root's may, if the group has no name, and on Windows, which has no such groups.
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
    """Describe who may do an action, and how to get permission, as sentences without a final period.

    ``only root and members of the group docker can use it. Run `sudo usermod -aG docker $USER`, then log in again``
    """
    if group:
        return (
            f"only root and members of the group {group} can {action}. Run `sudo usermod -aG {group} $USER`, then log "
            "in again"
        )
    return f"only root can {action}. {AS_ROOT}"
