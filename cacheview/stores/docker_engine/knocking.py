"""Checks whether anything listens on a Unix socket."""

from __future__ import annotations

import errno
import os
import socket

__all__ = ["knock"]


def knock(path: str | os.PathLike[str], seconds: float) -> None:
    """Connect to a Unix socket and disconnect without sending anything.

    Raises:
        OSError: no one is listening, or the system has no Unix sockets (Python on Windows).
    """
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        raise OSError(errno.EAFNOSUPPORT, "this system does not support Unix sockets")
    with socket.socket(family, socket.SOCK_STREAM) as knocking:
        knocking.settimeout(seconds)
        knocking.connect(os.fspath(path))
