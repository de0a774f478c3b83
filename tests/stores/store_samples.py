"""The real archives of five Docker engines, and the true content of the stores they came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cacheview.model import Image, ImageConfig, ImageStore, decode
from cacheview.stores.open import open_store

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
ENGINES = ("20.10-overlay2", "28.5.2-gd", "71ebfc7c63-c8d", "28.5.2-c8d", "29x-c8d")
SAVES = ("save-all-tags", "save-web-two-tags", "save-by-id", "save-pulled", "save-chain")
LAYOUTS = ("oci-layout", "oci-archive")


def sample(engine: str, name: str) -> Path:
    return SAMPLES / engine / f"{name}.tar.gz"


def opened(engine: str, name: str) -> ImageStore:
    """The only store of an archive that is read without problems."""
    result = open_store(sample(engine, name))
    assert result.problems == ()
    (case,) = result.cases
    assert case.probes == ()
    assert not case.walk
    return case.store


class Truth:
    """An engine's ``truth.json``."""

    def __init__(self, engine: str) -> None:
        document = json.loads((SAMPLES / engine / "truth.json").read_text())
        self.kind: str = document["kind"]
        self.chain: list[str] = document["save_chain_ids"]
        self.images: list[dict[str, Any]] = document["images"]
        self.by_id: dict[str, dict[str, Any]] = {image["id"]: image for image in self.images}

    def named(self, name: str) -> dict[str, Any]:
        return next(image for image in self.images if name in image["names"])

    def config(self, image_id: str) -> ImageConfig:
        return decode(ImageConfig, json.dumps(self.by_id[image_id]["config"]))


def tagged(names: list[str]) -> set[str]:
    """The names of an image except digest references, which no archive keeps."""
    return {name for name in names if "@" not in name}


def by_name(store: ImageStore, name: str) -> Image:
    return next(image for image in store.images if name in image.names)
