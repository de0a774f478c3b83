"""Layers served by containerd's socket, uncompressed and compressed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import zstandard
from containerd_samples import ENGINES, unpack
from containerd_server import Server

from cacheview.layers.containerd import socket_layers
from cacheview.layers.files import LayerFiles
from cacheview.layers.source import LayerUnavailableError
from cacheview.model import Image, ImageConfig, RootFS
from cacheview.stores.containerd.client import BLOB_READ
from cacheview.stores.containerd.messages import message

CONTENTS = {"large": os.urandom(3 << 20), "middle": b"text" * 100_000, "small": b"x", "empty": b""}


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def tar() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in CONTENTS.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress], ids=("plain", "gz", "zstd")
)
def test_a_blob_is_read_piece_by_piece(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    layer = tar()
    blob = pack(layer)
    manifest = json.dumps({"layers": [{"digest": digest(blob)}]}).encode()
    blobs = {digest(blob): blob, digest(manifest): manifest}
    config = ImageConfig(rootfs=RootFS(type="layers", diff_ids=(digest(layer),)))
    image = Image(id="sha256:" + "a" * 64, manifest_digest=digest(manifest), config=config)

    def read(request: Any, context: Any) -> Iterator[Any]:
        data = blobs.get(request.digest)
        if data is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "not found")
        assert data is not None
        data = data[request.offset : request.offset + request.size]
        for place in range(0, len(data), 100_000):
            yield message("Chunk")(offset=place, data=data[place : place + 100_000])

    with Server(unpack(ENGINES[0], tmp_path), tmp_path / "c.sock") as server:
        server.instead[BLOB_READ] = read
        source = socket_layers(tmp_path / "c.sock", "moby", [image])
        files = LayerFiles(source)
        listing = files.listing(digest(layer))
        assert [(entry.path, entry.size) for entry in listing.entries] == [
            (name, len(data)) for name, data in CONTENTS.items()
        ]
        sums = files.sums((listing.diff_id, entry, b"") for entry in listing.entries)
        assert set(sums.values()) == {hashlib.sha256(data).hexdigest() for data in CONTENTS.values()}
        del blobs[digest(blob)]
        with pytest.raises(LayerUnavailableError, match="does not return the content of layer"):
            LayerFiles(socket_layers(tmp_path / "c.sock", "moby", [image])).listing(digest(layer))
