"""Finds the Dockerfile of a context, as ``docker build`` does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cacheview.dockerfile.context.gopath import from_system
from cacheview.model import DataError

__all__ = ["DEFAULT_NAME", "Dockerfile", "find_dockerfile"]

DEFAULT_NAME: Final = "Dockerfile"
_MAX_DOCKERFILE_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A Dockerfile on disk.

    Attributes:
        path: path of the file.
        name: its path in the context, with links followed; empty if it is outside.
        written: its path as written, with links not followed.
        leads_out: whether the default Dockerfile is a link out of the context, which the docker CLI refuses.
    """

    path: Path
    name: str
    written: str
    leads_out: bool = False

    def read(self) -> bytes:
        """Read all of it. Raises `DataError` if it cannot be read, or is larger than any Dockerfile."""
        where = str(self.path)
        try:
            if not self.path.is_file():
                raise DataError("does not exist or is not a file; specify another file with -f", where=where)
            with open(self.path, "rb") as file:
                data = file.read(_MAX_DOCKERFILE_BYTES + 1)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}", where=where) from error
        if len(data) > _MAX_DOCKERFILE_BYTES:
            raise DataError(
                f"is larger than {_MAX_DOCKERFILE_BYTES >> 20} MiB, the limit for a Dockerfile", where=where
            )
        return data


def find_dockerfile(context: str | os.PathLike[str], file: str | os.PathLike[str] = "") -> Dockerfile:
    """Find the Dockerfile of a context folder.

    Args:
        context: a folder.
        file: the value of ``-f``, relative to the current folder; empty: ``Dockerfile`` in the context, or
            ``dockerfile``.
    """
    root = Path(os.path.realpath(context))
    if not os.fspath(file):
        path = root / DEFAULT_NAME
        if not os.path.lexists(path) and os.path.lexists(root / DEFAULT_NAME.lower()):
            path = root / DEFAULT_NAME.lower()
    else:
        path = Path(os.path.abspath(file))
    real = Path(os.path.realpath(path))
    name = real.relative_to(root).as_posix() if real.is_relative_to(root) else ""
    beginning = os.path.abspath(context) if os.fspath(file) else root
    written = path.relative_to(beginning).as_posix() if path.is_relative_to(beginning) else ""
    return Dockerfile(path, from_system(name), from_system(written), leads_out=not name and not os.fspath(file))
