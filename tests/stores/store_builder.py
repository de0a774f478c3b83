"""Creates archives and layouts for tests."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYOUT = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

Files = dict[str, bytes]


def dumps(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def config(number: int = 0, **more: Any) -> dict[str, Any]:
    """A small image config; each ``number`` gives a different one."""
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": f"2024-01-01T00:00:00.{number:09d}Z",
        "container_config": {"Cmd": ["/bin/sh", "-c", f"#(nop) STEP {number}"]},
        "history": [{"created_by": f"step {number}"}],
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{number:064x}"]},
        **more,
    }


class Layout:
    """Builds an OCI image layout."""

    def __init__(self) -> None:
        self.files: Files = dict(LAYOUT)
        self.descriptors: list[dict[str, Any]] = []

    def blob(self, content: bytes) -> str:
        digest = sha256(content)
        self.files[blob_path(digest)] = content
        return digest

    def manifest(self, image_config: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """Store a config and its manifest. Returns the manifest's descriptor."""
        content = dumps(image_config)
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {"mediaType": CONFIG_TYPE, "digest": self.blob(content), "size": len(content)},
            "layers": [{"mediaType": LAYER_TYPE, "digest": "sha256:" + "d" * 64, "size": 1000}],
            **more,
        }
        return self.document(document, MANIFEST_TYPE)

    def document(self, document: Any, media_type: str) -> dict[str, Any]:
        content = dumps(document)
        return {"mediaType": media_type, "digest": self.blob(content), "size": len(content)}

    def index(self, descriptors: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        return self.document({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(descriptors)}, INDEX_TYPE)

    def add(self, descriptor: Mapping[str, Any], name: str = "", **annotations: str) -> str:
        """List a descriptor in ``index.json``. Returns its digest."""
        notes = {**annotations, **({"io.containerd.image.name": name} if name else {})}
        self.descriptors.append({**descriptor, **({"annotations": notes} if notes else {})})
        return str(descriptor["digest"])

    def image(self, number: int = 0, name: str = "", **more: Any) -> str:
        return self.add(self.manifest(config(number, **more)), name)

    def done(self) -> Files:
        """All files, ``index.json`` last as Docker writes it."""
        return {**self.files, "index.json": dumps({"schemaVersion": 2, "manifests": self.descriptors})}


def blob_path(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def old_archive(
    images: Iterable[tuple[dict[str, Any], list[str] | None, str]], layer: bytes = b"layer content"
) -> Files:
    """A ``docker save`` archive of Docker before 25. Each image is its config, tags, and parent ID or ""."""
    files: Files = {}
    entries = []
    for number, (document, tags, parent) in enumerate(images):
        content = dumps(document)
        name = sha256(content).removeprefix("sha256:") + ".json"
        files[name] = content
        files[f"{number:064x}/layer.tar"] = layer
        entry = {"Config": name, "RepoTags": tags, "Layers": [f"{number:064x}/layer.tar"]}
        entries.append({**entry, "Parent": parent} if parent else entry)
    return {**files, "manifest.json": dumps(entries)}


def tar_bytes(files: Mapping[str, bytes], tar_format: int = tarfile.GNU_FORMAT, prefix: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(prefix + name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def write_tar(path: Path, files: Mapping[str, bytes], **options: Any) -> Path:
    path.write_bytes(tar_bytes(files, **options))
    return path


def write_folder(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return path
