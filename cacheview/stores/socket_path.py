"""How long the path of a Unix socket may be."""

from __future__ import annotations

import os
import sys
from typing import Final

from cacheview.model import DataError

__all__ = ["demand_short_path"]

_LONGEST: Final = 107 if sys.platform == "linux" else 103
"""Bytes of ``sun_path`` in ``sockaddr_un``, without the null at its end."""


def demand_short_path(path: str | os.PathLike[str]) -> None:
    """Raises `DataError` if the system cannot connect to a socket because its path is too long."""
    length = len(os.fsencode(path))
    if length > _LONGEST:
        what = f"the path of a socket may have {_LONGEST} bytes; this one has {length}. Open a link with a shorter path"
        raise DataError(what, where=os.fspath(path))
