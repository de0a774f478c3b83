"""Builds of replay files by name: ``FILE``, or ``FILE#N`` for the build at line N."""

from __future__ import annotations

import os
import re
import zlib
from typing import Final

from cacheview.model import DataError
from cacheview.replay.file import ReplayCase
from cacheview.replay.tar_context import compression_of
from cacheview.stores.lines import read_lines

__all__ = ["is_record_file", "may_be_record", "record_by_name"]

_NUMBERED_NAME: Final = re.compile(r"(.+)#([0-9]{1,9})", re.DOTALL)
_MAX_LISTED_LINES: Final = 10
_SNIFFED_BYTES: Final = 512


def record_by_name(name: str) -> ReplayCase | None:
    """Return the build with this name; None: it is not in a replay file, but may be a build context.

    Raises:
        DataError: it cannot be read, or it is ambiguous which of its builds is meant.
    """
    path, line = _numbered(name)
    return _record(path, line) if line is not None or may_be_record(path) else None


def is_record_file(path: str) -> bool:
    """Return whether a file begins like a record, plain or compressed with gzip.

    It is not read further; this never raises.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_SNIFFED_BYTES)
        if compression_of(head) == "gzip":
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _SNIFFED_BYTES)
    except (OSError, ValueError, zlib.error):
        return False
    return head.startswith(b"{") and b'"engine":' in head and b'"rules":' not in head


def _numbered(name: str) -> tuple[str, int | None]:
    """Return the path of a replay file, and the line of the build in it; None: not given."""
    match = None if os.path.exists(name) else _NUMBERED_NAME.fullmatch(name)
    return (match[1], int(match[2])) if match is not None and os.path.exists(match[1]) else (name, None)


def may_be_record(path: str) -> bool:
    """Return whether a file may be a replay file: it begins with an object, or is compressed."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            head = file.read(_SNIFFED_BYTES)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=path) from error
    return head.lstrip()[:1] == b"{" or bool(compression_of(head))


def _record(path: str, line: int | None) -> ReplayCase | None:
    """Return a build of a replay file; None: the file is something else, such as a compressed tar.

    Raises:
        DataError: it cannot be read, or it is ambiguous which of its builds is meant.
    """
    build: ReplayCase | None = None
    numbers: list[int] = []
    first: DataError | None = None
    for number, each in read_lines(path, ReplayCase):
        if line is not None and number != line:
            if number > line:
                break
            continue
        if isinstance(each, DataError):
            first = first or each
        elif isinstance(each, ReplayCase):
            build = each
            numbers.append(number)
        if line is not None or len(numbers) > _MAX_LISTED_LINES:
            break
    if build is None:
        if line is not None or (first is not None and not _is_compressed(path)):
            raise first or DataError("there is no build on this line", where=f"{path}#{line}")
        if first is None:
            raise DataError("the file contains no build record", where=path)
        return None
    if len(numbers) > 1:
        listed = ", ".join(f"#{number}" for number in numbers[:_MAX_LISTED_LINES])
        more = ", …" if len(numbers) > _MAX_LISTED_LINES else ""
        raise DataError(f"the file contains several builds ({listed}{more}); choose one, such as {path}#{numbers[0]}")
    return build


def _is_compressed(path: str) -> bool:
    with open(path, "rb") as file:
        return bool(compression_of(file.read(_SNIFFED_BYTES)))
