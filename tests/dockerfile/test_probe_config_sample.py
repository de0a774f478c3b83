"""The config that a real daemon stored (moby 71ebfc7, containerd store) equals the probe for the instruction.

The daemon merges the parent image's config into the stored one, which changes none of these steps. ``COPY`` and ``ADD``
have the checksum that the daemon computed.
"""

from __future__ import annotations

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from cacheview.dockerfile import MOBY_71EBFC7, BuildArgs
from cacheview.dockerfile import probe_config as config_of_any
from cacheview.model import ContainerConfig, Image, decode

probe_config = partial(config_of_any, release=MOBY_71EBFC7)

SAMPLE = Path(__file__).parent.parent / "data" / "dockerfile" / "71ebfc7.json"
COMPARED = (
    *("AttachStdout", "AttachStderr", "User", "OpenStdin", "Tty"),
    *("Cmd", "Env", "Labels", "ExposedPorts", "Entrypoint", "Volumes"),
)
SETTINGS = ("WorkingDir", "StopSignal", "Healthcheck", "OnBuild", "Shell", "ArgsEscaped")


@cache
def images() -> dict[str, Image]:
    document = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return {entry["id"]: decode(Image, json.dumps(entry)) for entry in document["images"]}


def steps() -> list[Any]:
    found = json.loads(SAMPLE.read_text(encoding="utf-8"))["steps"]
    return [pytest.param(step, id=f"{step['image'][7:15]} {step['instruction'][:40]}") for step in found]


def printed(config: ContainerConfig, fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that are set: the rules treat null, empty and zero alike."""
    return {name: value for name in fields if (value := getattr(config, name))}


@pytest.mark.parametrize("step", steps())
def test_the_stored_container_config_is_the_probe(step: dict[str, Any]) -> None:
    child = images()[step["image"]]
    parent = images()[child.parent] if child.parent else None
    args = BuildArgs(step.get("declared", {}), step.get("given", {}))

    probe = probe_config(step["instruction"], parent, args=args)

    stored = child.config.container_config
    assert stored is not None
    assert printed(probe, COMPARED) == printed(stored, COMPARED)
    assert printed(probe, SETTINGS) == printed(stored, SETTINGS)
    assert probe.Image == (child.parent or "")


def test_the_sample_has_every_image_with_a_parent_in_its_store() -> None:
    tested = {step.values[0]["image"] for step in steps()}
    assert tested >= {image.id for image in images().values() if image.parent in images()}
    assert len(tested) == 39
