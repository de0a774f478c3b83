"""Every command, with hostile texts in stores, Dockerfiles, contexts, Compose files, records and engines."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from bolt_writer import Writer
from engine_replay import Raw, Replay, load, serving
from files_kit import save_build, write_context
from layer_kit import entry, layer
from store_builder import config, dumps, old_archive, tar_bytes
from watch_kit import build_of

from cacheview.cli import main
from cacheview.visible import is_unprintable
from cacheview.watch.build import WatchedBuild
from cacheview.watch.outcome import ReportedStep

__all__ = [
    "HOSTILE",
    "PRETENDS",
    "Hostile",
    "hostile",
    "hostile_build",
    "hostile_suite",
    "printed",
    "quiet",
    "watching",
]

PRETENDS: Final = ("9 passed, 0 failed", "cacheview: fine", "HIT: all is well")
"""Lines of output that a hostile text imitates."""

HOSTILE: Final = (
    "a\x1b[2J\x1b]0;t\x07\x9b31m\x7f\u202e\u2066\u2028\u200b\U000e0041\r\n" + "\n".join(PRETENDS) + "\n<b>|`*\ttext"
)

_ID: Final = "sha256:" + "a" * 64
_OUTPUTS: Final = ("stdout", "stderr")


def quiet(text: str) -> bool:
    """Whether it contains no terminal control characters except line ends."""
    return not any(is_unprintable(character) for character in text if character != "\n")


def hostile_suite(folder: Path, text: str = HOSTILE) -> Path:
    """Write a suite with the text in every place that is printed."""
    made_with = {"Cmd": [text], "Labels": {text: text}, "Env": [f"A={text}"], "User": text, "Hostname": text}
    image = {
        "id": _ID,
        "names": [f"app:{text}"],
        "config": {
            "created": "2024-01-01T00:00:00Z",
            "docker_version": text,
            "author": text,
            "container_config": made_with,
            "history": [{"created_by": text, "comment": text, "author": text}],
        },
        "doubts": [{"aspect": "container_config", "reason": text, "remedy": text}],
    }
    child = {**image, "id": "sha256:" + "b" * 64, "parent": _ID, "names": [text], "doubts": []}
    probe = {
        "name": text,
        "note": text,
        "parent": "",
        "config": {"Cmd": ["x"], "User": text, "Labels": {text: "y"}},
        "cache_from": [text],
        "expect": {"outcome": "hit", "error": text},
    }
    near = {**probe, "name": "near", "parent": _ID, "cache_from": None, "config": {**made_with, "User": "x"}}
    file = folder / "hostile.jsonl"
    case = {"rules": "containerd-71ebfc7", "name": text, "images": [image, child], "probes": [probe, near]}
    wrong = {"rules": text, "images": [{"id": text, text: 1, "config": []}]}
    file.write_text(json.dumps(case) + "\n" + json.dumps(wrong) + "\n")
    return file


def _archive(folder: Path, text: str) -> Path:
    """Write a ``docker save`` archive with two images, one of which cannot be read."""
    document = config(1, author=text, comment=text, config={"Labels": {text: text}})
    document["history"] = [{"created_by": text, "comment": text}]
    files = old_archive([(document, [f"app:{text}", text], "")], layer(entry(f"d/{text}", b"x")))
    manifest = json.loads(files["manifest.json"])
    manifest.append({"Config": f"{text}.json", "RepoTags": [text], "Layers": [text]})
    file = folder / "hostile.tar"
    file.write_bytes(tar_bytes({**files, "manifest.json": dumps(manifest)}))
    return file


def _context(folder: Path, text: str) -> Path:
    """Create a context whose Dockerfile and files are hostile."""
    context = folder / "context"
    context.mkdir()
    for name in (text.replace("/", "_").encode(), b"\xff\x9b.txt"):
        (context / os.fsdecode(name)).write_bytes(b"x")
    short = text.replace("\n", " ").replace("\r", " ")
    (context / "Dockerfile").write_text(
        f"FROM scratch\nLABEL a='{short}'\nENV B='{short}'\nCOPY . /x/\nUSER '{short}'\n"
    )
    return context


def _changed_context(folder: Path, text: str) -> tuple[Path, Path]:
    """Create a build saved with its layer, and its context after files with hostile names were added and changed."""
    context = folder / "built"
    context.mkdir()
    write_context(context)
    name = context / "src" / text.replace("/", "_")
    name.write_bytes(b"before")
    archive = save_build(context, folder / "built.tar")
    name.write_bytes(b"after")
    (context / "src" / (text.replace("/", "_") + " added")).write_bytes(b"added")
    return context, archive


def _compose(folder: Path, text: str) -> Path:
    """Write a Compose file as JSON, which Compose accepts."""
    build = {"context": ".", "dockerfile": text, "args": {text: text}, "labels": {text: text}, "target": text}
    other = {"build": {**build, "context": "\0", "dockerfile": "\0x"}}
    services = {
        text: {"build": build, "platform": text},
        "web": {"extends": text},
        "null": other,
        "no": {"image": text},
    }
    file = folder / "compose.yaml"
    # YAML cannot contain lone surrogates.
    file.write_text(json.dumps({"services": services}).replace(r"\udb40\udc41", r"\U000e0041"))
    (folder / ".env").write_text("A='x'\n")
    return file


def _record(folder: Path, text: str) -> Path:
    """Write a record of a build in which every text is hostile, except those that the rules need."""
    context = folder / "recorded"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nENV A=b\nCOPY Dockerfile /\n")
    file = folder / "record.jsonl"
    assert printed(["replay", str(context), "--store", "demo:", "--record", str(file)])[0] != 70
    document = json.loads(file.read_text())
    for key in ("daemon", "client", "tag", "scenario", "target", "platform"):
        document[key] = text
    document["tags"], document["labels"], document["build_args"] = [text], {text: text}, {text: text}
    document["expect"]["error"] = text
    for step in document["expect"]["steps"]:
        step["instruction"] = text
    second = {**document, "client": "", "platform": "", "target": ""}
    file.write_text(json.dumps(document) + "\n" + json.dumps(second) + "\n")
    return file


def _containerd(folder: Path, text: str) -> Path:
    """Create a containerd root folder whose namespace and image name are hostile."""
    target = {b"digest": _ID.encode(), b"mediatype": text.encode(), b"size": b"\x02"}
    images = {text.encode(): {b"target": target}, b"docker.io/library/app:1": {b"target": target}}
    tree: dict[Any, Any] = {
        b"v1": {b"moby": {b"images": images, b"content": {}}, text.encode(): {b"images": images}},
        b"version": b"\x04",
    }
    root = folder / "containerd"
    database = root / "io.containerd.metadata.v1.bolt"
    database.mkdir(parents=True)
    (database / "meta.db").write_bytes(Writer(page_size=4096).database(tree))
    return root


def _docker_context(folder: Path, name: str, host: str) -> Path:
    """Create a settings folder of the docker CLI with a context."""
    settings = folder / "docker"
    place = settings / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    place.mkdir(parents=True)
    (place / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    return settings


def _ssh(folder: Path, text: str) -> Path:
    """Create a folder with an ``ssh`` that prints a banner and exits."""
    commands = folder / "bin"
    commands.mkdir()
    (folder / "banner").write_text(text)
    (commands / "ssh").write_text(f"#!/bin/sh\ncat '{folder}/banner' >&2\nexit 255\n")
    (commands / "ssh").chmod(0o755)
    return commands


class Hostile:
    """Commands with hostile input: a name for what is hostile, the arguments, and the standard input of each.

    Attributes:
        commands: all commands except those that watch.
        suite, archive: stores.
        context: a context that is replayed in these stores.
        built, saved: a changed context, and the build saved before the change.
        sockets: sockets for engines.
        environment: the environment variables of the commands.
    """

    def __init__(self, folder: Path, text: str = HOSTILE) -> None:
        suite, archive, context = hostile_suite(folder, text), _archive(folder, text), _context(folder, text)
        built, saved = _changed_context(folder, text)
        self.suite, self.archive, self.context, self.built, self.saved = suite, archive, context, built, saved
        record, containerd = _record(folder, text), _containerd(folder, text)
        made = folder / "made"
        made.mkdir()
        (folder / "demo").mkdir()
        (folder / "demo" / "Dockerfile").write_text("FROM scratch\nENV A=b\n")
        self.sockets = [folder / f"{number}.sock" for number in range(4)]
        self.environment = {
            "DOCKER_CONFIG": str(_docker_context(folder, text.replace("\n", ""), f"tcp://{text}")),
            "PATH": f"{_ssh(folder, text)}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
        }
        replay = ["replay", str(context), "--store", str(archive)]
        compose = ["--compose", str(_compose(folder, text)), "--store", "demo:"]
        self.commands: dict[str, list[str]] = {
            "explain": ["explain", str(suite), "--probe", "1"],
            "explain, near": ["explain", str(suite), "--probe", "near"],
            "explain, all": ["explain", str(suite), "--probe", "near", "--all"],
            "explain, by all rules": ["explain", str(suite), "--probe", "near", "--rules", "all"],
            "explain, JSON": ["explain", str(suite), "--probe", "1", "--json", "--all"],
            "explain, JSON by all rules": ["explain", str(suite), "--probe", "1", "--json", "--rules", "all"],
            "explain, of a probe": ["explain", str(suite), "--probe", text],
            "explain, of a parent": ["explain", str(suite), "--parent", text, "--config", str(suite)],
            "explain, of a case": ["explain", str(suite), "--probe", "1", "--case", text],
            "explain, of a store": ["explain", text, "--probe", "1"],
            "explain, of an archive": ["explain", str(archive), "--parent", "", "--config", "-"],
            "explain, of an argument": ["explain", str(suite), text],
            "audit": ["audit", str(suite)],
            "audit, JSON": ["audit", str(suite), "--json"],
            "audit, of an archive": ["audit", str(archive)],
            "audit, of containerd": ["audit", f"containerd:{containerd}"],
            "audit, of a namespace": ["audit", f"containerd:{containerd}#{text}"],
            "audit, of rules": ["audit", str(suite), "--rules", text],
            "audit, of a context": ["audit", f"engine:{text}".replace("\n", "")],
            "audit, of no context": ["audit", f"engine:{text}"],
            "audit, of a data root": ["audit", f"data-root:{folder}/{text}"],
            "audit, over ssh": ["audit", "engine:ssh://somewhere"],
            "check": ["check", str(suite)],
            "check, of a record": ["check", str(record)],
            "check, of a file": ["check", text],
            "check, of rules": ["check", str(suite), "--rules", text],
            "replay": replay,
            "replay, JSON": [*replay, "--json"],
            "replay, past misses": [*replay, "--past-misses"],
            "replay, by all clients": [*replay, "--client", "all"],
            "replay, JSON by all clients": [*replay, "--client", "all", "--json"],
            "replay, of changed files": ["replay", str(built), "--store", str(saved)],
            "replay, JSON of changed files": ["replay", str(built), "--store", str(saved), "--json"],
            "replay, recorded": [*replay, "--record", str(made / "record.jsonl"), "-t", text, "--records", str(made)],
            "replay, recorded elsewhere": [
                *replay,
                "--record",
                f"{folder}/{text}/x",
                "--records",
                f"{folder}/{text}/y",
            ],
            "replay, of Compose": ["replay", text, *compose],
            "replay, of Compose, extended": ["replay", "web", *compose],
            "replay, of Compose, no build": ["replay", "no", *compose],
            "replay, of Compose, no service": ["replay", "x", *compose],
            "replay, of Compose, no path": ["replay", "null", *compose],
            "replay, of standard input": ["replay", "-", "--store", "demo:"],
            "explain, of a record": [
                "explain",
                str(record),
                "--parent",
                "",
                "--config",
                "-",
                "--rules",
                "28.5.2, overlay2",
            ],
            "compare": ["compare", f"{record}#1", f"{record}#2"],
            "compare, JSON": ["compare", f"{record}#1", f"{record}#2", "--json"],
            "compare, Markdown": ["compare", f"{record}#2", str(context), "--b", f"--store '{archive}'", "--markdown"],
            "compare, of a context": ["compare", str(context), str(built), "--store", str(archive)],
            "compare, of what is not there": ["compare", text, f"{record}#9"],
            "compare, of options": ["compare", str(context), str(context), "--store", str(archive), "--a", text],
            "save": ["save", str(suite), str(made / f"{text.replace('/', '_')}.jsonl")],
            "save, redacted": [
                "save",
                str(archive),
                str(made / "saved.jsonl.gz"),
                "--redact",
                "env",
                "--redact",
                "labels",
            ],
            "save, elsewhere": ["save", "demo:", f"{folder}/{text}/x.jsonl"],
            "watch, of a context": ["watch", "--context", text],
            "watch, of a host": ["watch", "--host", f"unix://{folder}/{text}"],
            "watch, into a folder": ["watch", "--records", text],
            "window, of a size": [f"--size={text}"],
            "window, of a Dockerfile": ["demo:", "--replay", f"{text}/x"],
            "window, of rules": ["--rules", text],
        }
        for option in ("--target", "--platform", "--build-arg", "--label", "--client", "--cache-from", "-f", "--case"):
            given = ["replay", str(folder / "demo"), "--store", "demo:", option, text]
            self.commands[f"replay, of {option}"] = given
            self.commands[f"replay recorded, of {option}"] = [*given, "--record", str(made / "other.jsonl")]
        for number, socket in enumerate(self.sockets):
            self.commands[f"audit, of engine {number}"] = ["audit", f"engine:unix://{socket}"]
            self.commands[f"watch, of engine {number}"] = ["watch", "--host", f"unix://{socket}"]
        self.text = text

    @contextmanager
    def engines_answer(self) -> Iterator[None]:
        """Run an engine at each socket, with a hostile error, header, status line or other text."""
        body = json.dumps({"message": self.text}).encode()
        line = self.text.replace("\n", "").replace("\r", "").encode()
        answers = (
            Raw(b"HTTP/1.1 500 %b\r\nContent-Length: %d\r\n\r\n%b" % (line, len(body), body)),
            Raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: 2\r\n\r\n{}" % line),
            Raw(b"HTTP/1.1 %b\r\n\r\n" % line),
            Raw(line + b"\r\n\r\n"),
        )
        with ExitStack() as stack:
            for socket, answer in zip(self.sockets, answers, strict=True):
                stack.enter_context(serving(Replay(load("28.5.2-gd"), _always(answer)), socket))
            yield


def _always(answer: Raw) -> Callable[[str], Raw]:
    """Return a hook that gives every request the same answer."""
    return lambda _: answer


@contextmanager
def hostile(folder: Path, text: str = HOSTILE) -> Iterator[Hostile]:
    """Create everything in a folder whose path is short enough for a socket."""
    made = Hostile(folder, text)
    with pytest.MonkeyPatch.context() as patch, made.engines_answer():
        for name, value in made.environment.items():
            patch.setenv(name, value)
        for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
            patch.delenv(name, raising=False)
        yield made


def hostile_build(text: str, *, number: int = 1, failed: bool = False) -> WatchedBuild:
    """Return a watched build in which every text is hostile. ``failed``: the prediction failed too."""
    build = build_of(number, differences=(text, "more"))
    steps = (ReportedStep(1, text), ReportedStep(2, text, True, "2" * 12), ReportedStep(3, text))
    return replace(
        build,
        request=replace(build.request, client=text, tags=(text,)),
        outcome=replace(build.outcome, steps=steps, error=text if failed else ""),
        unpredicted=text,
        prediction=None if failed else build.prediction,
    )


@contextmanager
def watching(text: str = HOSTILE) -> Iterator[list[str]]:
    """Replace the watcher with one that reports hostile builds, and yield the arguments of ``cacheview watch``."""
    build, failed = hostile_build(text), hostile_build(text, number=2, failed=True)

    class Watching:
        """Reports all builds as soon as it is created."""

        def __init__(self, endpoint: Any, changed: Any, *_: Any) -> None:
            self.endpoint, self.title, self.url, self.problems = endpoint, text, f"unix:///{text}", [text]
            for each in (build, failed, None):
                changed(each)

        def record(self, number: int, *, with_store: bool) -> None:
            raise AssertionError("no record should be requested")

        def close(self) -> None:
            """Nothing is open."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cacheview.commands.watch.Watcher", Watching)
        yield ["watch", "--host", "unix:///engine.sock"]


