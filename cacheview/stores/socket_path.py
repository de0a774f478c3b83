"""The longest path of a Unix socket."""

from __future__ import annotations

import os
import sys
from typing import Final

from cacheview.model import DataError

__all__ = ["require_short_path"]

_MAX_PATH_BYTES: Final = 107 if sys.platform == "linux" else 103
"""The size of ``sun_path`` in ``sockaddr_un`` in bytes, without the final null."""


def require_short_path(path: str | os.PathLike[str]) -> None:
    """Raise `DataError` if a socket's path is too long for the system to connect to it."""
    length = len(os.fsencode(path))
    if length > _MAX_PATH_BYTES:
        what = (
            f"this socket's path is {length} bytes long, but at most {_MAX_PATH_BYTES} are allowed. Create a link "
            "with a shorter path, and open the link"
        )
        raise DataError(what, where=os.fspath(path))
