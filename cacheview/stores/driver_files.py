"""The files below a driver's folder in a data root, opened without following links and without blocking."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cacheview.model import DataError
from cacheview.regular import NotRegularError, open_sized
from cacheview.stores.budget import Budget, Resource
from cacheview.stores.files import not_a_file

__all__ = ["MAX_SHORT_FILE_BYTES", "DriverFiles", "mode_of"]

MAX_SHORT_FILE_BYTES = 4096
"""The size limit in bytes of a file that contains an id, a time or a number."""


@dataclass
class DriverFiles:
    """Files by name below a folder. Links are not followed: Docker creates none there."""

    folder: Path
    budget: Budget

    def path(self, name: str) -> str:
        """Return the path of a file."""
        return f"{self.folder}/{name}"  # Path would account for a third of the reading time

    def exists(self, name: str) -> bool:
        """Whether a file or folder of this name exists."""
        return os.path.lexists(self.path(name))

    def read(self, name: str, limit: int) -> bytes | None:
        """Return the content of a file; None if it does not exist.

        Raises:
            DataError: the file is not regular, or has more than ``limit`` bytes.
            LimitError: the file exceeds the limits of the store.
            OSError: the file cannot be read.
        """
        try:
            descriptor, size = open_sized(self.path(name), follow=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except NotRegularError as error:
            raise DataError(f"{name} is {not_a_file(error.mode)}") from None
        try:
            if size > limit:
                raise DataError(f"{name} is larger than {limit:,} bytes, the limit for this file")
            self.budget.read(size)
            self.budget.spend(Resource.DOCUMENTS, size)
            return os.read(descriptor, size)  # a file object would take as long as opening the file
        finally:
            os.close(descriptor)

    def has_folder(self, name: str) -> bool:
        """Whether a folder exists. Raises `DataError` if it is a link to outside of the driver's folder."""
        path = self.folder / name
        if not stat.S_ISDIR(mode_of(path)):
            return False
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise DataError(
                f"{name} is a link that points outside the store, so it is not followed", where=str(self.folder)
            )
        return True


def mode_of(path: Path) -> int:
    """Return the mode of a path, following links; 0 if nothing is there.

    Raises `OSError` if it cannot be determined.
    """
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
