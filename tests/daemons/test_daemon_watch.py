"""Real clients work the same through a watcher's socket, and builds are as predicted."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli, docker_programs
from daemon_need import unavailable
from daemon_scenarios import FILES, SCENARIOS, arguments_of, write
from daemon_start import EngineDaemon
from daemon_watching import Watching

from cacheview.model import decode
from cacheview.replay.check import build_result
from cacheview.replay.file import ReplayCase
from cacheview.watch.build import WatchedBuild

_LEFT_OUT = ("escaped", "platform", "refused")  # these test little of the cache


@pytest.fixture(scope="module")
def program() -> Path:
    found = next(docker_programs(), None)
    if found is None:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    return found


@pytest.fixture(scope="module")
def client(watching: Watching, program: Path, tmp_path_factory: pytest.TempPathFactory) -> DockerCli:
    return DockerCli(program, watching.watcher.url, tmp_path_factory.mktemp("settings"))


@dataclass(frozen=True)
class Docker:
    """The docker CLI at an address."""

    program: Path
    url: str
    settings: Path

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.settings),
            "DOCKER_CONFIG": str(self.settings),
            "DOCKER_HOST": self.url,
            "DOCKER_BUILDKIT": "0",
        }

    def run(self, *arguments: str, given: bytes = b"") -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            (str(self.program), *arguments), input=given, env=self.env, capture_output=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def both(
    engine: EngineDaemon, watching: Watching, program: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Docker]:
    """The CLI without and with the watcher."""
    settings = tmp_path_factory.mktemp("settings")
    return [Docker(program, url, settings) for url in (engine.url, watching.watcher.url)]


@pytest.fixture(scope="module")
def tools(both: list[Docker]) -> str:
    """An image with this machine's own ``sh`` and ``cat``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in dict.fromkeys(("/bin/sh", "/bin/cat", *_libraries("/bin/sh"), *_libraries("/bin/cat"))):
            archive.add(os.path.realpath(path), path, recursive=False)
    code, _, error = both[0].run("import", "-", "watch/tools", given=packed.getvalue())
    assert code == 0, error
    code, _, error = both[0].run("run", "--rm", "--network=none", "watch/tools", "/bin/sh", "-c", "exit 0")
    if code:
        pytest.skip(f"containers do not run on this machine: {error!r}")
    return "watch/tools"


def _libraries(path: str) -> Iterator[str]:
    reported = subprocess.run(("ldd", path), capture_output=True, text=True, check=False).stdout
    yield from (word for line in reported.splitlines() for word in line.split() if word.startswith("/"))


@pytest.mark.many_builds
def test_every_watched_build_is_predicted_and_its_record_agrees(
    watching: Watching, client: DockerCli, builder: Builder, tmp_path: Path
) -> None:
    wrong, judged = [], 0
    for scenario in (each for each in SCENARIOS if each.name not in _LEFT_OUT):
        context = tmp_path / scenario.name
        write(context, scenario)
        for build in scenario.builds:
            if build.edit is not None:
                build.edit(context)
            begun = watching.count
            file = ["--file", str(context / build.file)] if build.file else []
            tag = build.tag or f"watch/{scenario.name}"
            truth = client.build(context, [*arguments_of(build.options), *file, "--tag", tag])
            if watching.count == begun:
                continue  # the client refused it
            seen = watching.last()
            place = f"{scenario.name}: {build.message}"
            wrong += [f"{place}: {found}" for found in (*seen.differences, *filter(None, [seen.unpredicted]))]
            reported = [(step.text, step.cached, step.image, step.triggers) for step in seen.outcome.steps]
            if reported != [(step.text, step.cached, step.image, step.triggers) for step in truth.steps]:
                wrong.append(f"{place}: {reported}, and the client {truth.steps}")
            if seen.can_be_recorded:
                wrong += [f"{place}, record: {found}" for found in differs_alone(watching, seen)]
                judged += 1
    assert wrong == []
    assert judged >= 60


def differs_alone(watching: Watching, seen: WatchedBuild) -> Iterator[str]:
    """Yield the differences between the record of a build and what was predicted while it ran."""
    line = watching.watcher.record(seen.number).model_dump_json(exclude_defaults=True)
    result = build_result(decode(ReplayCase, line))
    yield from result.differences
    assert seen.prediction is not None
    live, alone = (
        [(step.text, step.status, step.image) for step in reported.steps]
        for reported in (seen.prediction.replay, result.replay)
    )
    yield from (f"{one}, alone {other}" for one, other in zip(live, alone, strict=True) if one != other)


