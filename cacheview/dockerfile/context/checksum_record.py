"""A record of the files in each checksum, so that later checksums can be compared file by file.

A checksum shows only that something differs, not which file. Therefore, the record of a context contains the
text of each checksum that cacheview has computed, with the path and the sum of every file in it. There is one JSON file
for each context, in a folder that the caller provides.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cacheview.dockerfile.context.gopath import raw
from cacheview.dockerfile.context.sums import SourcesSum
from cacheview.model import DataError
from cacheview.model.decode import values_of
from cacheview.private import make_private_folder, open_private

__all__ = ["ChecksumRecord"]

_FORMAT_VERSION = 1
_MAX_CHECKSUMS = 200
_MAX_FILES = 200_000  # in all checksums together; a file counts once for each
_MAX_RECORD_BYTES = 64 << 20  # larger records are not read
_MAX_CONTEXTS = 100
_MAX_OTHER_BYTES = 512 << 20  # bytes to read from other contexts' records; a second reading counts again
_LATEST_SECONDS = 253_402_300_799  # the end of the year 9999
_CHECKSUM = re.compile(rb'"(?:file|dir|multi):(?:[^"\\]|\\.)*+"(?=:)')  # as a key in JSON
_SUFFIX = ".context.json"
_MALFORMED_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class _StepSums:
    """A recorded checksum.

    ``heads`` are the bytes hashed before the content of each file, without its path; empty if not known.
    """

    at: int
    step: str
    files: tuple[tuple[str, str], ...]
    heads: tuple[str, ...] = ()
    client: str = ""


class ChecksumRecord:
    """The recorded checksums of one context.

    Attributes:
        path: the file of the record.
        problem: why some records of other contexts were not read; empty if all the necessary ones were.
    """

    def __init__(self, folder: str | os.PathLike[str], context: str) -> None:
        name = hashlib.sha256(context.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.path = Path(folder) / f"{name}{_SUFFIX}"
        self._context = context
        self._entries: dict[str, _StepSums] = {}
        self._other_entries: dict[str, _StepSums | None] = {}  # from the records of other contexts
        self._bytes_left = _MAX_OTHER_BYTES
        self.problem = ""

    @classmethod
    def load(cls, folder: str | os.PathLike[str], context: str) -> ChecksumRecord:
        """Load the record of a context; it is empty if there is none.

        Raises:
            DataError: it cannot be read; the message says what to do.
        """
        record = cls(folder, context)
        try:
            data = _limited(record.path)
        except FileNotFoundError:
            return record
        except OSError as error:
            raise DataError(f"the checksum record cannot be read: {error.strerror}", where=str(record.path)) from None
        except _MALFORMED_ERRORS:
            raise _not_a_record(record.path) from None
        try:
            record._read(values_of(data))
        except _MALFORMED_ERRORS:
            raise _not_a_record(record.path) from None
        return record

    def _read(self, value: Any) -> None:
        if value["version"] == _FORMAT_VERSION and value["context"] == self._context:
            self._add_entries(value)

    def _add_entries(self, value: Any) -> None:
        if value["version"] != _FORMAT_VERSION:
            return
        rows = [(_path(path), str(result), _latin("".join(head))) for path, result, *head in value["files"]]
        for text, (at, step, numbers, *client) in value["texts"].items():
            if not all(type(number) is int and number >= 0 for number in (at, *numbers)) or at > _LATEST_SECONDS:
                raise ValueError
            files = tuple(rows[number] for number in numbers)
            heads = tuple(head for _, _, head in files) if any(head for _, _, head in files) else ()
            pairs = tuple((path, result) for path, result, _ in files)
            self._entries[text] = _StepSums(at, str(step), pairs, heads, _path("".join(client)))

    def remember(
        self,
        result: SourcesSum,
        *,
        step: str = "",
        at: float | None = None,
        headers: Mapping[str, bytes] | None = None,
        client: str = "",
    ) -> None:
        """Add the files in a checksum.

        Args:
            result: the checksum.
            step: the instruction that the checksum belongs to, as written; `latest` searches by it.
            at: the time in seconds; None means now.
            headers: the bytes hashed before the content of each file (`Header.hashed_bytes`), by path.
            client: the name of the client that sent the files.
        """
        self._entries.pop(result.text, None)
        heads = tuple(_head(path, headers.get(path, b"")) for path, _ in result.files) if headers else ()
        at = int(time.time() if at is None else at)
        self._entries[result.text] = _StepSums(at, step, result.files, heads, client)

    def files_of(self, text: str) -> tuple[tuple[str, str], ...] | None:
        """Return the files in a checksum; None if no record in this folder contains it."""
        entry = self._entry_of(text)
        return entry.files if entry else None

    def headers_of(self, text: str) -> Mapping[str, bytes]:
        """Return the bytes hashed before the content of each file in a checksum, by path, as far as known."""
        entry = self._entry_of(text)
        if entry is None:
            return {}
        pairs = zip(entry.files, entry.heads, strict=False)
        return {path: _header(path, head) for (path, _), head in pairs if head}

    def client_of(self, text: str) -> str:
        """Return the name of the client that sent the files in a checksum; empty if not known."""
        entry = self._entry_of(text)
        return entry.client if entry else ""

    def _entry_of(self, text: str) -> _StepSums | None:
        """Return the entry of a checksum, also from another context: a copy of the files has the same checksum."""
        if text not in self._entries and text not in self._other_entries:
            self._other_entries[text] = self._entry_of_another_context(text)
        return self._entries.get(text) or self._other_entries.get(text)

    def _entry_of_another_context(self, text: str) -> _StepSums | None:
        for path in self._other_records.get(json.dumps(text).encode(), ()):
            other = ChecksumRecord(self.path.parent, "")
            with contextlib.suppress(OSError, *_MALFORMED_ERRORS):
                other._add_entries(values_of(self._read_other(path)))
            if text in other._entries:
                return other._entries[text]
        return None

    @cached_property
    def _other_records(self) -> Mapping[bytes, Sequence[Path]]:
        """The records of other contexts that contain a checksum, newest first. Each record is read only once."""
        records: dict[bytes, list[Path]] = {}
        for path in _newest_first(self.path.parent)[:_MAX_CONTEXTS] if self._context else ():
            with contextlib.suppress(OSError, ValueError):
                if path != self.path:
                    matches = itertools.islice(_CHECKSUM.finditer(self._read_other(path)), _MAX_CHECKSUMS)
                    for checksum in {match[0] for match in matches}:
                        records.setdefault(checksum, []).append(path)
        return records

    def _read_other(self, path: Path) -> bytes:
        """Return the content of another context's record.

        Raises the errors of `_limited`, and `ValueError` if all of them together are too large.
        """
        if self._bytes_left > 0:
            data = _limited(path)
            self._bytes_left -= len(data)
            if self._bytes_left >= 0:
                return data
        what = (
            f"the records of other contexts take up more than {_MAX_OTHER_BYTES:,} bytes, so some of them were not "
            "examined"
        )
        self.problem = str(DataError(f"{what}. Delete the records that you do not need", where=str(self.path.parent)))
        raise ValueError(self.problem)

    def latest(self, step: str, *, other_than: str = "") -> str | None:
        """Return the newest checksum of an instruction; None if there is none except ``other_than``."""
        texts = [text for text, entry in self._entries.items() if entry.step == step and text != other_than]
        return texts[-1] if texts else None

    def when(self, text: str) -> int | None:
        """Return the time when a checksum was last computed here, in seconds."""
        entry = self._entries.get(text)
        return entry.at if entry else None

    def save(self) -> None:
        """Write the record, completely or not at all. If there are too many entries, the oldest are left out.

        Raises:
            DataError: it cannot be written.
        """
        folder = self.path.parent
        try:
            make_private_folder(folder)
            handle, name = tempfile.mkstemp(prefix=".context-", suffix=".tmp", dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(self._dump())
                os.replace(name, self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
            self._drop_old_contexts()
        except OSError as error:
            raise DataError(f"the checksum record cannot be written: {error.strerror}", where=str(self.path)) from None

    def _dump(self) -> bytes:
        files_left, texts = _MAX_FILES, dict[str, tuple[int, str, list[int], str]]()
        numbers: dict[tuple[str, str, str], int] = {}
        for text, entry in list(reversed(self._entries.items()))[:_MAX_CHECKSUMS]:
            files_left -= len(entry.files)
            if files_left < 0:
                break
            heads = entry.heads or ("",) * len(entry.files)
            rows = [(path, result, head) for (path, result), head in zip(entry.files, heads, strict=True)]
            texts[text] = (
                entry.at,
                entry.step,
                [numbers.setdefault(row, len(numbers)) for row in rows],
                entry.client,
            )
        value = {
            "version": _FORMAT_VERSION,
            "context": self._context,
            "files": [list(row) for row in numbers],
            "texts": dict(reversed(texts.items())),
        }
        return json.dumps(value, separators=(",", ":")).encode()

    def _drop_old_contexts(self) -> None:
        for other in _newest_first(self.path.parent)[_MAX_CONTEXTS:]:
            other.unlink(missing_ok=True)


def _newest_first(folder: Path) -> list[Path]:
    """Return the records in a folder, newest first."""
    ages: list[tuple[float, str]] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_SUFFIX):
                with contextlib.suppress(OSError):
                    ages.append((entry.stat(follow_symlinks=False).st_mtime, entry.name))
    return [folder / name for _, name in sorted(ages, reverse=True)]


def _limited(path: Path) -> bytes:
    """Return the content of a record. Raises OSError, or `ValueError` if it is too large or not a regular file."""
    with open_private(path) as file:
        data = file.read(_MAX_RECORD_BYTES + 1)
    if len(data) > _MAX_RECORD_BYTES:
        raise ValueError
    return data


def _not_a_record(path: Path) -> DataError:
    return DataError("it is not a checksum record; delete it so that a new one can be created", where=str(path))


def _head(path: str, header: bytes) -> str:
    """Return a header without the path at its beginning, which the record contains anyway."""
    prefix = b"name" + raw(path)
    return header[len(prefix) :].decode("latin-1") if header.startswith(prefix) else ""


def _header(path: str, head: str) -> bytes:
    return b"name" + raw(path) + head.encode("latin-1")


def _latin(text: str) -> str:
    text.encode("latin-1")  # fails if the record is malformed
    return text


def _path(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    raw(value)  # fails if the record is malformed
    return value
