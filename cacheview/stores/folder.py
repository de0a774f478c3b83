"""The files of an OCI layout in a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cacheview.model import DataError
from cacheview.regular import is_missing
from cacheview.stores.budget import Budget, Resource
from cacheview.stores.files import open_regular
from cacheview.stores.members import clean_name
from cacheview.stores.problems import Problems

__all__ = ["FolderMembers"]


@dataclass
class FolderMembers:
    """A folder whose files are read as needed. Names cannot refer to files outside it."""

    path: Path
    budget: Budget
    problems: Problems = field(default_factory=Problems)
    _read: int = 0

    def read(self, name: str) -> bytes | None:
        """Return a JSON document; see `Members.read`."""
        path = self._inside(name)
        if path is None or (not os.path.lexists(path) and is_missing(path)):
            return None
        with open_regular(path, "") as file:
            size = os.fstat(file.fileno()).st_size
            limit = self.budget.limits.document
            if size > limit:
                raise DataError(f"is larger than {limit:,} bytes, the limit for a JSON document")
            self.budget.read(size)
            self.budget.spend(Resource.DOCUMENTS, size)
            content = file.read(limit)
        self._read += len(content)
        self.budget.meter.reached(self._read)
        return content

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None if there is none."""
        path = self._inside(name)
        try:
            status = os.stat(path) if path is not None else None
        except OSError:
            return None  # the size is unknown, whether the file is missing or unreadable
        return status.st_size if status is not None and stat.S_ISREG(status.st_mode) else None

    def documents(self) -> Iterator[str]:
        """Yield nothing: a folder is read by name, never searched."""
        return iter(())

    def _inside(self, name: str) -> Path | None:
        clean = clean_name(name)
        return None if clean is None else self.path.joinpath(*clean.split("/"))
