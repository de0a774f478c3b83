"""Stores of very many images, as archives and as data roots, and the memory of a process that opens one."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cacheview.model import ImageConfig
from cacheview.stores.manifests import ArchiveManifest, Manifest

__all__ = ["Archive", "MemoryUse", "image_config", "memory_use", "write_data_root"]

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_STEPS = 10
_ROOT = Path(__file__).parents[2]


def _config(number: int, history: list[dict[str, Any]], layers: list[int], command: str) -> dict[str, Any]:
    config = {
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", f"VERSION=1.{number}"],
        "Cmd": ["/bin/sh", "-c", "#(nop) ", command],
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
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer:064x}" for layer in layers]},
    }


def _entry(step: int, maker: int) -> dict[str, Any]:
    entry = {
        "created": f"2024-03-{step + 1:02d}T10:20:{maker % 60:02d}.{maker:06d}{step:03d}Z",
        "created_by": f"/bin/sh -c #(nop) COPY file:{maker:064x} in /srv/part-{step} ",
    }
    return {**entry, "empty_layer": True} if step % 3 else entry


def image_config(number: int) -> dict[str, Any]:
    """Return a config of about 2.8 KB with ten history entries, of which five are of a base that ten images share."""
    history = [_entry(step, number if step >= 5 else number // 10) for step in range(_STEPS)]
    layers = [number * 10 + step for step in range(4)]
    return _config(number, history, layers, f'CMD ["serve" "--port" "{number}"]')


def _dumps(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Archive:
    """A ``docker save`` archive of a containerd store.

    Attributes:
        documents: the JSON documents in it, with their models; empty unless requested.
        configs: the bytes of the configs.
    """

    def __init__(self, path: Path, images: int, *, keep: bool = False) -> None:
        self.path = path
        self.documents: list[tuple[type[Any], bytes]] = []
        self.configs = 0
        descriptors, entries = [], []
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for number in range(images):
                config = _dumps(image_config(number))
                layers = [f"{number * 10 + step:064x}" for step in range(4)]
                manifest = json.dumps(_manifest(_hex(config), config, layers)).encode()
                self.configs += len(config)
                self._add(tar, f"blobs/sha256/{_hex(config)}", config, ImageConfig if keep else None)
                self._add(tar, f"blobs/sha256/{_hex(manifest)}", manifest, Manifest if keep else None)
                name = f"docker.io/bench/app{number % 100}:{number}"
                descriptors.append(
                    {
                        "mediaType": _MANIFEST,
                        "digest": f"sha256:{_hex(manifest)}",
                        "size": len(manifest),
                        "annotations": {
                            "io.containerd.image.name": name,
                            "org.opencontainers.image.ref.name": str(number),
                        },
                    }
                )
                paths = [f"blobs/sha256/{layer}" for layer in layers]
                tags = [name.removeprefix("docker.io/")]
                entries.append({"Config": f"blobs/sha256/{_hex(config)}", "RepoTags": tags, "Layers": paths})
            index = json.dumps({"schemaVersion": 2, "manifests": descriptors}).encode()
            self._add(tar, "index.json", index, Manifest if keep else None)
            self._add(tar, "manifest.json", json.dumps(entries).encode(), ArchiveManifest if keep else None)
            self._add(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}', None)

    def _add(self, tar: tarfile.TarFile, name: str, content: bytes, model: type[Any] | None) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
        if model is not None:
            self.documents.append((model, content))


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


def write_data_root(root: Path, images: int, *, on_one: bool = False) -> int:
    """Write a data root with builds of ten steps on bases of five steps, and an image for each step.

    Every fifth step has a layer. Returns the bytes of the configs.

    ``on_one``: all images but the first are built on that one, each with a different step.
    """
    driver = root / "image" / "overlay2"
    content, metadata, layerdb = (
        driver / path for path in ("imagedb/content/sha256", "imagedb/metadata/sha256", "layerdb/sha256")
    )
    for folder in (content, metadata, layerdb):
        folder.mkdir(parents=True)
    names: dict[str, dict[str, str]] = {}
    size = 0
    parent = ""
    for number in range(images):
        build, step = divmod(number, _STEPS)
        history = [_entry(n, build // 10) for n in range(5)] + [_entry(5 + n, build) for n in range(step + 1)]
        layers = [build // 10 * 100, *(build * 100 + n for n in range(1, 2 + step // 5))]
        if on_one:
            history, layers = [*(_entry(n, 0) for n in range(9)), _entry(9, number)], [0, number]
            step = 0
        config = _dumps(_config(number, history, layers, f"COPY file:{number:064x} in /srv "))
        digest = _hex(config)
        size += len(config)
        (content / digest).write_bytes(config)
        folder = metadata / digest
        folder.mkdir()
        if step or (on_one and parent):
            (folder / "parent").write_text(f"sha256:{parent}")
        (folder / "builtLocally").write_text("\x01")
        if not step % 5:
            _write_layer(layerdb, layers)
        if step == _STEPS - 1:
            names[f"bench/app{build}"] = {f"bench/app{build}:latest": f"sha256:{digest}"}
        if not (on_one and parent):
            parent = digest
    (driver / "repositories.json").write_bytes(_dumps({"Repositories": names}))
    return size


def _write_layer(layerdb: Path, layers: list[int]) -> None:
    chain = ""
    for layer in layers:
        diff_id = f"sha256:{layer:064x}"
        chain = f"sha256:{_hex(f'{chain} {diff_id}'.encode())}" if chain else diff_id
        folder = layerdb / chain.removeprefix("sha256:")
        if not folder.is_dir():
            folder.mkdir()
            (folder / "size").write_text("1000")


@dataclass(frozen=True)
class MemoryUse:
    """The memory of a process in bytes: first with the store of ten images open, then with the large one.

    Attributes:
        peak: the most that it had at any time.
    """

    before: int
    opened: int
    explained: int
    peak: int


def memory_use(location: str, small: str, how: str) -> MemoryUse:
    """Return the memory of a process that opens a location and answers a first probe.

    ``how``: ``command`` or ``window``.
    """
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(_ROOT)}
    script = Path(__file__).with_name("opening_process.py")
    output = subprocess.check_output([sys.executable, script, how, location, small], env=environment, text=True)
    return MemoryUse(*map(int, output.split()))
