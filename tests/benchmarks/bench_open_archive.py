"""Opening an archive of 10,000 images, against reading its bytes and parsing its JSON with pydantic-core alone.

pytest tests/benchmarks/bench_open_archive.py -s
"""

from __future__ import annotations

import gc
import hashlib
import io
import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic_core
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cacheview.model import ImageConfig, Timestamp
from cacheview.stores.collector import paused_collector
from cacheview.stores.manifests import ArchiveManifest, Manifest
from cacheview.stores.open import open_store

IMAGES = 10_000
ROUNDS = 7
LIMIT = 2.0

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def _config(number: int) -> dict[str, Any]:
    """About 2 KB with ten history entries. Five are of a base that ten images share, five of its own."""
    history = []
    for step in range(10):
        maker = number if step >= 5 else number // 10
        entry = {
            "created": f"2024-03-{step + 1:02d}T10:20:{maker % 60:02d}.{maker:06d}{step:03d}Z",
            "created_by": f"/bin/sh -c #(nop) COPY file:{maker:064x} in /srv/part-{step} ",
        }
        history.append({**entry, "empty_layer": True} if step % 3 else entry)
    config = {
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", f"VERSION=1.{number}"],
        "Cmd": ["/bin/sh", "-c", "#(nop) ", f'CMD ["serve" "--port" "{number}"]'],
        "WorkingDir": "/srv",
        "Labels": {"org.example.number": str(number)},
    }
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": history[-1]["created"],
        "config": config,
        "container_config": {**config, "Hostname": "0123456789ab", "Image": f"sha256:{number:064x}"},
        "docker_version": "25.0.0",
        "history": history,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{number * 10 + step:064x}" for step in range(4)]},
    }


def _blob(content: bytes) -> tuple[str, bytes]:
    return hashlib.sha256(content).hexdigest(), content


class Archive:
    """A ``docker save`` archive of a containerd store, and its JSON documents with their models."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.documents: list[tuple[type[Any], bytes]] = []
        members: list[tuple[str, bytes]] = []
        descriptors, entries = [], []
        for number in range(IMAGES):
            config_hex, config = _blob(json.dumps(_config(number), separators=(",", ":")).encode())
            layers = [f"{number * 10 + step:064x}" for step in range(4)]
            manifest_hex, manifest = _blob(json.dumps(self._manifest(config_hex, config, layers)).encode())
            members += [(f"blobs/sha256/{config_hex}", config), (f"blobs/sha256/{manifest_hex}", manifest)]
            self.documents += [(ImageConfig, config), (Manifest, manifest)]
            name = f"docker.io/bench/app{number % 100}:{number}"
            descriptors.append(
                {
                    "mediaType": _MANIFEST,
                    "digest": f"sha256:{manifest_hex}",
                    "size": len(manifest),
                    "annotations": {
                        "io.containerd.image.name": name,
                        "org.opencontainers.image.ref.name": str(number),
                    },
                }
            )
            paths = [f"blobs/sha256/{layer}" for layer in layers]
            entries.append(
                {"Config": f"blobs/sha256/{config_hex}", "RepoTags": [name.removeprefix("docker.io/")], "Layers": paths}
            )
        index = json.dumps({"schemaVersion": 2, "manifests": descriptors}).encode()
        archive_manifest = json.dumps(entries).encode()
        self.documents += [(Manifest, index), (ArchiveManifest, archive_manifest)]
        members += [
            ("index.json", index),
            ("manifest.json", archive_manifest),
            ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
        ]
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for member, content in members:
                info = tarfile.TarInfo(member)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))

    @staticmethod
    def _manifest(config_hex: str, config: bytes, layers: list[str]) -> dict[str, Any]:
        layer_type = "application/vnd.oci.image.layer.v1.tar+gzip"
        return {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": f"sha256:{config_hex}",
                "size": len(config),
            },
            "layers": [{"mediaType": layer_type, "digest": f"sha256:{layer}", "size": 1000} for layer in layers],
        }


def _fresh() -> None:
    gc.collect()
    Timestamp.parse.cache_clear()  # as in a program that has just started


def _seconds(work: Callable[[], object]) -> float:
    """How long the work takes with what `open_store` does to the garbage collector, for both sides alike."""
    _fresh()
    start = time.perf_counter()
    with paused_collector():
        result = work()
    seconds = time.perf_counter() - start
    del result
    return seconds


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return Archive(tmp_path_factory.mktemp("bench") / "images.tar")


def test_open_archive_of_10000_images(archive: Archive, benchmark: BenchmarkFixture) -> None:
    validators = [(model.__pydantic_validator__.validate_json, content) for model, content in archive.documents]

    def parsed_alone() -> list[Any]:
        archive.path.read_bytes()
        return [validate(content) for validate, content in validators]

    def parsed_untyped() -> list[Any]:
        archive.path.read_bytes()
        return [pydantic_core.from_json(content) for _, content in archive.documents]

    # In turns, so that what else runs on the machine slows all of them; the fastest round of each counts.
    works = (lambda: open_store(archive.path), parsed_alone, parsed_untyped)
    rounds = [[_seconds(work) for work in works] for _ in range(ROUNDS)]
    ours, models, untyped = (min(column) for column in zip(*rounds, strict=True))
    opened = benchmark.pedantic(open_store, args=(archive.path,), setup=_fresh, rounds=3)
    print(f"\nopening {IMAGES:,} images: {ours * 1000:.0f} ms")
    print(f"  ratio {ours / models:.2f} to reading and parsing into the models, {models * 1000:.0f} ms")
    print(f"  ratio {ours / untyped:.2f} to reading and parsing into dicts, {untyped * 1000:.0f} ms")
    assert len(opened.cases[0].store.images) == IMAGES
    assert not opened.problems
    assert ours / models <= LIMIT
