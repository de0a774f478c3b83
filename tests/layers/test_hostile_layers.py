"""Malicious layers give a clear message, take bounded memory and time, and write nothing outside the cache folder."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from bounded import MIB, Run, run_bounded
from layer_kit import Layers, entry, layer

from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import builder_release
from cacheview.layers.archive import archive_layers
from cacheview.layers.entry import LayerError
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums

RELEASE = builder_release("28.5.2")
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STEP = f"#(nop) COPY dir:{'0' * 64} in /d/ "
"""A step that makes cacheview read the layer."""

LINK, HARD, DEVICE, FIFO = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE


def write_archive(stream: bytes, folder: Path, packed: bytes | None = None) -> tuple[Path, str]:
    """A ``docker save`` archive with one image of one layer, which may be compressed, and the layer's diff ID."""
    diff_id = f"sha256:{hashlib.sha256(stream).hexdigest()}"
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "docker_version": "20.10.24",
            "container_config": {"Cmd": ["/bin/sh", "-c", STEP], "Env": [PATH]},
            "history": [{"created_by": f"/bin/sh -c {STEP}"}],
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
    ).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["app:1"], "Layers": ["1/layer.tar"]}]).encode()
    path = folder / "save.tar"
    with tarfile.open(path, "w") as archive:
        for member, data in ((name, config), ("manifest.json", manifest), ("1/layer.tar", packed or stream)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path, diff_id


def error_of(path: Path, diff_id: str, source: str = "/d") -> str:
    """The error message for a ``COPY --from`` of such a layer, or "" if it has a checksum."""
    try:
        ImageSums(LayerFiles(archive_layers(path)), [diff_id], RELEASE).of_sources([source], destination="/to/")
    except (LayerError, UnknownError, BuildRefusedError) as error:
        return str(error)
    return ""


HOSTILE: dict[str, tuple[bytes, str]] = {
    "a path that leads out": (layer(entry("d/../../etc/passwd", b"x")), "points outside the image"),
    "an absolute path that leads out": (layer(entry("/../x", b"x")), "points outside the image"),
    "a hard link that leads out": (layer(entry("d", kind=HARD, linkname="../../shadow")), "points outside the image"),
    "a hard link to nothing": (layer(entry("d", kind=HARD, linkname="none")), "does not point to a file"),
    "a hard link to itself": (layer(entry("d", kind=HARD, linkname="d")), "does not point to a file"),
    "links in a circle": (layer(entry("d", kind=LINK, linkname="e"), entry("e", kind=LINK, linkname="d")), "forbidden"),
    "a link to itself": (layer(entry("d", kind=LINK, linkname="d")), "forbidden"),
    "a long chain of links": (
        layer(*(entry(f"l{number}", kind=LINK, linkname=f"l{number + 1}") for number in range(400)),
              entry("d", kind=LINK, linkname="l0")),
        "forbidden",
    ),
    "a name that no system accepts": (layer(entry("d/" + "a/" * 3000 + "f")), "longer than 4,096 characters"),
    "a stream that is cut": (layer(entry("d", b"x" * 5000))[:2000], "ends early"),
    "no stream at all": (b"not a tar" * 200, "not a tar header"),
    "an empty stream": (b"", "ends early"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_hostile_layer_is_refused_with_a_clear_message(tmp_path: Path, name: str, packing: str) -> None:
    stream, words = HOSTILE[name]
    assert words in error_of(*write_archive(stream, tmp_path, PACKINGS[packing](stream)))


@pytest.mark.parametrize("packing", [name for name in PACKINGS if name != "plain"])
def test_a_truncated_compressed_layer_is_an_error(tmp_path: Path, packing: str) -> None:
    stream = layer(entry("d", os.urandom(50_000)))
    packed = PACKINGS[packing](stream)
    assert "cannot be read" in error_of(*write_archive(stream, tmp_path, packed[: len(packed) // 2]))


@pytest.mark.parametrize("kind", [DEVICE, FIFO, tarfile.BLKTYPE])
def test_devices_and_pipes_have_a_checksum_and_are_never_opened(tmp_path: Path, kind: bytes) -> None:
    assert error_of(*write_archive(layer(entry("d", kind=kind, devmajor=1, devminor=5)), tmp_path)) == ""


def test_names_that_are_not_text_have_a_checksum(tmp_path: Path) -> None:
    stream = layer(entry("d", kind=tarfile.DIRTYPE), entry("d/\udcff\udcfe", b"x"), entry("d/\x1b[2J", b"y"))
    assert error_of(*write_archive(stream, tmp_path)) == ""


def test_a_link_out_of_the_image_is_followed_inside_it() -> None:
    layers = Layers(layer(entry("d", kind=LINK, linkname="../../../etc/passwd"), entry("etc/passwd", b"the image's")))
    sums = ImageSums(layers.files, layers.diff_ids, RELEASE).of_sources(["/d"], destination="/to/")
    (((path, found)),) = sums.files
    header = b"nameetc/passwdmode420uid0gid0size11typeflag0linknameunamegnamedevmajor0devminor0"
    assert (path, found) == ("d", hashlib.sha256(header + b"the image's").hexdigest())


# In a separate process


def repeated(packing: str, head: bytes, piece: bytes, count: int) -> bytes:
    """A compressed stream of many separately compressed pieces, which all of these formats allow."""
    pack = PACKINGS[packing]
    return pack(head) + pack(piece) * count + pack(bytes(1024))


def run_replay(
    archive: Path, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, memory: int, **limits: int
) -> Run:
    """Replay a ``COPY --from`` of the image in a process that may write only to its cache folder."""
    context = folder / "context"
    context.mkdir(exist_ok=True)
    (context / "Dockerfile").write_text("FROM scratch\nCOPY --from=app:1 /d /d/\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    changed = {f"layers.tarstream.{name}": limit for name, limit in limits.items()}
    return run_bounded("replay", context, "--store", archive, memory=memory, limits=changed)


def everything(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_bomb_takes_little_memory_and_writes_nothing(
    tmp_path: Path, packing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tarfile.TarInfo("d")
    info.size = 128 * MIB
    archive, _ = write_archive(b"", tmp_path, repeated(packing, info.tobuf(tarfile.GNU_FORMAT), bytes(MIB), 128))
    assert archive.stat().st_size < MIB
    before = everything(tmp_path)
    run = run_replay(archive, tmp_path, tmp_path / "cache", monkeypatch, 110 * MIB)
    assert " ---> miss" in run.output
    assert run.status == 1
    written = everything(tmp_path) - before
    assert {path.relative_to(tmp_path).parts[0] for path in written} == {"cache", "context"}
    assert sum(path.stat().st_size for path in written if path.is_file()) < 10_000


@pytest.mark.slow
def test_very_many_entries_are_refused_in_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a quarter of the limit."""
    block = tarfile.TarInfo("d/" + "x" * 60).tobuf(tarfile.GNU_FORMAT)
    archive, _ = write_archive(b"", tmp_path, repeated("gzip", block, block * 1000, 1000))
    run = run_replay(archive, tmp_path, tmp_path / "cache", monkeypatch, 100 * MIB, MAX_ENTRIES=28_750)
    assert "has more than 28,750 members, the limit for a layer" in run.output
    assert run.status == 3