def test_a_docker_py_build_is_watched(watching: Watching, tmp_path: Path) -> None:
    context = tmp_path / "py"
    write(context, FILES)
    for number in range(2):
        with Builder(watching.watcher.url) as through:
            options: dict[str, Any] = {"path": str(context), "tag": "watch/py", "rm": True, "gzip": bool(number)}
            reported = "".join(line.get("stream", "") for line in through.client.build(decode=True, **options))
        seen = watching.last()
        assert seen.request.client.startswith("docker-sdk-python/")
        assert (seen.differences, seen.unpredicted) == ((), "")
        assert reported.count("Using cache") == sum(bool(step.cached) for step in seen.outcome.steps)
        assert list(differs_alone(watching, seen)) == []
    assert all(step.cached for step in seen.outcome.steps[1:])


def test_a_dockerfile_and_a_tar_on_standard_input(watching: Watching, both: list[Docker], tmp_path: Path) -> None:
    direct, through = both
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in {"Dockerfile": b"FROM scratch\nCOPY a /a\n", "a": b"of the tar\n"}.items():
            member = tarfile.TarInfo(name)
            member.size, member.uid = len(content), 77
            archive.addfile(member, io.BytesIO(content))
    for given in (b"FROM scratch\nENV STANDARD=input\nLABEL a=b\n", packed.getvalue()):
        assert direct.run("build", "-", given=given)[0] == 0
        again = direct.run("build", "-", given=given)
        assert through.run("build", "-", given=given) == again
        seen = watching.last()
        assert (seen.differences, seen.unpredicted) == ((), "")
        assert all(step.cached for step in seen.outcome.steps[1:])
        assert list(differs_alone(watching, seen)) == []


