"""Every sample engine at each recorded API version: its store equals the original except for the doubts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from engine_fidelity import assert_faithful, compare, truth_of
from engine_replay import ENGINES, Replay, load, only, serving

from cacheview.model import ImageStore, Platform
from cacheview.stores.docker_engine.client import ALLOWED_REQUESTS
from cacheview.stores.docker_engine.reader import THREADS
from cacheview.stores.open import open_store

VERSIONS = [(engine, api) for engine in ENGINES for api in ("", *load(engine))]
"""Each engine with one of its API versions alone, and with all of them."""

ALWAYS = {"config.other", "history.created", "history.author"}
NEW_CONTAINERD = {
    *ALWAYS,
    "config.config",
    "config_digest",
    "built_locally",
    "container_config",
    "dangling",
    "from_scratch",
}
EXPECTED = {
    "20.10-overlay2": ALWAYS,
    "28.5.2-gd": {*ALWAYS, "config.config", "built_locally"},
    "71ebfc7c63-c8d": {*ALWAYS, "config.config", "config_digest"},
    "28.5.2-c8d": NEW_CONTAINERD,
    "29x-c8d": NEW_CONTAINERD,
}


def opened(replay: Replay, folder: Path) -> ImageStore:
    with serving(replay, folder / "docker.sock") as url:
        result = open_store(f"engine:{url}")
    assert (result.kind, result.location, result.problems) == ("engine", f"engine:{url}", ())
    (case,) = result.cases
    assert case.store.title == result.title
    return case.store


@pytest.mark.parametrize(("engine", "api"), VERSIONS)
def test_the_engine_store_equals_the_truth_except_for_doubts(engine: str, api: str, tmp_path: Path) -> None:
    replay = only(engine, api) if api else Replay(load(engine))
    store = opened(replay, tmp_path)
    truth = truth_of(engine)
    comparison = assert_faithful(store, truth)
    newest_gd = engine == "28.5.2-gd" and api == "1.51"  # this version omits container configs
    extra = {"container_config"} if newest_gd else set()
    # WORKDIR and RUN entries that write nothing have layers of size 0, which are known if the whole chain is present.
    assert set(comparison.doubted) == EXPECTED[engine] | extra
    assert "history.empty_layer" not in comparison.differing

    with_parent = {true["id"] for true in truth["images"] if true.get("parent")}
    assert not comparison.doubted.get("from_scratch", set()) & with_parent
    assert {method for method, _, _ in replay.requests} == {"GET"}
    for method, path, _ in replay.requests:
        assert any(method == allowed and pattern.fullmatch(path) for allowed, pattern in ALLOWED_REQUESTS)
    counted = {path: replay.paths().count(path) for path in replay.paths()}
    assert set(counted.values()) == {1}
    assert len(counted) == 3 + 2 * len(truth["images"])


def test_the_api_versions_that_show_most_are_asked(tmp_path: Path) -> None:
    replay = Replay(load("28.5.2-gd"))
    opened(replay, tmp_path)
    assert [(path, query) for _, path, query in replay.requests if path.endswith("images/json")] == [
        ("/v1.51/images/json", {"all": "1"})
    ]
    versions = {path.split("/")[1] for _, path, _ in replay.requests if "sha256:" in path}
    assert versions == {"v1.44"}


@pytest.mark.parametrize(
    ("engine", "title"),
    [
        ("20.10-overlay2", "Docker Engine 20.10.24+dfsg1, graph-driver store"),
        ("28.5.2-c8d", "Docker Engine 28.5.2, containerd store"),
    ],
)
def test_title(engine: str, title: str, tmp_path: Path) -> None:
    assert opened(Replay(load(engine)), tmp_path).title == title


def test_the_store_has_the_platform_of_the_engine(tmp_path: Path) -> None:
    dumps = load("28.5.2-c8d")
    for dump in dumps.values():
        dump["version"]["Arch"] = "arm64"
    assert opened(Replay(dumps), tmp_path).platform == Platform(os="linux", architecture="arm64")


def test_the_store_has_the_host_name_and_context_of_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dumps = load("28.5.2-c8d")
    for dump in dumps.values():
        dump["info"]["Name"] = "n" * 300
    with serving(Replay(dumps), tmp_path / "docker.sock") as url:
        by_url = open_store(f"engine:{url}")
        folder = tmp_path / "contexts" / "meta" / hashlib.sha256(b"ci").hexdigest()
        folder.mkdir(parents=True)
        meta = {"Name": "ci", "Endpoints": {"docker": {"Host": url}}}
        (folder / "meta.json").write_text(json.dumps(meta))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        by_context = open_store("engine:ci")
    assert (by_url.name, by_url.context, by_url.address) == ("n" * 255, "", url)
    assert (by_context.name, by_context.context, by_context.address) == ("n" * 255, "ci", url)


def test_connections_are_kept(tmp_path: Path) -> None:
    replay = Replay(load("28.5.2-gd"))
    opened(replay, tmp_path)
    assert len(replay.requests) == 97
    assert replay.connections <= 1 + THREADS + 1  # one for the first request, and one per reading thread


def test_doubts_are_shared(tmp_path: Path) -> None:
    store = opened(Replay(load("28.5.2-c8d")), tmp_path)
    doubts = {id(doubt): doubt for image in store.images for doubt in image.doubts}
    assert len(doubts) == len({doubt.aspect for doubt in doubts.values()})
    remedies = {doubt.remedy for doubt in doubts.values()}
    assert all("containerd:" in remedy for remedy in remedies)


def test_a_comparison_finds_what_is_wrong(tmp_path: Path) -> None:
    """The comparison above detects changed names, parents, history entries and config values."""
    store = opened(Replay(load("20.10-overlay2")), tmp_path)
    truth = truth_of("20.10-overlay2")
    truth["images"][0]["names"] = ["docker.io/library/other:1"]
    truth["images"][1]["parent"] = "sha256:" + "0" * 64
    truth["images"][2]["config"]["history"][0]["created_by"] = "another"
    truth["images"][3]["config"]["config"]["Env"] = ["A=1"]
    uncovered = "\n".join(compare(store, truth).uncovered)
    for aspect in ("names", "parent", "history.created_by", "config.config"):
        assert f" {aspect}:" in uncovered
    assert uncovered.count("\n") == 3
