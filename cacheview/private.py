"""Files that the program saves for itself, readable only by the user: names of stores, files and builds are private."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

from cacheview.regular import open_to_read

__all__ = ["make_private_folder", "open_private"]


def make_private_folder(path: Path) -> None:
    """Create a folder and its missing parents so that only the user can enter them, regardless of the umask.

    Existing folders stay unchanged. Raises OSError.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path) -> BinaryIO:
    """Open a saved file. If others can read it, another program wrote it, and it is made private.

    Raises:
        OSError: it cannot be opened; FileNotFoundError: it does not exist.
        NotRegularError: it is not a regular file, so this program did not write it.
    """
    descriptor = open_to_read(path, follow=False)  # the mode of a file elsewhere must not change
    try:
        mode = os.fstat(descriptor).st_mode
        if mode & 0o077 and hasattr(os, "fchmod"):
            with contextlib.suppress(OSError):
                os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
