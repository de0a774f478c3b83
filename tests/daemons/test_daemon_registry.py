"""cacheview reads from a registry what an engine pulls, and predicts builds that use it as --cache-from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli
from daemon_engines import INSTALLED
from daemon_predictions import built, differences, predicted
from daemon_registry import PASSWORD, USER, RegistryDaemon
from daemon_scenarios import Build
from daemon_start import EngineDaemon
from daemon_stores import opened, store_at

from cacheview.cli import main
from cacheview.model import DataError, Platform, Release, StoreKind
from cacheview.replay.options import BuildOptions
from cacheview.stores.open import open_store

ON_EVERY_ENGINE = True

INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DRIVERS = {StoreKind.GRAPH_DRIVER: "overlay2", StoreKind.CONTAINERD: "overlayfs"}

BASE = "FROM scratch\nENV BASE=1\nCOPY file /base\n"
LAYERS = "COPY file /one\nCOPY file /two\n"
APP = 'ARG VERSION=1\nENV APP=$VERSION\nCOPY file /app\nLABEL last=yes\nCMD ["/app"]\n'


@dataclass(frozen=True)
class Pushed:
    """The full names of the images in the registry."""

    base: str
    layers: str
    app: str
    many: str
    kit: str
    older: str

    @property
    def all(self) -> tuple[str, ...]:
        return self.base, self.layers, self.app, self.many, self.kit


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pushed")
    (folder / "file").write_bytes(b"content")
    (folder / "file").chmod(0o644)
    return folder


@pytest.fixture(scope="module")
def pushed(
    engine: EngineDaemon, builder: Builder, client: DockerCli, registry: RegistryDaemon, context: Path
) -> Pushed:
    """Images that this engine built and pushed, and others derived from them. All are removed from the engine."""
    before = builder.ids()
    place = f"{registry.host}/{engine.kind.name}"
    names = Pushed(**{each.name: f"{place}/{each.name}:1" for each in fields(Pushed)})
    client.log_in(registry.host, USER, PASSWORD)
    steps = {names.base: BASE, names.layers: f"FROM {names.base}\n{LAYERS}", names.app: f"FROM {names.base}\n{APP}"}
    for name, dockerfile in steps.items():
        (context / "Dockerfile").write_text(dockerfile)
        assert not client.build(context, ["--tag", name]).error
        client.push(name)
    _put_index(registry, engine.kind.name, "many", ("arm64", "amd64"))
    _put_index(registry, engine.kind.name, "older", ("arm64", "386"))
    _put_by_buildkit(registry, engine.kind.name)
    builder.remove_all_but(before)
    return names


def _put_index(registry: RegistryDaemon, owner: str, name: str, architectures: tuple[str, ...]) -> None:
    """Push the app for several platforms, each with a different author."""
    manifest = registry.document(f"{owner}/app/manifests/1")
    config = registry.document(f"{owner}/app/blobs/{manifest['config']['digest']}")
    _copy_layers(registry, owner, name, manifest)
    described = []
    for architecture in architectures:
        other = {**config, "architecture": architecture, "author": architecture}
        described.append(_put_image(registry, f"{owner}/{name}", architecture, manifest, other))
    entries = [
        {**descriptor, "platform": {"os": "linux", "architecture": architecture}}
        for descriptor, architecture in zip(described, architectures, strict=True)
    ]
    registry.put_manifest(f"{owner}/{name}", "1", {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


def _put_by_buildkit(registry: RegistryDaemon, owner: str) -> None:
    """Push the app with the history that BuildKit would have written."""
    manifest = registry.document(f"{owner}/app/manifests/1")
    config = registry.document(f"{owner}/app/blobs/{manifest['config']['digest']}")
    _copy_layers(registry, owner, "kit", manifest)
    for entry in config["history"]:
        entry["created_by"] = entry["created_by"].rpartition("#(nop) ")[2].strip() + " # buildkit"
        entry["comment"] = "buildkit.dockerfile.v0"
    for key in ("container_config", "container"):
        config.pop(key, None)
    _put_image(registry, f"{owner}/kit", "1", manifest, config)


def _copy_layers(registry: RegistryDaemon, owner: str, to: str, manifest: dict[str, Any]) -> None:
    for layer in manifest["layers"]:
        registry.mount_blob(f"{owner}/{to}", layer["digest"], f"{owner}/app")


def _put_image(
    registry: RegistryDaemon, repository: str, tag: str, manifest: dict[str, Any], config: dict[str, Any]
) -> dict[str, Any]:
    blob = registry.put_blob(repository, json.dumps(config).encode())
    return registry.put_manifest(repository, tag, {**manifest, "config": {**manifest["config"], **blob}})


@pytest.fixture(autouse=True)
def login(client: DockerCli, pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cacheview use the settings that ``docker login`` wrote."""
    monkeypatch.setenv("DOCKER_CONFIG", str(client.settings))
    monkeypatch.delenv("DOCKER_AUTH_CONFIG", raising=False)


pytestmark = pytest.mark.usefixtures("emptied")


def location(*names: str) -> str:
    return f"registry:{','.join(names)}"


