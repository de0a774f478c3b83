"""The containerd roots of the samples, unpacked for a test."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from data_root_archives import unpack_data_root

from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, decode
from cacheview.stores.open import open_store

DATA = Path(__file__).parents[2] / "data"
ENGINES = ("71ebfc7c63-c8d", "28.5.2-c8d", "29x-c8d")
DATABASE = "io.containerd.metadata.v1.bolt/meta.db"
BLOBS = "io.containerd.content.v1.content/blobs/sha256"


def unpack(engine: str, folder: Path) -> Path:
    """Unpack a sample's containerd root, in a folder laid out like a data root."""
    unpack_data_root(engine, folder)
    return folder / "containerd" / "daemon"


@cache
def truth(engine: str) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = json.loads((DATA / "samples" / engine / "truth.json").read_text())["images"]
    return images


def read(location: str, **options: Any) -> ImageStore:
    """The only store at a location. Checks that its problems are those of the opened location."""
    opened = open_store(f"containerd:{location}", **options)
    (case,) = opened.cases
    assert opened.kind == "containerd"
    assert opened.location == case.store.location == f"containerd:{location}"
    assert opened.problems == case.store.problems
    return case.store


def assert_as_expected(images: tuple[Image, ...], engine: str, only: Collection[str] = ()) -> None:
    """Check that the images equal those of ``truth.json`` in the same order, without doubts.

    ``only``: the IDs of the images that are expected; if there are none, all are.
    """
    reported = [image for image in truth(engine) if not only or image["id"] in only]
    assert [image.id for image in images] == [image["id"] for image in reported]
    for image, true in zip(images, reported, strict=True):
        container_config = true.get("container_config")
        assert image.names == tuple(true["names"])
        assert image.parent == true.get("parent")
        assert image.from_scratch is true["from_scratch"]
        assert image.built_locally is true["built_locally"]
        assert image.config == decode(ImageConfig, json.dumps(true["config"]))
        assert image.config_digest == true["config_digest"]
        assert image.manifest_digest == true.get("manifest", image.id)
        assert bool(image.variants) is true.get("index", False)
        assert image.container_config == (
            None if container_config is None else decode(ContainerConfig, json.dumps(container_config))
        )
        assert image.doubts == ()
