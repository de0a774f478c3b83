"""containerd as a store: its socket, or its root folder. Only read: see `client.ALLOWED`.

For callers that have a containerd beside something else:

* `containerd_sockets` reports which usual sockets exist.
* `open_containerd` reads all of one, by socket or root folder.
* `images.read_images` makes images of any `records.ImageRecord` and `records.ContentStore`.
* `client.ContainerdClient` is a connection, a context manager; `root.RootFolder` a root folder. Both have namespaces,
  and each namespace image records and blobs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.stores.opened import Opened
    from cacheview.stores.reading import Reading

__all__ = ["containerd_sockets", "open_containerd"]

# Read when gRPC is loaded: else that prints on standard error what it thinks of a server.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")


def open_containerd(target: str, reading: Reading) -> Opened:
    """Read the images of a containerd. ``target`` is what follows ``containerd:`` in a location.

    It is a socket, a root folder, or empty for the usual socket; ``#NAMESPACE`` may follow. Without one, the namespace
    of a Docker Engine is shown, otherwise the first that has images.

    Raises:
        DataError: there is none, it does not answer, or nothing of it can be read: what, where, and what to do.
        Cancelled: by the progress.
    """
    from cacheview.stores.containerd.opening import open_target

    return open_target(target, reading)


def containerd_sockets() -> list[Path]:
    """The usual sockets that exist on this machine, whether this user may use them or not."""
    from cacheview.stores.containerd.sockets import containerd_sockets

    return containerd_sockets()
