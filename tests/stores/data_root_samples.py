"""The data roots of the samples, unpacked for a test, and small ones created for it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from data_root_archives import unpack_data_root
from store_builder import config, dumps, sha256

from cacheview.model import ImageStore
from cacheview.stores.open import open_store

ENGINES = ("20.10-overlay2", "28.5.2-gd")


def unpack(engine: str, folder: Path) -> Path:
    """Unpack a sample's data root into a folder."""
    unpack_data_root(engine, folder)
    return folder


class Root:
    """Builds a data root with the images of one driver."""

    def __init__(self, root: Path, driver: str = "overlay2") -> None:
        self.root = root
        self.folder = root / "image" / driver
        self.content = self.folder / "imagedb" / "content" / "sha256"
        self.metadata = self.folder / "imagedb" / "metadata" / "sha256"
        self.content.mkdir(parents=True)
        self.metadata.mkdir(parents=True)
        self.names: dict[str, dict[str, str]] = {}
        self.name()

    def image(self, number: int = 0, *names: str, parent: str = "", built_locally: bool = False, **more: Any) -> str:
        """Store an image. Returns its ID."""
        content = dumps(config(number, **more))
        image_id = sha256(content)
        self.file(image_id).write_bytes(content)
        if parent:
            self.note(image_id, "parent", parent.encode())
        if built_locally:
            self.note(image_id, "builtLocally", b"\x01")
        self.name(**dict.fromkeys(names, image_id))
        return image_id

    def file(self, image_id: str) -> Path:
        return self.content / image_id.removeprefix("sha256:")

    def note(self, image_id: str, key: str, content: bytes) -> Path:
        folder = self.metadata / image_id.removeprefix("sha256:")
        folder.mkdir(exist_ok=True)
        (folder / key).write_bytes(content)
        return folder / key

    def name(self, **names: str) -> None:
        for name, image_id in names.items():
            self.names.setdefault(name.rpartition("@")[0] or name.rpartition(":")[0], {})[name] = image_id
        (self.folder / "repositories.json").write_text(json.dumps({"Repositories": self.names}))

    def changed(self, seconds: float) -> None:
        """Set the modification times as if everything had last changed at this time."""
        for path in (self.content, self.metadata, self.folder / "repositories.json"):
            os.utime(path, (seconds, seconds))


def read(root: Path | str, **options: Any) -> ImageStore:
    opened = open_store(f"data-root:{root}", **options)
    (case,) = opened.cases
    assert opened.kind == "data-root"
    assert opened.location == case.store.location == f"data-root:{root}"
    assert opened.problems == case.store.problems
    return case.store


def snapshot(root: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """All files and folders below a folder, with their modes, change times and contents."""
    found = {}
    for path in sorted((root, *root.rglob("*"))):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_ctime_ns, content)
    return found
