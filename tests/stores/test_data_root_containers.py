"""The containers of a data root protect its images, like those that an engine lists."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from data_root_samples import Root, read

from cacheview.model import Container
from cacheview.stores.containers import containers_of

ID = "c" * 64
IMAGE = f"sha256:{'a' * 64}"
DOCUMENT = {
    "Image": IMAGE,
    "Driver": "overlay2",
    "Config": {"Image": "app:1"},
    "State": {"Running": True},
    "Name": "/x",
}


def put(root: Root, content: object, container: str = ID) -> Path:
    folder = root.root / "containers" / container
    folder.mkdir(parents=True)
    file = folder / "config.v2.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


@pytest.fixture
def root(tmp_path: Path) -> Root:
    root = Root(tmp_path)
    root.image(1, "app:1")
    return root


def test_containers_of_the_driver_are_listed(root: Root) -> None:
    put(root, DOCUMENT)
    put(root, {**DOCUMENT, "State": {"Running": False}}, "d" * 64)
    put(root, {**DOCUMENT, "Driver": "overlayfs"}, "e" * 64)  # belongs to a containerd store
    (root.root / "containers" / ("f" * 64)).mkdir()  # is still being created
    assert containers_of(read(root.root)).listed == (
        Container(ID, IMAGE, "app:1", True),
        Container("d" * 64, IMAGE, "app:1", False),
    )


def test_without_the_folder_they_are_unknown(root: Root) -> None:
    containers = containers_of(read(root.root))
    assert containers.listed is None
    assert "there is no containers folder" in containers.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [("{", "container cccccccccccc"), ("[]", "container cccccccccccc"), (" " * (2 << 20), "larger than 1,048,576")],
)
def test_an_unreadable_container_makes_the_containers_unknown(root: Root, content: str, reason: str) -> None:
    put(root, content)
    containers = containers_of(read(root.root))
    assert containers.listed is None
    assert containers.reason.startswith("cacheview cannot tell which containers use the images: ")
    assert reason in containers.reason


def test_a_link_is_not_followed(root: Root, tmp_path: Path) -> None:
    file = put(root, DOCUMENT)
    (tmp_path / "elsewhere").write_text(json.dumps(DOCUMENT))
    file.unlink()
    os.symlink(tmp_path / "elsewhere", file)
    containers = containers_of(read(root.root))
    assert containers.listed is None
    assert "a link, and links are not followed" in containers.reason
