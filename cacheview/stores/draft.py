"""Writes a file either completely or not at all."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cacheview.model import DataError

__all__ = ["write_whole"]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_whole(
    target: Path, fill: Callable[[BinaryIO], object], where: str, *, ready: Callable[[], object] | None = None
) -> None:
    """Write a draft next to a file, then replace the file with it in one step, once it is completely on the disk.

    Only the user can read the file, whatever mode it had before.

    Args:
        target: the file, which need not exist yet.
        fill: writes the content. An exception that it raises propagates, and the file stays unchanged.
        where: the name of the file in errors.
        ready: called before the draft replaces the file; its exceptions propagate too.

    Raises:
        DataError: the file cannot be written.
    """
    # A draft that was canceled a moment ago may still exist.
    draft = target.with_name(f".{target.name[:200]}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        try:
            # The content may include secrets of a store, so no one else may read it.
            with open(draft, "xb", opener=_private) as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            if ready is not None:
                ready()
            os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            (f"cannot be written: {error.strerror or error}. Choose a different location"), where=where
        ) from error
