"""A small record of the files that went into checksums, so that a later one can be told apart by name.

A checksum says only that something differs. What the program itself summed before it can name: the record holds, for
one context folder, each checksum's text with the path and the sum of every file in it. One JSON file a context, in a
folder that the caller gives.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cacheview.dockerfile.context.sums import SourcesSum
from cacheview.model import DataError

__all__ = ["Changes", "Record", "changed"]

_VERSION = 1
_MOST_TEXTS = 200
_MOST_FILES = 200_000  # of all texts together, each file of a text counted
_LARGEST = 64 << 20  # bytes of a file that is read back
_MOST_CONTEXTS = 100
_SUFFIX = ".context.json"


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths that differ, sorted."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def changed(before: Iterable[tuple[str, str]], now: Iterable[tuple[str, str]]) -> Changes:
    """What differs between two lists of paths with their sums: contents, modes, or what a link leads to."""
    old, new = dict(before), dict(now)
    return Changes(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(path for path in old.keys() & new.keys() if old[path] != new[path])),
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    at: int
    step: str
    files: tuple[tuple[str, str], ...]


class Record:
    """What is known of the checksums of one context.

    Attributes:
        path: the file that holds it.
    """

    def __init__(self, folder: str | os.PathLike[str], context: str) -> None:
        name = hashlib.sha256(context.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.path = Path(folder) / f"{name}{_SUFFIX}"
        self._context = context
        self._kept: dict[str, _Kept] = {}

    @classmethod
    def load(cls, folder: str | os.PathLike[str], context: str) -> Record:
        """The record of a context; empty where there is none yet.

        Raises:
            DataError: there is one that cannot be read; with what to do.
        """
        record = cls(folder, context)
        try:
            with record.path.open("rb") as file:
                data = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return record
        except OSError as error:
            raise DataError(
                f"the record of checksums cannot be read: {error.strerror}", where=str(record.path)
            ) from None
        try:
            if len(data) > _LARGEST:
                raise ValueError
            record._read(json.loads(data))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
            raise DataError(
                "it is no record of checksums; delete it, and it is made anew", where=str(record.path)
            ) from None
        return record

    def _read(self, value: Any) -> None:
        if value["version"] != _VERSION or value["context"] != self._context:
            return
        pairs = [(_path(path), str(found)) for path, found in value["files"]]
        for text, (at, step, numbers) in value["texts"].items():
            if not all(type(number) is int and number >= 0 for number in (at, *numbers)):
                raise ValueError
            self._kept[text] = _Kept(at, str(step), tuple(pairs[number] for number in numbers))

    def remember(self, found: SourcesSum, *, step: str = "", at: float | None = None) -> None:
        """Keeps which files are in a checksum.

        Args:
            found: the checksum.
            step: the instruction that it stands in, as it is written; `latest` asks by it.
            at: when, in seconds; None: now.
        """
        self._kept.pop(found.text, None)
        self._kept[found.text] = _Kept(int(time.time() if at is None else at), step, found.files)

    def files_of(self, text: str) -> tuple[tuple[str, str], ...] | None:
        """The files in a checksum; None: it was never summed here."""
        kept = self._kept.get(text)
        return kept.files if kept else None

    def latest(self, step: str, *, other_than: str = "") -> str | None:
        """The newest checksum of an instruction; None: there is none but the one that is left out."""
        texts = [text for text, kept in self._kept.items() if kept.step == step and text != other_than]
        return texts[-1] if texts else None

    def when(self, text: str) -> int | None:
        """When a checksum was last seen here, in seconds."""
        kept = self._kept.get(text)
        return kept.at if kept else None

    def differences(self, text: str, now: SourcesSum) -> Changes | None:
        """What differs between a checksum, of a stored image say, and one of now; None: the record does not know it."""
        files = self.files_of(text)
        return None if files is None else changed(files, now.files)

    def save(self) -> None:
        """Writes it, whole or not at all; the oldest goes where there is too much.

        Raises:
            DataError: it cannot be written.
        """
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
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
            raise DataError(
                f"the record of checksums cannot be written: {error.strerror}", where=str(self.path)
            ) from None

    def _dump(self) -> bytes:
        left, texts = _MOST_FILES, dict[str, tuple[int, str, list[int]]]()
        numbers: dict[tuple[str, str], int] = {}
        for text, kept in list(reversed(self._kept.items()))[:_MOST_TEXTS]:
            left -= len(kept.files)
            if left < 0:
                break
            texts[text] = (kept.at, kept.step, [numbers.setdefault(file, len(numbers)) for file in kept.files])
        value = {
            "version": _VERSION,
            "context": self._context,
            "files": [[path, found] for path, found in numbers],
            "texts": dict(reversed(texts.items())),
        }
        return json.dumps(value, separators=(",", ":")).encode()

    def _drop_old_contexts(self) -> None:
        ages: list[tuple[float, Path]] = []
        for other in self.path.parent.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                ages.append((other.stat().st_mtime, other))
        for _, other in sorted(ages, reverse=True)[_MOST_CONTEXTS:]:
            other.unlink(missing_ok=True)


def _path(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
