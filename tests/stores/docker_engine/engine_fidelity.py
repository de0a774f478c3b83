"""Compares a store with its true content: each difference must be covered by a doubt, and each doubt must be needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, decode

SAMPLES = Path(__file__).parents[2] / "data" / "samples"

# Doubts that are needed although no sample differs: what the API omits is unknown, even if it is empty.
JUSTIFIED = {
    "history.author": "no sample has an author, and the API has no field for it",
    "config.other": "os.features is of Windows, and no sample is",
    "dangling": "no sample has an image with a name that was restored once more",
    "config.config": "a containerd store is asked for OCI fields only; no sample has others there",
}


def truth_of(engine: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES / engine / "truth.json").read_text())
    return document


@dataclass
class Comparison:
    """The IDs of the images that differ, by aspect. ``uncovered``: differences that no doubt covers."""

    differing: dict[str, set[str]] = field(default_factory=dict)
    doubted: dict[str, set[str]] = field(default_factory=dict)
    uncovered: list[str] = field(default_factory=list)


def compare(store: ImageStore, truth: dict[str, Any]) -> Comparison:
    """Compare each image's name, parent and config fields with the truth. The order of images matters too."""
    assert [image.id for image in store.images] == [true["id"] for true in truth["images"]]
    comparison = Comparison()
    for image, true in zip(store.images, truth["images"], strict=True):
        assert len({doubt.aspect for doubt in image.doubts}) == len(image.doubts)
        for doubt in image.doubts:
            assert doubt.reason
            assert doubt.remedy
            comparison.doubted.setdefault(doubt.aspect, set()).add(image.id)
        for aspect, here, there in differences(image, true, truth["kind"] == "containerd"):
            comparison.differing.setdefault(aspect, set()).add(image.id)
            if image.doubt(aspect) is None:  # type: ignore[arg-type]
                comparison.uncovered.append(f"{image.title} {aspect}: {here!r} is in truth {there!r}")
    return comparison


def assert_faithful(store: ImageStore, truth: dict[str, Any]) -> Comparison:
    """Check that all differences are doubted, and that each doubt has a difference in the store or is justified."""
    comparison = compare(store, truth)
    assert not comparison.uncovered, "\n".join(text[:300] for text in comparison.uncovered[:5])
    needless = [aspect for aspect in comparison.doubted if aspect not in comparison.differing]
    assert [aspect for aspect in needless if aspect not in JUSTIFIED] == []
    return comparison


def differences(image: Image, true: dict[str, Any], in_containerd: bool) -> Iterator[tuple[str, object, object]]:
    config, real = image.config, decode(ImageConfig, json.dumps(true["config"]))
    apart = true.get("container_config")
    container_config = decode(ContainerConfig, json.dumps(apart)) if apart else real.container_config
    pairs: list[tuple[str, object, object]] = [
        ("names", image.names, tuple(true["names"])),
        ("parent", image.parent, true.get("parent")),
        ("from_scratch", image.from_scratch, bool(true.get("from_scratch"))),
        ("built_locally", image.built_locally, bool(true.get("built_locally"))),
        ("config_digest", image.config_digest, true["config_digest"] if in_containerd else true["id"]),
        # Docker does not distinguish an empty container config from none: the field is a struct.
        (
            "container_config",
            image.container_config or config.container_config or ContainerConfig(),
            container_config or ContainerConfig(),
        ),
        ("created", config.created, real.created),
        ("diff_ids", image.diff_ids, (real.rootfs.diff_ids if real.rootfs else None) or ()),
        ("config", _plain(config), _plain(real)),
        ("config.config", config.config or ContainerConfig(), real.config or ContainerConfig()),
        (
            "config.other",
            (config.comment, config.container, config.docker_version, config.os_features),
            (real.comment, real.container, real.docker_version, real.os_features),
        ),
        ("history", len(image.history), len(real.history or ())),
    ]
    for part in ("created", "created_by", "author", "comment", "empty_layer"):
        here, there = ([getattr(entry, part) for entry in entries or ()] for entries in (config.history, real.history))
        pairs.append((f"history.{part}", here, there))
    if image.doubt("history") is None:
        for entry, is_real in zip(image.history, real.history or (), strict=True):
            assert entry.created is not None
            assert is_real.created is not None
            assert entry.created.seconds == is_real.created.seconds  # as the doubt promises
    yield from ((aspect, here, there) for aspect, here, there in pairs if here != there)


def true_images(engine: str) -> list[Image]:
    """An engine's images according to the truth."""
    truth = truth_of(engine)
    return [
        Image(
            id=true["id"],
            names=tuple(true["names"]),
            parent=true.get("parent"),
            from_scratch=bool(true.get("from_scratch")),
            built_locally=bool(true.get("built_locally")),
            config=decode(ImageConfig, json.dumps(true["config"])),
            container_config=decode(ContainerConfig, json.dumps(true["container_config"]))
            if true.get("container_config")
            else None,
            config_digest=true.get("config_digest", true["id"]),
        )
        for true in truth["images"]
    ]


def _plain(config: ImageConfig) -> tuple[object, ...]:
    kind = config.rootfs.type if config.rootfs else ""
    return (config.author, config.architecture, config.variant, config.os, config.os_version, kind)
