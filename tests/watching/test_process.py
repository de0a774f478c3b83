"""Watching in a separate process: what it reports, and how it ends."""

from __future__ import annotations

import contextlib
import io
import os
import queue
import signal
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_engine import DOCKERFILE, SmallEngine, engine_at

from cacheview.model import DataError, decode
from cacheview.replay.check import build_result
from cacheview.replay.file import ReplayCase
from cacheview.report.shown_build import ShownBuild
from cacheview.watching.process import WatchProcess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Python has no Unix sockets on Windows"),
]
LONG = 30.0
"""The most seconds that anything may take on the busiest machine."""


class Watching:
    """A watch process and what it reported."""

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[ShownBuild] = queue.SimpleQueue()
        self.faults: queue.SimpleQueue[Exception] = queue.SimpleQueue()
        self.process = WatchProcess(self.news.put, self.faults.put)

    @property
    def path(self) -> Path:
        return Path(self.process.url.removeprefix("unix://"))

    def build(self) -> socket.socket:
        """Connect a client that sends a build."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            member = tarfile.TarInfo("Dockerfile")
            member.size = len(DOCKERFILE)
            archive.addfile(member, io.BytesIO(DOCKERFILE.encode()))
        body = packed.getvalue()
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(LONG)
        client.connect(str(self.path))
        client.sendall(b"POST /v1.43/build?t=app HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        return client

    def final(self) -> ShownBuild:
        while not (build := self.news.get(timeout=LONG)).is_final:
            pass
        return build


@pytest.fixture
def engine(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallEngine]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{short_folder}/engine.sock")
    with engine_at(short_folder / "engine.sock") as made:
        yield made


@pytest.fixture
def watching(engine: SmallEngine) -> Iterator[Watching]:
    made = Watching()
    made.process.start("", lambda: None)
    engine.requested.clear()
    yield made
    made.process.close()


def read_all(client: socket.socket) -> bytes:
    with client:
        data = b""
        while piece := client.recv(1 << 16):
            data += piece
    return data


def is_removed(path: Path) -> bool:
    """Whether the socket is removed within the time limit."""
    wait = threading.Event()
    return any(not path.exists() or wait.wait(0.02) for _ in range(int(LONG / 0.02)))


def test_the_watch_process_reports_builds_and_saves_records(watching: Watching, tmp_path: Path) -> None:
    assert watching.path.stat().st_mode & 0o777 == 0o600
    assert read_all(watching.build()).count(b"Step ") == 2
    build = watching.final()
    assert (build.title, build.differences, build.is_predicted) == ("app", (), True)
    assert [step.text for step in build.steps] == ["FROM scratch", "ENV A=1"]
    assert build.missed == 2
    assert build.why[0].startswith("MISS: ")
    assert build.can_be_recorded
    path = tmp_path / "app.record.jsonl"
    watching.process.save(build.number, str(path), lambda: None, env=False, labels=False)
    assert path.stat().st_mode & 0o777 == 0o600
    assert build_result(decode(ReplayCase, path.read_bytes())).differences == ()
    with pytest.raises(DataError, match=r"^record:"):
        watching.process.save(99, str(path), lambda: None, env=False, labels=False)
    watching.process.close()
    assert is_removed(watching.path)
    assert watching.faults.empty()


def test_a_killed_watch_process_ends_its_clients_and_is_reported(
    watching: Watching, engine: SmallEngine, tmp_path: Path
) -> None:
    engine.answers.clear()
    client = watching.build()
    assert engine.requested.wait(LONG)
    number = watching.news.get(timeout=LONG).number
    (child,) = children()
    os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ConnectionResetError):  # the process was killed before it read everything
        read_all(client)
    assert "that watches builds has ended" in str(watching.faults.get(timeout=LONG))
    with socket.socket(socket.AF_UNIX) as other, pytest.raises(ConnectionRefusedError):
        other.connect(str(watching.path))
    with pytest.raises(DataError, match="that watches builds has ended"):
        watching.process.save(number, str(tmp_path / "x"), lambda: None, env=False, labels=False)
    engine.answers.set()
    again = Watching()
    again.process.start("", lambda: None)  # the engine still runs, so it can be watched again
    assert again.path == watching.path
    again.process.close()
    assert is_removed(again.path)


def test_the_watch_process_ends_with_its_parent_program(engine: SmallEngine, short_folder: Path) -> None:
    program = (
        "import sys, time; from cacheview.watching.process import WatchProcess; "
        "process = WatchProcess(print, print); process.start('', lambda: None); "
        "print(process.url, flush=True); sys.stdin.read()"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as shown:
        assert shown.stdout is not None
        path = Path(shown.stdout.readline().strip().removeprefix("unix://"))
        assert path.parent == short_folder / "cacheview"
        shown.kill()
    assert is_removed(path)


def test_waiting_for_an_unresponsive_engine_can_be_canceled(engine: SmallEngine) -> None:
    engine.answers.clear()

    def check_canceled() -> None:
        if engine.requested.is_set():
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Watching().process.start("", check_canceled)
    assert children() == []


def test_failing_to_watch_is_reported_with_the_reason(engine: SmallEngine, short_folder: Path) -> None:
    with pytest.raises(DataError, match=r"nobody\.sock"):
        Watching().process.start(f"unix://{short_folder}/nobody.sock", lambda: None)
    closed = Watching()
    closed.process.close()
    with pytest.raises(DataError):
        closed.process.start("", lambda: None)
    assert children() == []
    assert not engine.requested.is_set()


def children() -> list[int]:
    """The running child processes that watch builds."""
    result = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in result.stdout.splitlines() if "cacheview.watching.child" in line]
