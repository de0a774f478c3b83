"""containerd's sockets, and who may connect to them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cacheview.model import DataError
from cacheview.stores.permission import group_of, who_can
from cacheview.stores.socket_path import require_short_path

__all__ = ["USUAL_SOCKETS", "containerd_sockets", "require_usable_socket", "usual_socket"]

USUAL_SOCKETS = ("/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock")
"""containerd's own socket, and the socket of the containerd that a Docker Engine starts if there is no other."""

_FOLDERS = (
    "You can also open containerd's root folder, usually containerd:/var/lib/containerd, or "
    "containerd:/var/lib/docker/containerd/daemon if Docker started containerd"
)


def containerd_sockets() -> list[Path]:
    """Return the usual sockets that exist on this machine, whether or not this user may use them."""
    return [Path(path) for path in USUAL_SOCKETS if _is_socket(path)]


def usual_socket() -> Path:
    """Return the socket to use if none is given. Raises `DataError` if there is none."""
    for socket in containerd_sockets():
        return socket
    for path in USUAL_SOCKETS:
        try:
            os.stat(path)
        except PermissionError as error:
            raise DataError(
                f"you do not have permission to access this path: {who_can('access it')}", where=path
            ) from error
        except OSError:
            continue
    paths = " or ".join(USUAL_SOCKETS)
    raise DataError(f"there is no containerd socket at {paths}. Is containerd running? {_FOLDERS}")


def require_usable_socket(path: Path) -> None:
    """Raise `DataError`, with what to do, if a socket path is too long or the socket belongs to someone else."""
    require_short_path(path)
    if os.access(path, os.R_OK | os.W_OK):
        return
    who = who_can("use it", group_of(os.stat(path)))
    raise DataError(f"you do not have permission to use this socket: {who}", where=str(path))


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False
