"""Opens regular files without blocking, and reads them with progress."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from cacheview.model import DataError
from cacheview.regular import NotRegularError, open_to_read
from cacheview.stores.progress import Meter, Progress

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["BUFFER_BYTES", "MeteredFile", "not_a_file", "open_metered", "open_regular", "refusal", "what_it_is"]

BUFFER_BYTES = 256 * 1024

_pread = getattr(os, "pread", None)  # not on Windows

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def what_it_is(mode: int) -> str:
    """Describe a file mode in words."""
    return next((words for test, words in _KINDS if test(mode)), "not a regular file")


def not_a_file(mode: int) -> str:
    """Describe in words why a mode is not that of a regular file."""
    return "a link, and links are not followed" if stat.S_ISLNK(mode) else f"{what_it_is(mode)}, not a file"


def refusal(error: OSError, where: str) -> DataError:
    """Return an error of the operating system as a `DataError`, with what to do."""
    if isinstance(error, FileNotFoundError):
        what = "there is no such file or folder. Check the path"
    elif isinstance(error, PermissionError):
        what = "you do not have permission to read this path. Change its permissions, or open a copy that you own"
    else:
        what = f"cannot be read: {error.strerror or error}"
    return DataError(what, where=where)


def path_of(text: str) -> Path:
    """Return a path. Raises `DataError` if it contains a null character, which no operating system accepts."""
    if "\0" in text:
        raise DataError("is not a path: it contains a null character", where=repr(text[:200]))
    return Path(text)


def open_regular(path: Path, where: str) -> io.FileIO:
    """Open a regular file to read, as `open_to_read` does; a link is followed.

    Raises:
        DataError: the path is not a regular file, or cannot be opened.
    """
    path = path_of(os.fspath(path))
    try:
        return io.FileIO(open_to_read(path, follow=True), "rb")
    except NotRegularError as error:
        what = f"is {what_it_is(error.mode)}, not a file. Open an archive, an OCI layout folder or a suite file"
        raise DataError(what, where=where) from error
    except OSError as error:
        raise refusal(error, where) from error


def open_metered(path: Path, where: str, progress: Progress | None) -> tuple[io.BufferedReader, Meter]:
    """Open a regular file to read with progress. Raises `DataError` as `open_regular` does."""
    file = open_regular(path, where)
    meter = Meter(progress, os.fstat(file.fileno()).st_size, f"Reading {path.name}")
    reader: io.BufferedReader = io.BufferedReader(MeteredFile(file, meter), BUFFER_BYTES)
    return reader, meter


class MeteredFile(io.RawIOBase):
    """An open file that reports to a `Meter` how far it has been read. Closing it closes the file."""

    def __init__(self, file: io.FileIO, meter: Meter) -> None:
        self._file = file
        self._meter = meter
        self._position = file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._file.readinto(buffer) or 0
        self._position += count
        self._meter.reached(self._position)
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = self._file.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        return self._position

    def read_again(self, position: int, size: int) -> bytes:
        """Return up to ``size`` bytes that have been read before. Reading then continues where it was."""
        if _pread is not None:
            content: bytes = _pread(self._file.fileno(), size, position)
            return content
        self._file.seek(position)
        try:
            return self._file.read(size)
        finally:
            self._file.seek(self._position)

    def close(self) -> None:
        self._file.close()
        super().close()
