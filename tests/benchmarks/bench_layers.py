"""Reading a layer and hashing its files, compared with ``tar -t`` and ``sha256sum``; and the memory that this takes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from bounded import run_bounded

from cacheview.dockerfile.release import builder_release
from cacheview.layers.archive import archive_layers
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums
from cacheview.layers.layer_memory import LayerMemory
from cacheview.layers.tarstream import MAX_ENTRIES

_FILES, _SIZE = 1024, 1 << 20
_ROUNDS = 3


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Create a ``docker save`` archive with one layer of 1 GiB; return it, the layer alone, and its diff ID."""
    folder = tmp_path_factory.mktemp("layer")
    content = os.urandom(_SIZE)
    layer = folder / "layer.tar"
    with tarfile.open(layer, "w") as tar:
        (folder / "file").write_bytes(content)
        for name in ("d", *(f"d/{number}" for number in range(_FILES))):
            tar.add(folder if name == "d" else folder / "file", name, recursive=False)
    path = saved(layer, folder)
    with layer.open("rb") as file:
        diff_id = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    return path, layer, diff_id


def saved(layer: Path, folder: Path) -> Path:
    """Create a ``docker save`` archive with one image of one layer, created by a ``COPY`` to ``/d/``."""
    with layer.open("rb") as file:
        diff_id = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    command = f"#(nop) COPY dir:{'0' * 64} in /d/ "
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    config = json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "docker_version": "20.10.24",
            "container_config": {"Cmd": ["/bin/sh", "-c", command], "Env": [path]},
            "history": [{"created_by": f"/bin/sh -c {command}"}],
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
    ).encode()
    name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["app:1"], "Layers": ["1/layer.tar"]}])
    (folder / "config").write_bytes(config)
    (folder / "manifest").write_text(manifest)
    archive = folder / "save.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(layer, "1/layer.tar")
        tar.add(folder / "config", name)
        tar.add(folder / "manifest", "manifest.json")
    return archive


def seconds(work: object) -> float:
    begun = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - begun


def test_reading_and_summing(archive: tuple[Path, Path, str], tmp_path: Path) -> None:
    path, layer, diff_id = archive
    release = builder_release("28.5.2")
    tar, sha256sum = shutil.which("tar"), shutil.which("sha256sum")
    assert tar is not None
    assert sha256sum is not None

    def baseline() -> None:
        subprocess.run([tar, "-tf", layer], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([sha256sum, layer], check=True, stdout=subprocess.DEVNULL)

    def once(memory: LayerMemory) -> str:
        files = LayerFiles(archive_layers(path), memory)
        return ImageSums(files, [diff_id], release).of_sources(["/d"], destination="/to/").text

    ratios = []
    for number in range(_ROUNDS):
        memory = LayerMemory(tmp_path / str(number))
        baseline_seconds, own_seconds = seconds(baseline), seconds(lambda memory=memory: once(memory))
        memory.save()
        repeated_seconds = seconds(lambda number=number: once(LayerMemory(tmp_path / str(number))))
        ratios.append(baseline_seconds / own_seconds)
        print(
            f"\n1 GiB: tar -t and sha256sum {baseline_seconds:.2f} s, cacheview {own_seconds:.2f} s, "
            f"again {repeated_seconds:.3f} s"
        )
    print(f"speed against tar -t and sha256sum, median of {_ROUNDS}: {statistics.median(ratios):.2f} (at least 0.7)")
    assert statistics.median(ratios) >= 0.7


@pytest.mark.parametrize("size", [1, 4096], ids=["1 B", "4 KiB"])
def test_memory_of_the_most_entries(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay hashes a layer with the maximum number of files."""
    folder = tarfile.TarInfo("d")
    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
    layer = tmp_path / "layer.tar"
    with layer.open("wb") as file:
        file.write(folder.tobuf(tarfile.GNU_FORMAT))
        for number in range(MAX_ENTRIES - 1):
            info = tarfile.TarInfo(f"d/some-package-with-a-long-name-{number:06}.js")
            info.size = size
            file.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(-(-size // 512) * 512))
        file.write(bytes(1024))
    path = saved(layer, tmp_path)
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nCOPY --from=app:1 /d /d/\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run = run_bounded("replay", context, "--store", path, memory=200_000_000)
    print(f"\n{MAX_ENTRIES:,} files of {size} bytes: {run.peak / 1e6:.0f} MB (below 200)")
    assert run.status == 1
    assert list((tmp_path / "cache").rglob("*.json.gz"))
