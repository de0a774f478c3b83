"""A running containerd, read through its socket and from its root folder."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from daemon_start import ContainerdDaemon
from daemon_stores import ask, opened, probe_of, store_at

from cacheview.engine import CONTAINERD_71EBFC7
from cacheview.engine.candidate import container_config_of
from cacheview.stores.open import open_store

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
CHAIN = SAMPLES / "71ebfc7c63-c8d"
OTHER = SAMPLES / "28.5.2-c8d" / "save-all-tags.tar.gz"
PARENT = "org.mobyproject.image.parent"


@pytest.fixture(scope="module")
def truth(containerd: ContainerdDaemon, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The expected images, by ID.

    Namespace moby has the images of a Docker Engine as the engine stores them: parents in labels, and unnamed images as
    dangling records. Another namespace has other images.
    """
    folder = tmp_path_factory.mktemp("archives")
    _put(containerd, "moby", _unpacked(CHAIN / "save-chain.tar.gz", folder), "--digests", "--base-name=moby-dangling")
    _put(containerd, "other", _unpacked(OTHER, folder))
    known = {image["id"]: image for image in json.loads((CHAIN / "truth.json").read_text())["images"]}
    held = {}
    for line in containerd.ctr("--namespace=moby", "images", "list").splitlines()[1:]:
        name, _, digest = line.split()[:3]
        held[digest] = known[digest]
        if parent := known[digest].get("parent"):
            containerd.ctr("--namespace=moby", "images", "label", name, f"{PARENT}={parent}")
    assert len(held) > 10
    return held


@pytest.fixture(scope="module", params=["socket", "root"])
def location(request: pytest.FixtureRequest, containerd: ContainerdDaemon, truth: Mapping[str, Any]) -> str:
    return f"containerd:{containerd.socket if request.param == 'socket' else containerd.root}"


def test_images_read_from_containerd_match_those_of_docker(location: str, truth: Mapping[str, Any]) -> None:
    store = store_at(f"{location}#moby")
    assert set(store.by_id) == set(truth)
    for image in store.images:
        assert image.parent == truth[image.id].get("parent")
        assert set(image.names) <= set(truth[image.id]["names"])
        assert image.diff_ids == tuple(truth[image.id]["config"]["rootfs"]["diff_ids"])
    assert store.resolve("shop/web:1.1").names == ("docker.io/shop/web:1.1",)


def test_the_docker_namespace_is_the_default(location: str, truth: Mapping[str, Any]) -> None:
    case = open_store(location).cases[0]
    assert set(case.store.by_id) == set(truth)


def test_every_image_is_a_hit_for_its_own_probe(location: str, truth: Mapping[str, Any]) -> None:
    case = opened(f"{location}#moby")
    probes = 0
    for image in case.store.images:
        if image.parent in case.store.by_id and container_config_of(image) is not None:
            verdict = ask(case, probe_of(image), CONTAINERD_71EBFC7)
            assert verdict.image is not None
            assert verdict.image.id == image.id
            probes += 1
    assert probes > 5


def test_another_namespace_is_read_by_its_name(location: str, truth: Mapping[str, Any]) -> None:
    store = store_at(f"{location}#other")
    names = {name for image in store.images for name in image.names}
    assert {"docker.io/shop/base:1", "docker.io/shop/web:1.0", "docker.io/shop/api:2.3"} <= names
    assert truth.keys().isdisjoint(store.by_id)


def test_socket_and_root_folder_show_the_same(containerd: ContainerdDaemon, truth: Mapping[str, Any]) -> None:
    for namespace in ("moby", "other"):
        opened = store_at(f"containerd:{containerd.socket}#{namespace}")
        read = store_at(f"containerd:{containerd.root}#{namespace}")
        assert opened.images == read.images


def test_containerd_is_only_read(location: str, containerd: ContainerdDaemon) -> None:
    database = containerd.root / "io.containerd.metadata.v1.bolt" / "meta.db"
    before = (hashlib.sha256(database.read_bytes()).digest(), database.stat().st_mtime_ns)
    assert store_at(f"{location}#moby").images
    assert (hashlib.sha256(database.read_bytes()).digest(), database.stat().st_mtime_ns) == before


def _unpacked(archive: Path, folder: Path) -> Path:
    plain = folder / f"{archive.parent.name}-{archive.stem}"
    plain.write_bytes(gzip.decompress(archive.read_bytes()))
    return plain


def _put(containerd: ContainerdDaemon, namespace: str, archive: Path, *options: str) -> None:
    containerd.ctr(f"--namespace={namespace}", "images", "import", "--no-unpack", *options, archive)
