"""Writes a file completely, or not at all."""

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
    """Write a draft beside a file, then put it in the file's place: in one step, once all of it is on the disk.

    Only the user can read the file, whatever mode it had before.

    Args:
        target: the file; it need not be there yet.
        fill: writes the content. What it raises goes on, and the file is as it was.
        where: what the file is called in an error.
        ready: called before the draft takes the place; likewise.

    Raises:
        DataError: it cannot be written there.
    """
    # One that was cancelled a moment ago may still be there.
    draft = target.with_name(f".{target.name[:200]}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        try:
            # What is written may hold secrets of a store: nobody else reads it.
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
        raise DataError(f"cannot be written: {error.strerror or error}. Choose another place", where=where) from error
