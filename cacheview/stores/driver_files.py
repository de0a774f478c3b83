"""The files below a driver's folder in a data root, opened without following links and without a chance to hang."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cacheview.model import DataError
from cacheview.regular import NotRegularError, open_to_read
from cacheview.stores.budget import Budget, Resource
from cacheview.stores.files import not_a_file

__all__ = ["SHORT", "DriverFiles", "mode_of"]

SHORT = 4096
"""Bytes at most of the files that hold an id, a time or a number."""


@dataclass
class DriverFiles:
    """Files by their name below a folder. Docker writes no links there, so one that is found leads astray."""

    folder: Path
    budget: Budget

    def path(self, name: str) -> str:
        """The path of a file."""
        return f"{self.folder}/{name}"  # a third of the time of reading would go into this with Path

    def exists(self, name: str) -> bool:
        """Whether there is anything of the name."""
        return os.path.lexists(self.path(name))

    def read(self, name: str, limit: int) -> bytes | None:
        """The content of a file; None if there is none.

        Raises:
            DataError: it is not a regular file, or has more than ``limit`` bytes.
            LimitError: it is more than is read of one store.
            OSError: it cannot be read.
        """
        try:
            descriptor = open_to_read(self.path(name), follow=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except NotRegularError as error:
            raise DataError(f"{name} is {not_a_file(error.mode)}") from None
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if status.st_size > limit:
                raise DataError(f"{name} has {status.st_size:,} bytes; at most {limit:,} are read")
            self.budget.read(status.st_size)
            self.budget.spend(Resource.DOCUMENTS, status.st_size)
            return file.read(status.st_size) or b""

    def has_folder(self, name: str) -> bool:
        """Whether a folder is there. Raises `DataError` if a link leads out of the driver's folder to it."""
        path = self.folder / name
        if not stat.S_ISDIR(mode_of(path)):
            return False
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise DataError(
                f"{name} is a link that points outside the store, so it is not followed", where=str(self.folder)
            )
        return True


def mode_of(path: Path) -> int:
    """Of what is there, links followed; 0 where there is nothing. Raises `OSError` if that is not known."""
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
