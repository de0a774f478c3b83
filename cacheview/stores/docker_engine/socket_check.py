"""Checks whether anything listens on a Unix socket."""

from __future__ import annotations

import errno
import os
import socket

__all__ = ["check_listening"]


def check_listening(path: str | os.PathLike[str], seconds: float) -> None:
    """Connect to a Unix socket and disconnect without sending anything.

    Raises:
        OSError: no one is listening, or the system has no Unix sockets (Python on Windows).
    """
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        raise OSError(errno.EAFNOSUPPORT, "this system does not support Unix sockets")
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        connection.connect(os.fspath(path))
