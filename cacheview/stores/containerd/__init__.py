"""containerd as a store: its socket or its root folder. It is only read: see `client.ALLOWED_CALLS`.

For callers that combine a containerd with another store:

* `containerd_sockets` returns the usual sockets that exist.
* `open_containerd` reads a containerd through its socket or root folder.
* `images.read_images` creates images from any `records.ImageRecord` and `records.ContentStore`.
* `client.ContainerdClient` is a connection (a context manager), and `root.RootFolder` is a root folder. Both have
  namespaces, and each namespace has image records and blobs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedLocation
    from cacheview.stores.reading import Reading

__all__ = ["containerd_sockets", "open_containerd"]

# Read when gRPC is loaded. Without it, gRPC prints messages about the server to standard error.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")


def open_containerd(target: str, reading: Reading) -> OpenedLocation:
    """Read the images of a containerd. ``target`` is the part of a location after ``containerd:``.

    The target is a socket, a root folder, or empty for the usual socket; ``#NAMESPACE`` may follow. Without it, the
    namespace of a Docker Engine is shown, or if there is none, the first namespace that has images.

    Raises:
        DataError: there is no containerd, it does not answer, or nothing in it can be read. The message says what,
            where, and what to do.
        Canceled: ``reading.progress`` canceled the work.
    """
    from cacheview.stores.containerd.opening import open_target

    return open_target(target, reading)


def containerd_sockets() -> list[Path]:
    """Return the usual sockets that exist on this machine, whether or not this user may use them."""
    from cacheview.stores.containerd.sockets import containerd_sockets

    return containerd_sockets()