def test_dockerode(watching: Watching, tmp_path: Path) -> None:
    modules = os.environ.get("CACHEVIEW_NODE_MODULES", "")
    node = shutil.which("node")
    if node is None or not Path(modules, "dockerode").is_dir():
        pytest.skip("not installed: node, or dockerode in the folder that CACHEVIEW_NODE_MODULES names")
    context = tmp_path / "node"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nCOPY . /x/\nCMD x\n")
    (context / "a").write_text("a\n")
    script = """
    const Docker = require('dockerode');
    const docker = new Docker({ socketPath: process.argv[1] });
    docker.buildImage({ context: process.argv[2], src: ['Dockerfile', 'a'] }, { t: 'watch/node' }, (error, stream) => {
      if (error) throw error;
      docker.modem.followProgress(stream, (failed, output) => {
        if (failed) throw failed;
        console.log(output.map((line) => line.stream || '').join(''));
      });
    });
    """
    for cached in (0, 2):
        done = subprocess.run(
            (node, "-e", script, watching.watcher.url.removeprefix("unix://"), str(context)),
            env=os.environ | {"NODE_PATH": modules},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("Using cache") == cached
        seen = watching.last()
        assert (seen.differences, seen.unpredicted) == ((), "")


def test_docker_commands_give_the_same_output_through_the_watcher(both: list[Docker], tools: str) -> None:
    run = ("run", "-i", "--rm", "--network=none", tools)
    typed = b"line\n" * 20_000
    commands = [
        (("version", "--format", "{{.Server.Version}}"), b""),
        ((*run, "/bin/cat"), typed),
        ((*run, "/bin/sh", "-c", "cat >&2; echo out; exit 3"), b"to the other stream\n"),
        ((*run, "/bin/sh"), b"echo one\nread x\nthe line\necho $x; exit 4\n"),
        (("image", "inspect", "no-such-image"), b""),
        (("history", "--no-trunc", "--human=false", tools), b""),
    ]
    for arguments, given in commands:
        direct, through = (docker.run(*arguments, given=given) for docker in both)
        assert direct == through, arguments
    assert direct[0] == 0
    assert both[1].run(*run, "/bin/cat", given=typed)[1] == typed


def test_an_engine_over_ssh(
    engine: EngineDaemon, both: list[Docker], tools: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake ssh runs the command for the other machine on this one."""
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\nexport DOCKER_HOST={engine.url}\nshift $(($# - 1))\neval exec "$1"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    context = tmp_path / "ssh-context"
    write(context, FILES)
    with tempfile.TemporaryDirectory(prefix="cacheview-") as runtime:
        far = Watching("ssh://user@host", runtime)
        try:
            direct, through = both[0], replace(both[1], url=far.watcher.url)
            typed = ("run", "-i", "--rm", "--network=none", tools, "/bin/cat")
            assert through.run(*typed, given=b"line\n" * 20_000) == (0, b"line\n" * 20_000, b"")
            for _ in range(2):
                reported = through.run("build", "-t", "watch/ssh", str(context))
                assert reported[0] == 0, reported
                seen = far.last()
                assert (seen.differences, seen.unpredicted) == ((), "")
            assert direct.run("build", "-t", "watch/ssh", str(context)) == reported
        finally:
            far.watcher.close()
        assert far.faults == []


def test_exec_logs_and_events(both: list[Docker], tools: str) -> None:
    direct, through = both
    begun = int(time.time())
    name = "watch-long"
    loop = "i=0; while read line; do echo $line; done; exit 0"
    assert direct.run("create", "-i", "--name", name, "--network=none", tools, "/bin/sh", "-c", loop)[0] == 0
    assert through.run("start", name)[0] == 0
    assert through.run("exec", "-i", name, "/bin/cat", given=b"to exec\n") == (0, b"to exec\n", b"")
    following = subprocess.Popen(
        (str(through.program), "logs", "-f", name), env=through.env, stdout=subprocess.PIPE, text=True
    )
    assert through.run("attach", name, given=b"one\ntwo\n")[:2] == (0, b"one\ntwo\n")
    reported, _ = following.communicate(timeout=30)
    assert reported == "one\ntwo\n"
    assert through.run("logs", name) == direct.run("logs", name)
    assert through.run("rm", "-f", name)[0] == 0
    ended = int(time.time()) + 1
    arguments = ("events", "--since", str(begun), "--until", str(ended), "--format", "{{json .}}")
    events = [docker.run(*arguments) for docker in both]
    assert events[0] == events[1]
    assert {json.loads(line)["Action"] for line in events[0][1].splitlines()} >= {"start", "attach", "die", "destroy"}


def test_an_image_is_saved_and_loaded(both: list[Docker], tmp_path: Path) -> None:
    direct, through = both
    size = int(os.environ.get("CACHEVIEW_SAVED_MIB", "24")) << 20
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("random")
        member.size = size
        archive.addfile(member, io.BytesIO(os.urandom(size)))
    code, _, error = through.run("import", "-", "watch/large", given=packed.getvalue())
    assert code == 0, error
    archives = [docker.run("save", "watch/large")[1] for docker in both]
    assert members(archives[0]) == members(archives[1])
    assert direct.run("image", "rm", "watch/large")[0] == 0
    assert through.run("load", given=archives[1])[0] == 0
    assert members(direct.run("save", "watch/large")[1]) == members(archives[0])


def members(archive: bytes) -> Mapping[str, str]:
    """Return the members of an archive, without their times."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {
            member.name: hashlib.sha256(content.read()).hexdigest()
            if member.isfile() and (content := opened.extractfile(member))
            else ""
            for member in opened
        }


def test_watch_prints_the_export_line_and_saves_records(engine: EngineDaemon, program: Path, tmp_path: Path) -> None:
    records, context = tmp_path / "records", tmp_path / "context"
    records.mkdir()
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nENV OF=the-command\n")
    with tempfile.TemporaryDirectory(prefix="cacheview-") as runtime:
        watched = subprocess.Popen(
            (sys.executable, "-m", "cacheview", "watch", "--host", engine.url, "--records", str(records)),
            env=os.environ
            | {"XDG_RUNTIME_DIR": runtime, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watched.stdout is not None
        lines = iter(watched.stdout.readline, "")
        [pasted] = [next(lines) for _ in range(3)][2:]
        url = pasted.strip().removeprefix("export DOCKER_HOST=")
        assert url == f"unix://{runtime}/cacheview/docker.sock"
        code, _, error = Docker(program, url, tmp_path).run("build", "-t", "watch/command", str(context))
        assert code == 0, error
        reported = [next(lines) for _ in range(8)]
        watched.send_signal(signal.SIGINT)
        reported += list(lines)
        assert watched.wait(30) == 0
        watched.stdout.close()
        assert not Path(runtime, "cacheview", "docker.sock").exists()
    text = "".join(reported)
    assert "[1] Step 2/2 : ENV OF=the-command" in text
    assert "[1] as predicted\n" in text
    [record] = records.iterdir()
    assert f"[1] recorded: {record}\n" in text
    assert record.stat().st_mode & 0o777 == 0o600
