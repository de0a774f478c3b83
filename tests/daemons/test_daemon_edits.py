"""An edit of a build context makes a ``COPY`` miss, and the replay names the file and what of it is different."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from daemon_client import DockerCli, docker_programs
from daemon_need import unavailable
from daemon_scenarios import Link, Scenario, write
from daemon_start import EngineDaemon, layers_are_in_sight

from cacheview.cli import main

ON_EVERY_ENGINE = True

pytestmark = pytest.mark.usefixtures("emptied")


@pytest.fixture(scope="module")
def client(engine: EngineDaemon, tmp_path_factory: pytest.TempPathFactory) -> DockerCli:
    program = next(docker_programs(), None)
    if program is None:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    if not layers_are_in_sight(engine.data_root):
        unavailable("the layers of an engine are out of sight where /dev/shm is not in memory")
    return DockerCli(program, engine.url, tmp_path_factory.mktemp("settings"))


@dataclass(frozen=True)
class Edit:
    """What is done to the folder ``src`` of a context; by path, how the file differs and what of it; the causes."""

    do: Callable[[Path], object]
    files: Mapping[str, tuple[str, tuple[str, ...]]]
    causes: tuple[str, ...] = ()


def _link(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("deep/c")


def _type(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").write_bytes(b"one\n")
    (folder / "link").chmod(0o644)


def _put(name: str, content: bytes) -> Callable[[Path], object]:
    def put(folder: Path) -> None:
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o644)

    return put


EDITS = {
    "content": Edit(_put("a", b"two\n"), {"src/a": ("changed", ("content",))}),
    "size": Edit(_put("a", b"longer\n"), {"src/a": ("changed", ("content", "size"))}),
    "line-ends": Edit(_put("a", b"one\r\n"), {"src/a": ("changed", ("content", "size"))}, ("line ends",)),
    "mode": Edit(lambda folder: (folder / "b").chmod(0o600), {"src/b": ("changed", ("mode",))}),
    "added": Edit(_put("deep/new", b"new\n"), {"src/deep/new": ("added", ())}),
    "removed": Edit(lambda folder: (folder / "deep/c").unlink(), {"src/deep/c": ("removed", ())}),
    "renamed": Edit(
        lambda folder: (folder / "b").rename(folder / "z"), {"src/b": ("removed", ()), "src/z": ("added", ())}
    ),
    "link": Edit(_link, {"src/link": ("changed", ("link",))}),
    "type": Edit(_type, {"src/link": ("changed", ("type",))}),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_a_context_is_named(
    name: str, engine: EngineDaemon, client: DockerCli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit = EDITS[name]
    context = tmp_path / name
    files: dict[str, bytes | Link] = {"src/a": b"one\n", "src/b": b"b\n", "src/deep/c": b"c\n", "src/link": Link("a")}
    write(context, Scenario(name, f"FROM scratch\nLABEL edit={name}\nCOPY src /in/{name}\n", files, ()))
    command = ["replay", str(context), "--store", engine.location("engine"), "--client", client.sends_as.name, "--json"]
    assert client.build(context, ["--tag", "live/edited"]).error == ""
    assert main(command) == 0
    capsys.readouterr()

    edit.do(context / "src")
    assert main(command) == 1
    (miss,) = json.loads(capsys.readouterr().out)["misses"]
    compared = miss["comparison"]
    assert compared["evidence"] == "proven", compared["reason"]
    found = {file["path"]: (file["mark"], tuple(file["aspects"])) for file in compared["files"]}
    assert found == edit.files
    assert {cause["kind"] for cause in compared["causes"]} >= set(edit.causes)
    truth = client.build(context, [])
    assert [step.cached for step in truth.steps] == [False, True, False]


def test_another_owner_is_no_difference_to_a_client_that_sends_none(
    engine: EngineDaemon, client: DockerCli, tmp_path: Path
) -> None:
    context = tmp_path / "owner"
    write(context, Scenario("owner", "FROM scratch\nLABEL edit=owner\nCOPY src /in/owner\n", {"src/a": b"one\n"}, ()))
    command = ["replay", str(context), "--store", engine.location("engine"), "--client", client.sends_as.name]
    assert client.build(context, ["--tag", "live/edited"]).error == ""
    os.chown(context / "src/a", 1000, 1000)
    assert main(command) == 0
    assert [step.cached for step in client.build(context, []).steps] == [False, True, True]
