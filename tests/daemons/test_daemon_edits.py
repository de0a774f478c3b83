"""If an edited context or source image makes a ``COPY`` miss, the replay names the file and what changed."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli
from daemon_layered import Member, archive
from daemon_need import unavailable
from daemon_scenarios import Link, Scenario, write
from daemon_start import EngineDaemon, layers_are_in_sight

from cacheview.cli import main

ON_EVERY_ENGINE = True

pytestmark = pytest.mark.usefixtures("emptied")


@pytest.fixture(scope="module", autouse=True)
def layers_in_sight(engine: EngineDaemon) -> None:
    if not layers_are_in_sight(engine.data_root):
        unavailable("an engine's layers are only visible if /dev/shm is in memory")


@dataclass(frozen=True)
class Edit:
    """An edit of the folder ``src`` of a context, the expected differences by path, and the expected causes."""

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


def proven(out: str) -> tuple[Mapping[str, tuple[str, tuple[str, ...]]], tuple[str, ...]]:
    """Return the differing files of the only miss and their causes, which have to be proven."""
    (miss,) = json.loads(out)["misses"]
    compared = miss["comparison"]
    assert compared["evidence"] == "proven", compared["reason"]
    files = {file["path"]: (file["mark"], tuple(file["aspects"])) for file in compared["files"]}
    return files, tuple(cause["kind"] for cause in compared["causes"])


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
    assert proven(capsys.readouterr().out) == (edit.files, edit.causes)
    truth = client.build(context, [])
    assert [step.cached for step in truth.steps] == [False, True, False]


def test_a_changed_owner_does_not_matter_to_a_client_that_sends_none(
    engine: EngineDaemon, client: DockerCli, tmp_path: Path
) -> None:
    context = tmp_path / "owner"
    write(context, Scenario("owner", "FROM scratch\nLABEL edit=owner\nCOPY src /in/owner\n", {"src/a": b"one\n"}, ()))
    command = ["replay", str(context), "--store", engine.location("engine"), "--client", client.sends_as.name]
    assert client.build(context, ["--tag", "live/edited"]).error == ""
    os.chown(context / "src/a", 1000, 1000)
    assert main(command) == 0
    assert [step.cached for step in client.build(context, []).steps] == [False, True, True]


def test_changed_files_in_a_copied_image_are_named(
    engine: EngineDaemon, client: DockerCli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = tmp_path / "from"
    together = ("content", "mode", "added", "removed", "link")
    files: dict[str, bytes | Link] = {
        "src/a": b"one\n",
        "src/b": b"b\n",
        "src/deep/c": b"c\n",
        "src/link": Link("a"),
        "Files": b"FROM scratch\nCOPY src /out\n",
    }
    write(context, Scenario("from", "FROM scratch\nLABEL a=1\nCOPY --from=live/files /out /in\n", files, ()))
    command = ["replay", str(context), "--store", engine.location("engine"), "--client", client.sends_as.name, "--json"]
    for tag, file in (("live/files", "Files"), ("live/taken", "Dockerfile")):
        assert client.build(context, ["--tag", tag, "--file", str(context / file)]).error == ""
    assert main(command) == 0
    capsys.readouterr()

    for name in together:
        EDITS[name].do(context / "src")
    assert client.build(context, ["--tag", "live/files", "--file", str(context / "Files")]).error == ""
    assert main(command) == 1
    expected = {f"out/{path[4:]}": change for name in together for path, change in EDITS[name].files.items()}
    assert proven(capsys.readouterr().out) == (expected, ())
    truth = client.build(context, [])
    assert [step.cached for step in truth.steps] == [False, True, False]


def test_a_changed_owner_in_a_tar_is_named(
    engine: EngineDaemon, builder: Builder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def packed(owner: tuple[int, int]) -> bytes:
        members = (
            Member("Dockerfile", b"FROM scratch\nLABEL edit=tar\nCOPY src /in/tar\n"),
            Member("src", mode=0o755, owner=(1234, 5)),
            Member("src/a", b"a\n", owner=owner),
            Member("src/b", b"b\n", owner=(1234, 5)),
        )
        return archive(members)

    def build(owner: tuple[int, int]) -> str:
        context = io.BytesIO(packed(owner))
        stream = builder.client.build(fileobj=context, custom_context=True, tag="live/tar", rm=True, decode=True)
        return "".join(message.get("stream", "") + message.get("error", "") for message in stream)

    assert "Successfully built" in build((1234, 5))
    context = tmp_path / "context.tar"
    context.write_bytes(packed((4321, 6)))
    assert main(["replay", str(context), "--store", engine.location("engine"), "--json"]) == 1
    assert proven(capsys.readouterr().out) == ({"src/a": ("changed", ("owner",))}, ())
    assert build((4321, 6)).count("Using cache") == 1
