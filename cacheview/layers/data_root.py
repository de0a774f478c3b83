"""The layers of a graph-driver store, reassembled from a data root.

Docker keeps the headers of each layer's tar stream separately (``tar-split.json.gz`` in the layer database, in the
format of vbatts/tar-split) from the files in the folder of the storage driver. Together they are the stream that was
unpacked.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import itertools
import json
import os
import re
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cacheview.dockerfile.context.entry import EntryKind
from cacheview.layers.below import folder_below, open_below
from cacheview.layers.entry import LayerEntry, LayerError
from cacheview.layers.forward import ForwardStream
from cacheview.layers.source import LayerSource, LayerUnavailableError
from cacheview.layers.tarstream import MAX_ENTRIES, TarLayers
from cacheview.model import DataError
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.driver_files import MAX_SHORT_FILE_BYTES, DriverFiles
from cacheview.stores.files import BUFFER_BYTES, open_regular
from cacheview.stores.layerdb import LAYERS
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.permission import AS_ROOT
from cacheview.stores.reasons import reason

__all__ = ["data_root_layers"]

_FOLDERS: Final = {
    "overlay2": "overlay2/{}/diff",
    "overlay": "overlay/{}/root",
    "fuse-overlayfs": "fuse-overlayfs/{}/diff",
    "vfs": "vfs/dir/{}",
    "aufs": "aufs/diff/{}",
    "btrfs": "btrfs/subvolumes/{}",
}
"""The folder in which each driver keeps the files of a layer, by its cache id."""

_SEPARATE_FOLDER_DRIVERS: Final = frozenset({"overlay2", "fuse-overlayfs", "aufs"})
"""The drivers that unpack a layer into a separate folder, without the layers below."""

_DIFF_ID: Final = re.compile(r"sha256:[0-9a-f]{64}")
_CHAIN_ID: Final = re.compile(r"[0-9a-f]{64}")
_CACHE_ID: Final = re.compile(r"[0-9a-z]{1,128}")
_FILE_TYPE, _SEGMENT_TYPE = 1, 2
_MAX_LINE_BYTES: Final = 4 << 20
_MAX_LINES: Final = 8 * MAX_ENTRIES  # a file takes two, and data after the last one takes a line for each 64 KiB
_MAX_LAYERS: Final = 200_000
_REMEDY: Final = "Save the image with `docker save`, and open the archive"


def data_root_layers(driver_folder: Path, limits: Limits = DEFAULT_LIMITS) -> LayerSource:
    """Return the layers below ``image/<driver>`` of a data root.

    Raises:
        LayerUnavailableError: cacheview does not know where the driver keeps files, or may not read them.
    """
    place = _FOLDERS.get(driver_folder.name)
    if place is None:
        raise LayerUnavailableError(
            f"the files of the storage driver {driver_folder.name[:40]} cannot be read", _REMEDY
        )
    opened = _DataRoot(driver_folder, place, limits)
    return TarLayers(opened.open, opened.unpacked)


class _DataRoot:
    """Opens layers of one driver."""

    def __init__(self, driver_folder: Path, place: str, limits: Limits) -> None:
        self._files = DriverFiles(driver_folder, Budget(limits))
        self._root = driver_folder.parent.parent
        self._place = place
        self._by_itself = driver_folder.name in _SEPARATE_FOLDER_DRIVERS
        self._chains: dict[str, str] | None = None

    def open(self, diff_id: str, budget: Budget) -> io.BufferedReader:
        try:
            chain = self._by_diff_id().get(diff_id)
            if chain is None:
                raise LayerUnavailableError(
                    f"the layer {diff_id[:19]} is not in the data root", "Pull or load the image again"
                )
            folder = self._folder(diff_id, chain)
            split = self._files.path(f"{LAYERS}/{chain}/tar-split.json.gz")
            headers: io.BufferedReader = io.BufferedReader(open_regular(Path(split), split), BUFFER_BYTES)
            stream: io.BufferedReader = io.BufferedReader(_Assembled(headers, folder, budget), BUFFER_BYTES)
        except LayerUnavailableError:
            raise
        except DataError as error:
            raise LayerUnavailableError(
                f"the files of layer {diff_id[:19]} cannot be read: {error}", _REMEDY
            ) from error
        except OSError as error:
            what = f"the files of layer {diff_id[:19]} cannot be read: {error.strerror or error}"
            raise LayerUnavailableError(what, f"{AS_ROOT}, or {_REMEDY}") from error
        return stream

    def unpacked(self, diff_id: str, path: str, below: LayerEntry | None) -> LayerEntry | None:
        """Return a folder of the driver as unpacking left it.

        Drivers that unpack each layer separately create the folder, whatever it is in the layers below. Those that
        unpack it over a copy of these leave it unchanged (``createTarFile`` and ``Unpack`` of moby's ``pkg/archive``).
        """
        if below is not None and not self._by_itself:
            return below
        chain = self._by_diff_id().get(diff_id)
        if chain is None:
            return None
        try:
            status = folder_below(self._folder(diff_id, chain), os.fsencode(path))
        except OSError as error:
            what = f"the folder /{path[:200]} of layer {diff_id[:19]} cannot be read: {error.strerror or error}"
            raise LayerUnavailableError(what, f"{AS_ROOT}, or {_REMEDY}") from error
        return LayerEntry(-1, path, EntryKind.DIRECTORY, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)

    def _folder(self, diff_id: str, chain: str) -> Path:
        """Return the folder with the files of a layer."""
        cache_id = self._short(f"{LAYERS}/{chain}/cache-id")
        if not _CACHE_ID.fullmatch(cache_id):
            raise LayerUnavailableError(f"the data root does not contain the files of layer {diff_id[:19]}", _REMEDY)
        return self._root / self._place.format(cache_id)

    def _short(self, name: str) -> str:
        return (self._files.read(name, MAX_SHORT_FILE_BYTES) or b"").decode("ascii", "replace").strip()

    def _by_diff_id(self) -> dict[str, str]:
        """Return one of the chain ids that end with each diff id."""
        if self._chains is None:
            by_diff_id: dict[str, str] = {}
            with os.scandir(self._files.path(LAYERS)) as folders:
                names = [folder.name for folder in folders if _CHAIN_ID.fullmatch(folder.name)]
            for name in names[:_MAX_LAYERS]:
                diff_id = self._short(f"{LAYERS}/{name}/diff")
                if _DIFF_ID.fullmatch(diff_id):
                    by_diff_id.setdefault(diff_id, name)
            self._chains = by_diff_id
        return self._chains


class _Assembled(ForwardStream):
    """The tar stream of a layer, read forward: headers from tar-split, content from the driver's folder."""

    def __init__(self, headers: io.BufferedReader, folder: Path, budget: Budget) -> None:
        super().__init__("a layer")
        self._file = headers
        self._budget = budget
        self._folder = folder
        self._pieces = _pieces(headers, budget)
        self._segment = memoryview(b"")
        self._content: tuple[bytes, int] | None = None  # name and remaining bytes of the current file
        self._open: io.FileIO | None = None

    def _skip(self, limit: int) -> int:
        if self._segment:
            count = min(limit, len(self._segment))
            self._segment = self._segment[count:]
            return count
        assert self._content is not None
        name, left = self._content
        count = min(limit, left)
        self._content = (name, left - count)
        if self._open is not None:
            self._open.seek(count, io.SEEK_CUR)
        elif count < left:
            self._open = open_below(self._folder, name)
            self._open.seek(count)
        return count

    def _fill(self, view: memoryview) -> int:
        if self._segment:
            count = min(len(view), len(self._segment))
            view[:count] = self._segment[:count]
            self._segment = self._segment[count:]
            return count
        assert self._content is not None
        name, left = self._content
        if self._open is None:
            self._open = open_below(self._folder, name)
        count = self._open.readinto(view[:left]) or 0
        if not count:
            raise LayerError("the file is shorter than it was when the layer was unpacked", where=os.fsdecode(name))
        self._content = (name, left - count)
        return count

    def _ready(self) -> bool:
        self._budget.check_canceled()
        while not self._segment and not (self._content and self._content[1]):
            if self._open is not None:
                self._open.close()
                self._open = None
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._segment, self._content = (
                (memoryview(piece), None) if isinstance(piece, bytes) else (self._segment, piece)
            )
        return True

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._file.close()
        super().close()


def _pieces(file: io.BufferedReader, budget: Budget) -> Iterator[bytes | tuple[bytes, int]]:
    """Yield the stream in order: bytes, or the name and size of a file whose content follows.

    Raises:
        LayerError: it is damaged.
        LimitError: it has more lines than the largest layer that is read.
    """
    try:
        with gzip.GzipFile(fileobj=file) as lines:
            for number in itertools.count():
                if not (line := lines.readline(_MAX_LINE_BYTES)):
                    return
                budget.unpacked(len(line))
                if number >= _MAX_LINES:
                    raise LimitError(f"has more than {_MAX_LINES:,} lines in its header record")
                row = json.loads(line)
                if row["type"] == _SEGMENT_TYPE:
                    yield base64.b64decode(row["payload"])
                elif row["type"] == _FILE_TYPE:
                    size = row.get("size", 0)
                    if type(size) is not int or size < 0:
                        raise ValueError("size")
                    if size:
                        yield _file_name(row), size
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
        raise LayerError(
            f"the layer's header record is damaged: {reason(error)}. Pull or load the image again"
        ) from error


def _file_name(row: dict[str, Any]) -> bytes:
    raw = row.get("name_raw")
    return base64.b64decode(raw) if raw else str(row["name"]).encode("utf-8", "surrogateescape")
