"""The layers of a containerd store that no longer has their blobs, read from the folders of its overlay snapshots.

containerd unpacks each layer into a snapshot, whose name is the chain id of the layer and all below it
(``core/metadata/buckets.go``, ``core/snapshots/storage/bolt.go`` and ``plugins/snapshots/overlay`` of containerd 2.0).
The folder of an overlay snapshot has the content of the layer: a device 0:0 represents a removed file, and an extended
attribute marks a folder that hides those below.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from cacheview.dockerfile.context.entry import EntryKind
from cacheview.layers.below import open_below
from cacheview.layers.entry import OPAQUE, WHITEOUT, LayerEntry, LayerError
from cacheview.layers.source import Report
from cacheview.layers.tarstream import MAX_ENTRIES
from cacheview.model import Image
from cacheview.stores.containerd.bolt import Bolt, Bucket
from cacheview.stores.containerd.metadata import uvarint
from cacheview.stores.containerd.root import RootFolder

__all__ = ["SNAPSHOTTER", "Snapshots", "by_containerd"]

SNAPSHOTTER: Final = ("io.containerd.snapshotter.v1", "overlayfs")
"""The plugin of containerd whose snapshots are read: its type and id."""

_PLUGIN: Final = ".".join(SNAPSHOTTER)
_METADATA: Final = "io.containerd.metadata.v1.bolt/meta.db"
_OPAQUE: Final = ("trusted.overlay.opaque", "user.overlay.opaque")
_CAPABILITY: Final = "security.capability"
_NEW_FOLDER_MODE: Final = 0o755
_READ_BYTES: Final = 256 * 1024
_KINDS: Final = {
    stat.S_IFREG: EntryKind.FILE,
    stat.S_IFDIR: EntryKind.DIRECTORY,
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFCHR: EntryKind.CHARACTER_DEVICE,
    stat.S_IFBLK: EntryKind.BLOCK_DEVICE,
    stat.S_IFIFO: EntryKind.FIFO,
}


def by_containerd(_diff_id: str, path: str, below: LayerEntry | None) -> LayerEntry:
    """An `UnpackedFolder` of containerd: ``mkparent`` of its ``archive/tar.go``, 1.2 and later."""
    return below or LayerEntry(-1, path, EntryKind.DIRECTORY, _NEW_FOLDER_MODE, 0, 0)


class Snapshots:
    """A `LayerSource` for the snapshots of one namespace.

    Args:
        root: finds containerd's root folder. Raises `DataError`.
        namespace: of the images.
        images: the images whose layers are read.
    """

    def __init__(self, root: Callable[[], Path], namespace: str, images: Sequence[Image]) -> None:
        self._root = root
        self._namespace = namespace
        self._images = images
        self._folders: dict[str, Path | None] = {}

    def has(self, diff_id: str) -> bool:
        """Return whether a layer has a snapshot. Raises `DataError` if that cannot be read."""
        if diff_id not in self._folders:
            self._folders[diff_id] = self._find(diff_id)
        return self._folders[diff_id] is not None

    def has_stable_numbers(self, diff_id: str) -> bool:  # noqa: ARG002
        """See `LayerSource`."""
        return False

    def entries(self, diff_id: str, report: Report) -> Iterator[LayerEntry]:
        """See `LayerSource`."""
        if not hasattr(os, "getxattr"):
            what = (
                "the layer's snapshot can be read only on Linux, because only Linux has the attributes that show which "
                "folders hide the files of earlier layers"
            )
            raise LayerError(what)
        names: dict[tuple[int, int], str] = {}
        for number, (path, status) in enumerate(_walk(self._folder(diff_id))):
            if number >= MAX_ENTRIES:
                raise LayerError(f"the layer's snapshot has more than {MAX_ENTRIES:,} files, the limit for a layer")
            if not number % 64:
                report(number, diff_id)
            yield from self._entries(diff_id, number, path, status, names)

    def contents(
        self, diff_id: str, files: Mapping[int, LayerEntry], report: Report
    ) -> Generator[tuple[int, Iterable[bytes]]]:
        """See `LayerSource`."""
        read = 0
        for number, entry in files.items():
            report(read, diff_id)
            read += entry.size
            yield number, self._content(diff_id, entry, report)

    def unpacked_folder(self, diff_id: str, path: str, below: LayerEntry | None) -> LayerEntry:
        """See `LayerSource`."""
        return by_containerd(diff_id, path, below)

    def _entries(
        self, diff_id: str, number: int, path: str, status: os.stat_result, names: dict[tuple[int, int], str]
    ) -> Iterator[LayerEntry]:
        kind = _KINDS.get(stat.S_IFMT(status.st_mode))
        place = self._folder(diff_id) / path
        device = (os.major(status.st_rdev), os.minor(status.st_rdev))
        above, slash, name = path.rpartition("/")
        if kind is EntryKind.CHARACTER_DEVICE and device == (0, 0):
            yield LayerEntry(number, f"{above}{slash}{WHITEOUT}{name}", EntryKind.FILE, 0, 0, 0)
            return
        if kind is None:
            return  # a socket, which no layer contains
        first = names.setdefault((status.st_dev, status.st_ino), path) if kind is EntryKind.FILE else path
        yield LayerEntry(
            number,
            path,
            kind,
            status.st_mode & 0o7777,
            status.st_uid,
            status.st_gid,
            status.st_size if kind is EntryKind.FILE and first == path else 0,
            os.readlink(place) if kind is EntryKind.SYMLINK else "",
            first if first != path else "",
            device if kind in (EntryKind.CHARACTER_DEVICE, EntryKind.BLOCK_DEVICE) else (0, 0),
            _attribute(place, _CAPABILITY) if kind is EntryKind.FILE else b"",
        )
        if kind is EntryKind.DIRECTORY and any(_attribute(place, name) == b"y" for name in _OPAQUE):
            yield LayerEntry(number, f"{path}/{OPAQUE}", EntryKind.FILE, 0, 0, 0)

    def _content(self, diff_id: str, entry: LayerEntry, report: Report) -> Iterator[bytes]:
        left = entry.size
        try:
            with open_below(self._folder(diff_id), os.fsencode(entry.path)) as file:
                while left and (piece := file.read(min(left, _READ_BYTES))):
                    left -= len(piece)
                    report(entry.size - left, diff_id)
                    yield piece
        except OSError as error:
            raise LayerError(
                f"a file in the layer's snapshot cannot be read: {error.strerror}", where=entry.path
            ) from error
        if left:
            raise LayerError("a file in the layer's snapshot changed while it was being read", where=entry.path)

    def _folder(self, diff_id: str) -> Path:
        folder = self._folders.get(diff_id)
        assert folder is not None, "see `has`"
        return folder

    def _find(self, diff_id: str) -> Path | None:
        folder = self._root()
        root = RootFolder(folder)
        names = (b"v1", self._namespace.encode(), b"snapshots", SNAPSHOTTER[1].encode())
        snapshots = _below(Bolt(root.database(_METADATA)).root, *names)
        stored = _below(Bolt(root.database(f"{_PLUGIN}/metadata.db")).root, b"v1", b"snapshots")
        if snapshots is None or stored is None:
            return None
        for chain in dict.fromkeys(_chains(self._images, diff_id)):
            record = snapshots.bucket(chain.encode())
            name = record.value(b"name") if record is not None else None
            snapshot = stored.bucket(name) if name is not None else None
            number = uvarint(snapshot.value(b"id") or b"") if snapshot is not None else 0
            place = folder / _PLUGIN / "snapshots" / str(number) / "fs"
            if number and os.path.isdir(place) and not os.path.islink(place):
                return place
        return None


def _chains(images: Iterable[Image], diff_id: str) -> Iterator[str]:
    """Yield the chain ids that end with a layer (``identity.ChainID`` of the OCI image spec)."""
    for image in images:
        chain = ""
        for each in image.diff_ids if diff_id in image.diff_ids else ():
            chain = f"sha256:{hashlib.sha256(f'{chain} {each}'.encode()).hexdigest()}" if chain else each
            if each == diff_id:
                yield chain


def _below(bucket: Bucket | None, *names: bytes) -> Bucket | None:
    for name in names:
        bucket = bucket.bucket(name) if bucket is not None else None
    return bucket


def _walk(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the content of a folder, each folder before its content, without following links. Raises `LayerError`."""
    left = [""]
    while left:
        current = left.pop()
        try:
            with os.scandir(folder / current) as result:
                names = sorted(entry.name for entry in result)
            inside = [(f"{current}/{name}" if current else name, os.lstat(folder / current / name)) for name in names]
        except OSError as error:
            raise LayerError(
                f"the layer's snapshot cannot be read: {error.strerror}", where=str(folder / current)
            ) from error
        yield from inside
        left += [path for path, status in reversed(inside) if stat.S_ISDIR(status.st_mode)]


def _attribute(place: Path, name: str) -> bytes:
    """Return an extended attribute; empty if there is none."""
    try:
        return os.getxattr(place, name, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.ENOTSUP, errno.EPERM, errno.ENOENT):
            return b""
        raise LayerError(
            f"an extended attribute in the layer's snapshot cannot be read: {error.strerror}", where=str(place)
        ) from error
