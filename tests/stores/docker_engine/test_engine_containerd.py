"""An engine whose containerd is on this machine, as a socket or a folder: one store without doubts."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from data_root_archives import unpack_data_root
from engine_fidelity import compare, truth_of
from engine_replay import Replay, load, serving

from cacheview.stores.docker_engine.opening import open_target
from cacheview.stores.reading import Reading

TESTS = Path(__file__).parents[2]
ENGINES = ("28.5.2-c8d", "29x-c8d", "71ebfc7c63-c8d")


@pytest.fixture(autouse=True)
def beside(no_local_stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(TESTS / "stores" / "containerd"))


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder:
        yield Path(folder)


def replayed(engine: str, folder: Path) -> Replay:
    """The engine of a sample, with its data root below the folder."""
    unpack_data_root(engine, folder / "root")
    return Replay(load(engine))


def reported(replay: Replay, root: str, address: str) -> None:
    replay.newest["info"]["DockerRootDir"] = root
    replay.newest["info"]["Containerd"] = {"Address": address, "Namespaces": {"Containers": "moby"}}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_readable_containerd_folder_completes_the_engine_store(engine: str, tmp_path: Path) -> None:
    replay = replayed(engine, tmp_path)
    reported(replay, str(tmp_path / "root"), "/nowhere/containerd.sock")
    with serving(replay, tmp_path / "docker.sock") as url:
        store = open_target(url, Reading()).cases[0].store
    comparison = compare(store, truth_of(engine))
    assert (comparison.differing, comparison.doubted) == ({}, {})
    assert len(replay.requests) == 3
    assert store.release is not None
    assert store.release.kind == "containerd"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reachable_containerd_socket_completes_the_engine_store(
    engine: str, tmp_path: Path, short_folder: Path
) -> None:
    server = sys.modules.get("containerd_server") or __import__("containerd_server")
    replay = replayed(engine, tmp_path)
    reported(replay, "/nowhere", str(short_folder / "c.sock"))
    root = tmp_path / "root" / "containerd" / "daemon"
    with server.Server(root, short_folder / "c.sock"), serving(replay, tmp_path / "docker.sock") as url:
        store = open_target(url, Reading()).cases[0].store
    comparison = compare(store, truth_of(engine))
    assert (comparison.differing, comparison.doubted) == ({}, {})
    assert any(f"containerd:{short_folder}/c.sock" in note for note in store.notes)


def test_the_remedy_names_the_socket_if_neither_path_is_readable(tmp_path: Path) -> None:
    replay = replayed("28.5.2-c8d", tmp_path)
    reported(replay, "/nowhere", "/nowhere/containerd.sock")
    with serving(replay, tmp_path / "docker.sock") as url:
        store = open_target(url, Reading()).cases[0].store
    doubts = [image.doubt("container_config") for image in store.images]
    assert all(doubt is not None and "containerd:/nowhere/containerd.sock" in doubt.remedy for doubt in doubts)
