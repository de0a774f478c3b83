"""What is read from layers is kept, so each layer is read only once."""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
from pathlib import Path

import pytest
from layer_kit import Layers, entry, layer

from cacheview.dockerfile.release import builder_release
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums
from cacheview.layers.layer_memory import LayerMemory
from cacheview.layers.tarstream import TarLayers

RELEASE = builder_release("28.5.2")
NAME = "f\udcff"
STREAM = layer(
    entry("d", kind=tarfile.DIRTYPE, uid=5, gid=6, mode=0o1777),
    entry(f"d/{NAME}", b"content"),
    entry("d/link", kind=tarfile.SYMTYPE, linkname=NAME),
    entry("d/hard", kind=tarfile.LNKTYPE, linkname=f"d/{NAME}"),
    entry("null", kind=tarfile.CHRTYPE, devmajor=1, devminor=3),
)


def hashed(layers: Layers, folder: Path | None) -> str:
    memory = LayerMemory(folder)
    images = ImageSums(LayerFiles(TarLayers(layers.open), memory), layers.diff_ids, RELEASE)
    text = images.of_sources(["/d", "/null"], destination="/to/").text
    memory.save()
    return text


def test_a_second_replay_reads_no_layer(tmp_path: Path) -> None:
    layers = Layers(STREAM)
    first = hashed(layers, tmp_path / "layers")
    read = len(layers.opened)
    assert read
    assert hashed(layers, tmp_path / "layers") == first
    assert len(layers.opened) == read


def test_no_layer_hashes_are_cached_without_a_folder() -> None:
    layers = Layers(STREAM)
    hashed(layers, None)
    read = len(layers.opened)
    hashed(layers, None)
    assert len(layers.opened) == 2 * read


@pytest.mark.skipif(os.name == "nt", reason="Windows has no POSIX file modes")
def test_cached_layer_hashes_are_private_and_contain_no_content(tmp_path: Path) -> None:
    hashed(Layers(STREAM), tmp_path / "layers")
    (kept,) = (tmp_path / "layers").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert b"content" not in gzip.decompress(kept.read_bytes())


@pytest.mark.parametrize(
    "damage",
    [b"", b"not gzip", gzip.compress(b"{}"), gzip.compress(b'{"version":1,"diff_id":3}\n[1]')],
    ids=["empty", "not packed", "no version", "no entries"],
)
def test_a_damaged_record_is_read_again_from_the_store(tmp_path: Path, damage: bytes) -> None:
    layers = Layers(STREAM)
    first = hashed(layers, tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    read = len(layers.opened)
    assert hashed(layers, tmp_path) == first
    assert len(layers.opened) > read
