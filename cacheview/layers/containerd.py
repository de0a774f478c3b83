"""The layers of a containerd store: blobs, found by the manifests of the images."""

from __future__ import annotations

import io
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from cacheview.layers.entry import LayerEntry
from cacheview.layers.forward import ForwardStream
from cacheview.layers.snapshots import SNAPSHOTTER, Snapshots, by_containerd
from cacheview.layers.source import LayerSource, LayerUnavailableError, Report
from cacheview.layers.tarstream import TarLayers, layer_budget
from cacheview.model import DataError, Image, decode
from cacheview.stores.budget import Budget
from cacheview.stores.compression import decompressed
from cacheview.stores.containerd.root import blob_path
from cacheview.stores.files import BUFFER_BYTES, open_regular
from cacheview.stores.manifests import Manifest

if TYPE_CHECKING:
    from cacheview.stores.containerd.client import ContainerdClient

__all__ = ["BlobReader", "blob_layers", "folder_layers", "socket_layers"]

_MAX_DOCUMENT_BYTES: Final = 16 << 20


class BlobReader(Protocol):
    """Blobs by digest."""

    def document(self, digest: str) -> bytes | None:
        """Return a JSON document; None if there is none. Raises `DataError`."""

    def stream(self, digest: str) -> io.BufferedReader:
        """Open a blob of any size, to be read forward. Raises `LayerUnavailableError`."""


def blob_layers(blobs: BlobReader, images: Iterable[Image]) -> TarLayers:
    """Return the layers of some images."""
    opened = _Blobs(blobs, {image.manifest_digest: image.diff_ids for image in images})
    return TarLayers(opened.open, by_containerd)


class _Blobs:
    def __init__(self, blobs: BlobReader, manifests: dict[str, tuple[str, ...]]) -> None:
        self._blobs = blobs
        self._manifests = manifests
        self._digests: dict[str, str] = {}
        self._read: set[str] = set()

    def open(self, diff_id: str, budget: Budget) -> io.BufferedReader:
        for manifest, diff_ids in self._manifests.items():
            if diff_id in diff_ids and diff_id not in self._digests and manifest not in self._read:
                self._read.add(manifest)
                self._learn(manifest, diff_ids)
        digest = self._digests.get(diff_id)
        if digest is None:
            reason = f"no manifest in the store lists the layer {diff_id[:19]}"
            raise LayerUnavailableError(reason, "Pull or build the image again")
        return decompressed(self._blobs.stream(digest), budget)[0]

    def _learn(self, manifest_digest: str, diff_ids: tuple[str, ...]) -> None:
        try:
            content = self._blobs.document(manifest_digest)
            layers = decode(Manifest, content).layers if content is not None else None
        except DataError:
            return  # no other manifest contains the layer, or one that can be read does
        if layers is not None and len(layers) == len(diff_ids):
            for diff_id, layer in zip(diff_ids, layers, strict=True):
                self._digests.setdefault(diff_id, layer.digest)


def folder_layers(root: Path, namespace: str, images: Sequence[Image]) -> LayerSource:
    """Return the layers of some images in containerd's root folder: their blobs, or their snapshots."""
    return _BlobsOrSnapshots(blob_layers(folder_blobs(root), images), Snapshots(lambda: root, namespace, images))


def socket_layers(path: Path, namespace: str, images: Sequence[Image]) -> LayerSource:
    """Return the layers of some images of the containerd at a socket.

    Their snapshots are read in its root folder, if the user may read it.
    """
    blobs = blob_layers(_SocketBlobs(path, namespace), images)
    return _BlobsOrSnapshots(blobs, Snapshots(lambda: _root_at(path), namespace, images))


def _root_at(socket: Path) -> Path:
    """Return the root folder that the containerd at a socket reports. Raises `DataError`."""
    from cacheview.stores.containerd.client import ContainerdClient

    with ContainerdClient(socket, layer_budget()) as client:
        folder = client.plugin_folder(*SNAPSHOTTER)
    if folder is None or folder.name != ".".join(SNAPSHOTTER):
        raise DataError("containerd does not report where its snapshots are", where=str(socket))
    return folder.parent