def release_of(engine: EngineDaemon, builder: Builder) -> Release:
    return Release(engine.kind.store, builder.client.version()["Version"])


def test_images_read_from_the_registry_equal_the_pulled_ones(
    engine: EngineDaemon, builder: Builder, client: DockerCli, pushed: Pushed
) -> None:
    read = opened(location(*pushed.all), release_of(engine, builder)).store
    for name in pushed.all:
        client.pull(name)
    there = store_at(engine.location("engine"))
    for image in read.images:
        pulled = there.by_id[image.id]
        assert set(pulled.names) == set(image.names)
        assert pulled.parent is None
        assert pulled.diff_ids == image.diff_ids
        assert [entry.created_by for entry in pulled.history] == [entry.created_by for entry in image.history]
    assert {image.id for image in read.images} <= set(there.by_id)


@dataclass(frozen=True)
class Pulled:
    """A build with an image from the registry as ``--cache-from``.

    Attributes:
        hits: the number of steps that hit it on Debian's engine. A containerd store of Docker 26.1 cannot restore a
            step without a layer, and fails.
        dockerfile: the whole Dockerfile, or the part after the base.
    """

    source: str
    hits: int = 0
    dockerfile: str = APP
    build_args: Mapping[str, str] = field(default_factory=dict)


BUILDS = {
    "the same again": Pulled("app", 5),
    "of layers alone": Pulled("layers", 2, LAYERS),
    "another argument": Pulled("app", 1, build_args={"VERSION": "2"}),
    "of a list of platforms": Pulled("many", 5),
    "made by BuildKit": Pulled("kit"),
    "without --cache-from": Pulled(""),
    "from scratch": Pulled("base", 2, BASE),
    "from scratch, without --cache-from": Pulled("", 0, BASE),
}


@pytest.mark.parametrize("message", BUILDS)
def test_a_build_with_pulled_images_matches_the_prediction(
    message: str, engine: EngineDaemon, builder: Builder, client: DockerCli, pushed: Pushed, context: Path
) -> None:
    case = BUILDS[message]
    is_complete = case.dockerfile.startswith("FROM")
    (context / "Dockerfile").write_text(case.dockerfile if is_complete else f"FROM {pushed.base}\n{case.dockerfile}")
    sources = (getattr(pushed, case.source),) if case.source else ()
    build = Build(message, 0, options=BuildOptions(cache_from=sources, build_args=dict(case.build_args)))
    release = release_of(engine, builder)
    rules = f"Docker {release.version}, {DRIVERS[release.kind]}"
    reported = predicted(location(pushed.base, *sources), context, build, client, rules, release)
    for name in dict.fromkeys((pushed.base, *sources)):
        client.pull(name)
    truth = built(context, "registry", build, client)
    assert list(differences(reported, truth, builder)) == []
    if engine.kind is INSTALLED or (case.source == "layers" and engine.kind.is_debian):
        assert sum(step.cached for step in truth.steps) == case.hits


def test_without_a_login_nothing_is_read(pushed: Pushed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(DataError, match=r"log in: `docker login 127\.0\.0\.1:"):
        open_store(location(pushed.app))


def test_a_requested_platform_is_pulled(
    engine: EngineDaemon, builder: Builder, client: DockerCli, pushed: Pushed
) -> None:
    arm = Platform(os="linux", architecture="arm64")
    (case,) = open_store(location(pushed.many), platform=arm, puller=release_of(engine, builder)).cases
    (image,) = case.store.images
    assert image.config.author == "arm64"
    client.pull(pushed.many, "--platform", "linux/arm64")
    assert image.id in store_at(engine.location("engine")).by_id


def test_reading_from_a_registry_fails_exactly_if_pulling_fails(
    engine: EngineDaemon, builder: Builder, client: DockerCli, pushed: Pushed
) -> None:
    read = refused = ""
    try:
        (image,) = opened(location(pushed.older), release_of(engine, builder)).store.images
        read = image.id
    except DataError as error:
        refused = error.what
    printed = client.cannot_pull(pushed.older)
    assert bool(printed) == bool(refused) == builder.client.version()["Version"].startswith("20.10.")
    assert refused.startswith(printed.partition(":")[0])
    assert not read or read in store_at(engine.location("engine")).by_id


def test_a_predicted_pull_changes_what_the_real_pull_changes(
    engine: EngineDaemon,
    client: DockerCli,
    pushed: Pushed,
    context: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (context / "Dockerfile").write_text(f"FROM {pushed.base}\n{LAYERS}")
    client.pull(pushed.base)
    options = ["--store", engine.location("engine"), "--what-if", f"pull:{location(pushed.layers)}"]
    options += ["--client", client.sends_as.name]
    assert main(["replay", str(context), *options, "--cache-from", pushed.layers, "--json"]) == 0
    reported = json.loads(capsys.readouterr().out)["after"]["steps"]
    client.pull(pushed.layers)
    build = Build("", 0, options=BuildOptions(cache_from=(pushed.layers,)))
    truth = built(context, "registry", build, client).steps
    assert [bool(step["cached"]) for step in reported] == [step.cached for step in truth] == [False, True, True]
    assert reported[-1]["image"].startswith(f"sha256:{truth[-1].image}")
