"""If the blobs of a running containerd's layers are gone, its snapshots have the same files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_layered import LAYERED, layered_image
from daemon_process import program
from daemon_start import EngineDaemon, layers_are_in_sight
from daemon_stores import opened

from cacheview.dockerfile.release import builder_release
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums
from cacheview.layers.opening import open_layers
from cacheview.model import StoreKind

ON_EVERY_ENGINE = True
pytestmark = pytest.mark.usefixtures("emptied")

_DOCKERFILE = f"FROM {LAYERED}\nCOPY one /etc/changed\nCOPY one /opaque/\nCOPY one /folder/\n"
_RELEASE = builder_release("28.5.2")
_BLOBS = "io.containerd.content.v1.content/blobs/sha256"


def test_a_layer_whose_blob_is_gone_is_read_from_its_snapshot(engine: EngineDaemon, builder: Builder) -> None:
    if engine.kind.store is not StoreKind.CONTAINERD:
        pytest.skip("the engine does not use a containerd store")
    if not layers_are_in_sight(engine.data_root):
        pytest.skip("an engine's layers are only visible if /dev/shm is in memory")
    builder.client.load_image(layered_image())
    builder.build("live/snapshots", _DOCKERFILE, {"one": b"one\n"})
    root = engine.data_root / "containerd" / "daemon"
    socket = engine.socket.parent / "exec" / "containerd" / "containerd.sock"
    places = (f"containerd:{root}#moby", f"containerd:{socket}#moby")

    def sums() -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        found = []
        for place in places:
            store = opened(place).store
            image = store.resolve("live/snapshots")
            assert len(image.diff_ids) == 6
            hashed = ImageSums(LayerFiles(open_layers(store)), image.diff_ids, _RELEASE)
            whole = hashed.of_sources(["/"], destination="/x/")
            found.append((whole.text, whole.files))
        return found

    before = sums()
    assert before[0] == before[1]
    assert len(before[0][1]) > 20
    ctr = program("ctr", engine.kind.path)
    assert ctr is not None
    layers = [path.name for path in (root / _BLOBS).iterdir() if _is_layer(path)]
    command = (ctr, "--address", str(socket), "--namespace", "moby", "content", "rm")
    done = subprocess.run(
        (*command, *(f"sha256:{name}" for name in layers)), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(layers) >= 6
    for name in layers:
        (root / _BLOBS / name).unlink(missing_ok=True)  # containerd's garbage collector would do so later
    assert sums() == before


def _is_layer(blob: Path) -> bool:
    with blob.open("rb") as file:
        return file.read(1) != b"{"