class _BlobsOrSnapshots:
    """The blobs first, then the snapshots. Which of them has a layer is determined only once."""

    def __init__(self, blobs: TarLayers, snapshots: Snapshots) -> None:
        self._blobs = blobs
        self._snapshots = snapshots
        self._chosen: dict[str, LayerSource] = {}

    def has_stable_numbers(self, diff_id: str) -> bool:
        return self._source(diff_id).has_stable_numbers(diff_id)

    def entries(self, diff_id: str, report: Report) -> Iterator[LayerEntry]:
        yield from self._source(diff_id).entries(diff_id, report)

    def contents(
        self, diff_id: str, files: Mapping[int, LayerEntry], report: Report
    ) -> Generator[tuple[int, Iterable[bytes]]]:
        yield from self._source(diff_id).contents(diff_id, files, report)

    def unpacked_folder(self, diff_id: str, path: str, below: LayerEntry | None) -> LayerEntry:
        return by_containerd(diff_id, path, below)

    def _source(self, diff_id: str) -> LayerSource:
        if diff_id not in self._chosen:
            self._chosen[diff_id] = self._choose(diff_id)
        return self._chosen[diff_id]

    def _choose(self, diff_id: str) -> LayerSource:
        try:
            self._blobs.open(diff_id, layer_budget()).close()
        except LayerUnavailableError:
            with suppress(DataError):  # the snapshots cannot be read either; the error of the blobs is reported
                if self._snapshots.has(diff_id):
                    return self._snapshots
            raise
        return self._blobs


def folder_blobs(root: Path) -> BlobReader:
    """Return the blobs of containerd's root folder."""
    return _FolderBlobs(root)


class _FolderBlobs:
    def __init__(self, root: Path) -> None:
        self._root = root

    def document(self, digest: str) -> bytes | None:
        with self.stream(digest) as stream:
            return stream.read(_MAX_DOCUMENT_BYTES)

    def stream(self, digest: str) -> io.BufferedReader:
        path = blob_path(self._root, digest)
        if path is None:
            raise LayerUnavailableError(f"not a digest: {digest[:80]!r}")
        try:
            return io.BufferedReader(open_regular(path, str(path)), BUFFER_BYTES)
        except DataError as error:
            what = f"the content of layer {digest[:19]} cannot be read: {error.what}"
            raise LayerUnavailableError(what, "Pull or build the image again") from error


class _SocketBlobs:
    """The blobs that containerd provides at its socket, in one namespace."""

    def __init__(self, path: Path, namespace: str) -> None:
        self._path = path
        self._namespace = namespace

    def document(self, digest: str) -> bytes | None:
        with self.stream(digest) as stream:
            return stream.read(_MAX_DOCUMENT_BYTES)

    def stream(self, digest: str) -> io.BufferedReader:
        from cacheview.stores.containerd.client import ContainerdClient

        client = ContainerdClient(self._path, layer_budget())
        try:
            buffered: io.BufferedReader = io.BufferedReader(_Chunks(client, digest, self._namespace), BUFFER_BYTES)
            buffered.peek(1)
        except DataError as error:
            client.__exit__(None, None, None)
            what = f"containerd does not return the content of layer {digest[:19]}: {error.what}"
            raise LayerUnavailableError(what, "Pull or build the image again") from error
        return buffered


class _Chunks(ForwardStream):
    """The answers of containerd's content service as one stream."""

    def __init__(self, client: ContainerdClient, digest: str, namespace: str) -> None:
        super().__init__("a blob")
        self._client = client
        self._chunks = client.blob(digest, namespace)
        self._left = memoryview(b"")

    def _ready(self) -> bool:
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._left = memoryview(chunk)
        return True

    def _skip(self, limit: int) -> int:
        count = min(limit, len(self._left))
        self._left = self._left[count:]
        return count

    def _fill(self, view: memoryview) -> int:
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        return self._skip(count)

    def close(self) -> None:
        if not self.closed:
            self._client.__exit__(None, None, None)
        super().close()
