"""An engine whose data root is on this machine, with the real files of both: one store without doubts."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_root_archives import unpack_data_root
from engine_fidelity import compare, truth_of
from engine_replay import Replay, load, serving

from cacheview.stores.docker_engine.opening import open_target
from cacheview.stores.reading import Reading

GRAPH_DRIVERS = ("20.10-overlay2", "28.5.2-gd")


@pytest.fixture(autouse=True)
def beside(no_local_stores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()


def replayed(engine: str, folder: Path) -> Replay:
    root = folder / "root"
    unpack_data_root(engine, root)
    replay = Replay(load(engine))
    replay.newest["info"]["DockerRootDir"] = str(root)
    return replay


@pytest.mark.parametrize("engine", GRAPH_DRIVERS)
def test_a_local_data_root_completes_the_engine_store(engine: str, tmp_path: Path) -> None:
    replay = replayed(engine, tmp_path)
    with serving(replay, tmp_path / "docker.sock") as url:
        opened = open_target(url, Reading())
    assert opened.kind == "engine"
    comparison = compare(opened.cases[0].store, truth_of(engine))
    assert (comparison.differing, comparison.doubted) == ({}, {})
    assert len(replay.requests) == 3


def test_another_data_root_is_not_taken(tmp_path: Path) -> None:
    replay = replayed("28.5.2-gd", tmp_path)
    replay.dumps = {**load("20.10-overlay2"), "1.41": load("20.10-overlay2")["1.41"]}
    replay.newest["info"]["DockerRootDir"] = str(tmp_path / "root")
    with serving(replay, tmp_path / "docker.sock") as url:
        store = open_target(url, Reading()).cases[0].store
    # Two pulled images are in both.
    assert [image.id for image in store.images] == [true["id"] for true in truth_of("20.10-overlay2")["images"]]
    assert any(
        "is not this engine's store" in note and "only 2 of the engine's 47 images" in note for note in store.notes
    )
