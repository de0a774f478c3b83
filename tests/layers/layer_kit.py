"""Creates layers as tar streams, and a source for them."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from cacheview.layers.files import LayerFiles
from cacheview.layers.source import LayerUnavailableError
from cacheview.layers.tarstream import TarLayers

__all__ = ["Layers", "entry", "folder_layer", "layer"]


def entry(
    name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: object
) -> tuple[tarfile.TarInfo, bytes]:
    """Return a member of a layer. ``fields``: fields of `tarfile.TarInfo`."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(content)
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def layer(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """Return a layer as a tar stream."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def folder_layer(folder: Path) -> bytes:
    """Return the content of a folder as a layer."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, str(path.relative_to(folder)), recursive=False)
    return target.getvalue()


class Layers:
    """Layers by diff ID, and a list of those that were opened."""

    def __init__(self, *streams: bytes) -> None:
        self.streams = {f"sha256:{hashlib.sha256(stream).hexdigest()}": stream for stream in streams}
        self.opened: list[str] = []

    @property
    def diff_ids(self) -> tuple[str, ...]:
        return tuple(self.streams)

    def open(self, diff_id: str, budget: object = None) -> io.BufferedReader:
        del budget  # it is not compressed
        if diff_id not in self.streams:
            raise LayerUnavailableError(f"{diff_id} is not here", "Look elsewhere")
        self.opened.append(diff_id)
        return io.BufferedReader(io.BytesIO(self.streams[diff_id]))

    @property
    def files(self) -> LayerFiles:
        return LayerFiles(TarLayers(self.open))

    def names(self) -> Iterable[str]:
        """Return the paths in the image that consists of all layers."""
        return sorted(self.files.root(self.diff_ids))
