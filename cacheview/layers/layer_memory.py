"""Cached listings and sums of layers in the user's cache folder, by diff id. Content is never cached."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from platformdirs import user_cache_dir

from cacheview.dockerfile.context.entry import EntryKind
from cacheview.dockerfile.context.gopath import raw
from cacheview.layers.entry import LayerEntry
from cacheview.layers.listing import Listing
from cacheview.model import DataError
from cacheview.model.decode import values_of
from cacheview.private import make_private_folder, open_private
from cacheview.stores.reasons import reason

__all__ = ["LayerMemory", "layer_cache"]

_FORMAT_VERSION: Final = 2
_DIFF_ID: Final = re.compile(r"sha256:[0-9a-f]{64}")
_SUM: Final = re.compile(r"[0-9a-f]{64}")
_MAX_BYTES: Final = 256 << 20
_MAX_UNPACKED_BYTES: Final = 256 << 20  # of one file; the listing with the most entries needs this
_KINDS: Final = {kind.value: kind for kind in EntryKind if kind.value}


def layer_cache() -> Path:
    """Return the folder in the user's cache for listings and sums."""
    return Path(user_cache_dir("cacheview", appauthor=False)) / "layers"


class LayerMemory:
    """Listings and sums of layers, in memory and optionally on disk (mode 0600, with limits).

    Args:
        folder: the folder for the files; None: nothing is kept on disk.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._listings: dict[str, Listing] = {}
        self._sums: dict[str, dict[str, str]] = {}
        self._changed: set[str] = set()
        self._memory_only: set[str] = set()

    def listing(self, diff_id: str) -> Listing | None:
        """Return the entries of a layer; None: they were never read."""
        if diff_id not in self._listings:
            with contextlib.suppress(DataError):  # a damaged file is replaced by a new reading of the store
                self._load(diff_id)
        return self._listings.get(diff_id)

    def keep(self, listing: Listing, *, on_disk: bool = True) -> None:
        """Keep the entries of a layer. ``on_disk``: whether they may be written to disk."""
        self._listings[listing.diff_id] = listing
        if on_disk:
            self._changed.add(listing.diff_id)
        else:
            self._memory_only.add(listing.diff_id)

    def sums(self, diff_id: str) -> Mapping[str, str]:
        """Return sums of files of a layer, by the key of `LayerFiles`."""
        return self._sums.get(diff_id, {})

    def keep_sums(self, diff_id: str, sums: Mapping[str, str]) -> None:
        """Add sums of a layer whose listing is known."""
        self._sums.setdefault(diff_id, {}).update(sums)
        if diff_id not in self._memory_only:
            self._changed.add(diff_id)

    def save(self) -> None:
        """Write the files with new results. If there are too many files, the oldest ones are deleted.

        Raises:
            DataError: it cannot be written.
        """
        changed, self._changed = self._changed, set()
        if self._folder is None:
            return
        try:
            for diff_id in changed:
                if _DIFF_ID.fullmatch(diff_id):
                    self._write(self._folder, diff_id)
            if changed:
                _drop_oldest(self._folder)
        except OSError as error:
            what = f"data read from layers cannot be saved: {error.strerror}"
            raise DataError(what, where=str(self._folder)) from error

    def _path(self, diff_id: str) -> Path | None:
        if self._folder is None or not _DIFF_ID.fullmatch(diff_id):
            return None
        return self._folder / f"{diff_id.removeprefix('sha256:')}.json.gz"

    def _write(self, folder: Path, diff_id: str) -> None:
        path = self._path(diff_id)
        assert path is not None
        make_private_folder(folder)
        handle, name = tempfile.mkstemp(prefix=".layer-", suffix=".tmp", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=3) as packed:
                for line in self._lines(diff_id):
                    packed.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _lines(self, diff_id: str) -> Iterator[Any]:
        entries = self._listings[diff_id].entries
        yield {"version": _FORMAT_VERSION, "diff_id": diff_id, "sums": self._sums.get(diff_id, {})}
        for entry in entries:
            yield [
                entry.number,
                entry.path,
                entry.kind.value,
                entry.mode,
                entry.uid,
                entry.gid,
                entry.size,
                entry.target,
                entry.hard_link,
                *entry.device,
                entry.capability.hex(),
                int(entry.is_sparse),
            ]

    def _load(self, diff_id: str) -> None:
        path = self._path(diff_id)
        if path is None:
            return
        try:
            with open_private(path) as packed, gzip.GzipFile(fileobj=packed) as file:
                lines = _lines(file)
                value = values_of(next(lines))
                if value["version"] != _FORMAT_VERSION or value["diff_id"] != diff_id:
                    return
                sums = {str(key): str(result) for key, result in value["sums"].items() if _SUM.fullmatch(str(result))}
                del value
                entries = tuple(_entry(values_of(line)) for line in lines)
        except FileNotFoundError:
            return
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"cannot be read: {reason(error)}", where=str(path)) from error
        except (ValueError, TypeError, KeyError, AttributeError, StopIteration) as error:
            raise DataError("is damaged, so the layer is read from the store again", where=str(path)) from error
        self._listings[diff_id] = Listing(diff_id, entries)
        self._sums[diff_id] = sums
        with contextlib.suppress(OSError):
            os.utime(path)  # it is in use, so others are deleted first


def _lines(file: gzip.GzipFile) -> Iterator[bytes]:
    """Yield the lines of the saved listing. Raises ValueError if there are more than in the largest listing."""
    read = 0
    while line := file.readline(_MAX_UNPACKED_BYTES):
        read += len(line)
        if read > _MAX_UNPACKED_BYTES:
            raise ValueError("too long")
        if line.strip():
            yield line


def _entry(row: list[Any]) -> LayerEntry:
    number, path, kind, mode, uid, gid, size, target, hard_link, major, minor, capability, sparse = row
    numbers = (number, mode, uid, gid, size, major, minor, sparse)
    if not all(type(one) is int for one in numbers) or not all(type(one) is str for one in (path, target, hard_link)):
        raise TypeError("not an entry")
    for text in (path, target, hard_link):
        raw(text)  # raises ValueError if it is not a path
    return LayerEntry(
        number,
        path,
        _KINDS[kind],
        mode,
        uid,
        gid,
        size,
        target,
        hard_link,
        (major, minor),
        bytes.fromhex(capability),
        bool(sparse),
    )


def _drop_oldest(folder: Path) -> None:
    files = []
    for path in folder.glob("*.json.gz"):
        with contextlib.suppress(OSError):
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    total = 0
    for _, size, path in sorted(files, key=lambda file: file[0], reverse=True):
        total += size
        if total > _MAX_BYTES:
            with contextlib.suppress(OSError):
                path.unlink()
