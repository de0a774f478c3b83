"""Adds a case to a suite file as a new line at the end. Everything before it stays unchanged, byte for byte."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

from cacheview.model import DataError, SuiteCase
from cacheview.model.effort import go_on
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.compression import DamagedStreamError, decompressed
from cacheview.stores.draft import write_whole
from cacheview.stores.files import open_regular
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.line_pieces import line_pieces, write_line
from cacheview.stores.progress import Progress, metered, steps
from cacheview.stores.reasons import reason
from cacheview.stores.suite import read_suite

__all__ = ["append_case"]

_READ_BYTES: Final = 1 << 20
_GZIP_MAGIC: Final = b"\x1f\x8b"
_OTHER_COMPRESSIONS: Final = (b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")


def append_case(
    path: str | os.PathLike[str],
    case: SuiteCase,
    *,
    progress: Progress | None = None,
    ready: Callable[[], object] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> int:
    """Append a case to a suite file, or create one, completely or not at all. Returns the new number of cases.

    A file compressed by gzip gets another member. A new file is compressed if its name ends in ``.gz``.

    Args:
        ready: called before the draft replaces the file. An exception that it raises propagates, and the file stays
            unchanged.

    Raises:
        DataError: the file is not a complete suite, or cannot be written. It stays unchanged.
        Canceled: ``progress`` canceled the work. The file stays unchanged.
    """
    reading, writing = steps(progress, 2)
    where = os.fspath(path)
    target = Path(os.path.realpath(path))  # a link stays a link
    line = line_pieces(case, {"images": metered(case.images, writing, "Writing the images")}, limits=limits)
    before, cases, compressed = None, 0, target.suffix == ".gz"
    if os.path.lexists(target):
        before = _signature(target, where)
        head = _head(target, where)
        if head.startswith(_OTHER_COMPRESSIONS):
            raise DataError("is compressed, but not with gzip. Decompress it, or choose another file", where=where)
        if head:
            compressed = head.startswith(_GZIP_MAGIC)
            cases = _cases(where, reading, limits)
            if not _has_line_end(target, where):
                line = chain("\n", line)
    _write(target, line, before, where, is_compressed=compressed, ready=ready)
    return cases + 1


def _cases(where: str, progress: Progress | None, limits: Limits) -> int:
    """Count the cases. Raises `DataError` for the first line that is not a case."""
    count = 0
    for case in read_suite(where, progress, limits=limits):
        if isinstance(case, DataError):
            what = f"{case.what}. Nothing was added; repair that line, or choose another file"
            raise DataError(what, where=case.where, path=case.path)
        count += 1
    return count


def _head(target: Path, where: str) -> bytes:
    with open_regular(target, where) as file:
        return file.read(8)


def _has_line_end(target: Path, where: str) -> bool:
    """Whether the last line ends with a line end."""
    last = b"\n"
    try:
        file: io.BufferedReader = io.BufferedReader(open_regular(target, where))
        with file:
            stream, _ = decompressed(file, Budget())
            while chunk := stream.read(_READ_BYTES):
                go_on()
                last = chunk[-1:]
    except LimitError as error:
        raise DataError(f"{error}. Nothing was added", where=where) from error
    except (DamagedStreamError, OSError) as error:
        raise DataError(
            f"the file cannot be read to the end: {reason(error)}. Nothing was added", where=where
        ) from error
    return last == b"\n"


def _signature(target: Path, where: str) -> tuple[int, int, int]:
    try:
        status = os.stat(target)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}. Choose another file", where=where) from error
    return status.st_ino, status.st_size, status.st_mtime_ns


def _write(
    target: Path,
    line: Iterable[str],
    before: tuple[int, int, int] | None,
    where: str,
    *,
    is_compressed: bool,
    ready: Callable[[], object] | None,
) -> None:
    def fill(file: BinaryIO) -> None:
        if before is not None:
            shutil.copymode(target, file.name)  # first, so that a private file stays private
            with open_regular(target, where) as old:
                while chunk := old.read(_READ_BYTES):
                    go_on()
                    file.write(chunk)
        write_line(file, line, where, is_compressed=is_compressed)

    def compare() -> None:
        now = _signature(target, where) if os.path.lexists(target) else None
        if now != before:
            raise DataError("was changed by another program in the meantime. Nothing was added; try again", where=where)
        if ready is not None:
            ready()

    write_whole(target, fill, where, ready=compare)
