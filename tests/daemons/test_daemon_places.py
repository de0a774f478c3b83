"""Layers read from a ``docker save`` archive and from the data root of another driver."""

from __future__ import annotations

from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli, docker_programs
from daemon_engines import INSTALLED
from daemon_layered import LAYERED, layered_image
from daemon_need import unavailable
from daemon_predictions import built, differences, predicted
from daemon_process import DaemonError
from daemon_scenarios import Build, Link, Scenario, write
from daemon_start import EngineDaemon, layers_are_in_sight, start_engine_of
from daemon_stores import opened

from cacheview.dockerfile.release import builder_release
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums
from cacheview.layers.opening import open_layers

ON_EVERY_ENGINE = True

_RELEASE = builder_release("28.5.2")
_SOURCES = ("/etc/changed", "/data/absolute", "/first", "/second", "/linked/set", "/added", "/opaque/one", "/data/f*")

_OF_VFS = Scenario(
    "vfs",
    "FROM scratch AS one\nCOPY tree /tree/\nCOPY top /tree/top\nFROM scratch\nLABEL a=1\n"
    "COPY --from=one /tree /one\nCOPY --from=one /tree/l* /tree/sub/b /two/\n",
    {"tree/a": b"a\n", "tree/sub/b": b"b\n", "tree/link": Link("/tree/top"), "top": b"top\n"},
    (Build("for the first time", 0), Build("once more", 5)),
)


@pytest.mark.usefixtures("emptied")
def test_an_archive_of_docker_save_has_the_files_of_the_engine(
    engine: EngineDaemon, builder: Builder, tmp_path: Path
) -> None:
    if not layers_are_in_sight(engine.data_root):
        pytest.skip("an engine's layers are only visible if /dev/shm is in memory")
    builder.client.load_image(layered_image())
    builder.build("live/places", f"FROM {LAYERED}\nCOPY one /added/\nCOPY one /opaque/one\n", {"one": b"one\n"})
    archive = tmp_path / "saved.tar"
    with archive.open("wb") as file:
        file.writelines(builder.client.get_image("live/places"))
    found = []
    for place in (engine.location("engine"), str(archive)):
        store = opened(place).store
        image = store.resolve("live/places")
        sums = ImageSums(LayerFiles(open_layers(store)), image.diff_ids, _RELEASE)
        found.append({source: sums.of_sources([source], destination="/x/").text for source in _SOURCES})
    assert found[0] == found[1]


def test_the_data_root_of_vfs_shows_what_is_built(engine: EngineDaemon, tmp_path: Path, daemon_folder: Path) -> None:
    if engine.kind is not INSTALLED:
        pytest.skip("testing one engine is enough")
    program = next(docker_programs(), None)
    if program is None:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    try:
        running = start_engine_of(daemon_folder / "vfs", "vfs", engine.kind)
    except DaemonError as error:
        unavailable(str(error))
    with running.process, Builder(running.url) as builder:
        client = DockerCli(program, running.url, tmp_path)
        context = tmp_path / "context"
        write(context, _OF_VFS)
        version = builder.client.version()["Version"]
        first, again = _OF_VFS.builds
        assert built(context, "vfs", first, client).error == ""
        reported = predicted(running.location("data-root"), context, again, client, f"Docker {version}, vfs")
        truth = built(context, "vfs", again, client)
        assert list(differences(reported, truth, builder)) == []
        assert sum(fact.cached for fact in truth.steps) == again.cached