class _Failing(io.RawIOBase):
    """A device that fails on every write."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def writable(self) -> bool:
        return True

    def write(self, _: object) -> int:
        raise self._error

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")


def printed(
    arguments: list[str],
    encoding: str = "utf-8",
    *,
    closed: Collection[str] = (),
    failing: OSError | None = None,
) -> tuple[int, str, str]:
    """Run a command in this process, and return its status and its output to terminals with this encoding.

    ``closed``: the names of missing standard streams; ``failing``: the error of writing to standard output.
    """
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for name in _OUTPUTS}
    given: dict[str, io.TextIOWrapper] = {**streams, "stdin": io.TextIOWrapper(io.BytesIO(_given(arguments)))}
    if failing is not None:
        given["stdout"] = io.TextIOWrapper(io.BufferedWriter(_Failing(failing)), encoding=encoding)
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in given.items():
            patch.setattr(sys, name, None if name in closed else stream)
        try:
            status = main(arguments)
        except SystemExit as ended:  # raised by --help
            status = int(ended.code or 0)
    out, error = (streams[name].buffer.getvalue().decode(encoding) for name in _OUTPUTS)  # type: ignore[attr-defined]
    return status, out, error


def _given(arguments: list[str]) -> bytes:
    """Return the standard input: a config, or a tar with a Dockerfile."""
    if arguments[0] != "replay":
        return json.dumps({"Cmd": [HOSTILE], HOSTILE: 1, "Labels": {HOSTILE: HOSTILE}}).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in (("Dockerfile", b"FROM scratch\nCOPY . /\n"), (HOSTILE, b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()
