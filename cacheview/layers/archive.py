"""The layers of a ``docker save`` archive or an OCI layout, in a tar file or a folder.

Diff ids come from the configs of the images: a manifest lists its layers in the order of its config's diff ids.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from cacheview.layers.entry import LayerError
from cacheview.layers.source import LayerSource, LayerUnavailableError
from cacheview.layers.tarstream import TarLayers
from cacheview.model import DataError, ImageConfig, decode
from cacheview.stores.blobs import BlobStore, blob_name
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.compression import decompressed
from cacheview.stores.files import BUFFER_BYTES, open_metered, open_regular
from cacheview.stores.folder import FolderMembers
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.manifests import ArchiveManifest, Descriptor, Manifest
from cacheview.stores.members import Members, clean_name, read_archive
from cacheview.stores.tar import walk

__all__ = ["archive_layers", "folder_layers"]

_SAVE_LESS = "Save only the images that you need"
_FILE_CHANGED = "The file has changed since it was opened. Reload the store"


def archive_layers(
    path: Path, limits: Limits = DEFAULT_LIMITS, check_canceled: Callable[[], object] = lambda: None
) -> LayerSource:
    """Return the layers in a tar archive, which may be compressed. Raises `DataError` if it cannot be read.

    ``check_canceled`` is called a few times a second; it may raise any exception to stop.
    """

    def progress(done: int, total: int | None, what: str) -> None:
        del done, total, what
        check_canceled()

    stream, meter = open_metered(path, str(path), progress)
    with stream:
        budget = Budget(limits, meter, meter.total or 0)
        content, _ = decompressed(stream, budget)
        members = read_archive(content, budget)
        names = _names(members, limits)
    return TarLayers(_InArchive(path, names, members.root, members.links).open)


def folder_layers(path: Path, limits: Limits = DEFAULT_LIMITS) -> LayerSource:
    """Return the layers of an OCI layout, or an unpacked archive, in a folder.

    Raises `DataError` if it cannot be read.
    """
    members = FolderMembers(path, Budget(limits))
    return TarLayers(_InFolder(path, _names(members, limits)).open)


class _InArchive:
    """Opens members of a tar archive as layers."""

    def __init__(self, path: Path, names: dict[str, str], root: str, links: dict[str, str]) -> None:
        self._path = path
        self._names = {diff_id: links.get(root + name, root + name) for diff_id, name in names.items()}

    def open(self, diff_id: str, budget: Budget) -> io.BufferedReader:
        name = _name(self._names, diff_id)
        stream, _ = open_metered(self._path, str(self._path), None)
        try:
            content, _ = decompressed(stream, budget)
            for member in walk(content):
                if member.is_regular and clean_name(member.name) == name:
                    inner: io.BufferedReader = io.BufferedReader(_Member(content, member.size), BUFFER_BYTES)
                    return decompressed(inner, budget)[0]
        except LimitError as error:
            stream.close()
            what = f"the part of the archive before {name[:200]} {error}"
            raise LayerUnavailableError(what, _SAVE_LESS) from error
        stream.close()
        raise LayerUnavailableError(f"{name[:200]} is no longer in the archive", _FILE_CHANGED)


class _InFolder:
    """Opens files of a folder as layers."""

    def __init__(self, path: Path, names: dict[str, str]) -> None:
        self._path = path
        self._names = names

    def open(self, diff_id: str, budget: Budget) -> io.BufferedReader:
        name = _name(self._names, diff_id)
        path = self._path.joinpath(*name.split("/"))
        return decompressed(io.BufferedReader(open_regular(path, str(path)), BUFFER_BYTES), budget)[0]


class _Member(io.RawIOBase):
    """One member of an archive as a separate file, starting at the position of the archive's stream.

    It seeks only forward.
    """

    def __init__(self, stream: io.BufferedReader, size: int) -> None:
        self._stream = stream
        self._start = stream.tell()
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        count = self._stream.readinto(view[: max(0, self._size - self._position)])
        self._position += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        target = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence] + offset
        target = max(0, min(target, self._size))
        self._stream.seek(self._start + target)
        self._position = target
        return target

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        self._stream.close()
        super().close()


def _name(names: dict[str, str], diff_id: str) -> str:
    name = names.get(diff_id)
    if name is None:
        raise LayerUnavailableError(f"the layer {diff_id[:19]} is not in the archive", "Save the complete image again")
    return name


def _names(members: Members, limits: Limits) -> dict[str, str]:
    """Return the member of each layer, by diff id."""
    by_diff_id: dict[str, str] = {}
    for diff_ids, names in itertools.chain(_docker(members), _oci(members, limits)):
        if len(diff_ids) != len(names):
            continue  # a damaged image, whose layers cannot be distinguished
        for diff_id, name in zip(diff_ids, names, strict=True):
            if members.size(name) is not None:
                by_diff_id.setdefault(diff_id, name)
    return by_diff_id


def _docker(members: Members) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    try:
        content = members.read("manifest.json")
        entries = decode(ArchiveManifest, content).root if content is not None else ()
    except DataError:
        return  # the store was opened without it, and reports that
    for entry in entries:
        name = clean_name(entry.Config)
        try:
            content = members.read(name) if name else None
            diff_ids = _diff_ids(content)
        except DataError:
            continue  # likewise: this image is among the problems
        yield diff_ids, [clean for layer in entry.Layers or () if (clean := clean_name(layer))]


def _oci(members: Members, limits: Limits) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    try:
        index = members.read("index.json")
        descriptors = list(decode(Manifest, index).manifests or ()) if index is not None else []
    except DataError:
        return
    blobs = BlobStore(members, Budget(limits))
    seen: set[str] = set()
    while descriptors and len(seen) < limits.images:
        descriptor = descriptors.pop(0)
        if descriptor.digest in seen:
            continue
        seen.add(descriptor.digest)
        try:
            manifest = blobs.decode(Manifest, descriptor.digest)
            descriptors.extend(manifest.manifests or ())
            if manifest.config is None:
                continue
            yield _diff_ids(blobs.read(manifest.config.digest)), list(map(_blob, manifest.layers or ()))
        except DataError:
            continue  # a platform that was not pulled, or one of the problems of the store


def _blob(descriptor: Descriptor) -> str:
    name = blob_name(descriptor.digest)
    return f"blobs/{name}" if name else ""


def _diff_ids(content: bytes | None) -> tuple[str, ...]:
    if content is None:
        raise LayerError("its config is missing")
    rootfs = decode(ImageConfig, content).rootfs
    return (rootfs.diff_ids if rootfs else None) or ()
