"""The containers of an engine: read only when needed, with read-only requests, and whatever the engine answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engine_replay import Answer, Replay, load, serving

from cacheview.model import Container, ImageStore, Release, StoreKind
from cacheview.stores.containers import containers_of
from cacheview.stores.docker_engine.client import ALLOWED_REQUESTS

ID = "c" * 64
IMAGE = f"sha256:{'a' * 64}"
LISTED = {"Id": ID, "Image": IMAGE, "ImageID": IMAGE, "State": "exited", "Names": ["/web"]}
GRAPH_DRIVER = Release(StoreKind.GRAPH_DRIVER, "28.5.2")
CONTAINERD = Release(StoreKind.CONTAINERD, "28.5.2")


def read_containers(answers: dict[str, Answer], release: Release | None, folder: Path) -> tuple[Any, Replay]:
    def hook(path: str) -> Answer:
        return next((answer for end, answer in answers.items() if path.endswith(end)), None)

    replay = Replay(load("28.5.2-gd"), hook)
    with serving(replay, folder / "docker.sock") as url:
        return containers_of(ImageStore((), location=f"engine:{url}", release=release)), replay


@pytest.mark.parametrize(
    ("state", "running"), [("running", True), ("paused", True), ("exited", False), ("dead", False)]
)
def test_the_containers_of_an_engine(state: str, running: bool, tmp_path: Path) -> None:
    listed = [{**LISTED, "State": state, "Image": "app:1"}]
    containers, replay = read_containers({"/containers/json": (200, listed)}, GRAPH_DRIVER, tmp_path)
    assert containers.listed == (Container(ID, IMAGE, "app:1", running),)
    assert [(method, query) for method, path, query in replay.requests if "containers" in path] == [
        ("GET", {"all": "1"})
    ]
    assert all(any(pattern.fullmatch(path) for _, pattern in ALLOWED_REQUESTS) for _, path, _ in replay.requests)


def test_a_container_in_containerd_has_the_name_it_was_created_with(tmp_path: Path) -> None:
    """The list shows the image ID if the name now refers to another image."""
    answers: dict[str, Answer] = {
        "/containers/json": (200, [LISTED, {**LISTED, "Id": "d" * 64}]),
        f"/{ID}/json": (200, {"Config": {"Image": "app:1"}}),
    }
    containers, _ = read_containers(answers, CONTAINERD, tmp_path)
    assert containers.listed == (Container(ID, IMAGE, "app:1"),)  # the other one was removed in the meantime


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((403, {"message": "not for you"}), "not for you"),
        ((200, {}), "containers"),
        ((200, [{**LISTED, "Id": "../../images/json"}]), "has no valid ID"),
    ],
)
def test_unreadable_containers_are_unknown(answer: Answer, reason: str, tmp_path: Path) -> None:
    containers, _ = read_containers({"/containers/json": answer}, CONTAINERD, tmp_path)
    assert containers.listed is None
    assert containers.reason.startswith("cacheview cannot tell which containers use the images: ")
    assert reason in containers.reason
    assert "Try again" in containers.remedy


def test_a_store_without_containers_suggests_the_engine() -> None:
    containers = containers_of(ImageStore((), location="images.tar"))
    assert containers.listed is None
    assert containers.reason.endswith("the store does not list containers")
    assert "engine:" in containers.remedy
