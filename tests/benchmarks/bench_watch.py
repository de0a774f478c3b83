"""A context of 1 GiB sent to a real engine through a watcher's socket, compared with sending it directly.

This needs root and an installed dockerd.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "daemons"))

from daemon_process import program
from daemon_start import EngineDaemon, start_engine

from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.watch.build import WatchedBuild
from cacheview.watch.watcher import Watcher

MIB = 1 << 20
SIZE = 1024 * MIB
ROUNDS = 2
LEAST = 0.6
DOCKERFILE = b"FROM scratch\nCMD x\n"


@pytest.fixture
def engine() -> Iterator[EngineDaemon]:
    if os.geteuid() != 0 or program("dockerd") is None:
        pytest.skip("a daemon needs root, and dockerd")
    with tempfile.TemporaryDirectory(prefix="cacheview-daemons-") as folder:
        running = start_engine(Path(folder))
        with running.process:
            yield running


def context() -> Iterator[bytes]:
    noise = os.urandom(MIB)
    for name, size in (("Dockerfile", len(DOCKERFILE)), ("large", SIZE)):
        member = tarfile.TarInfo(name)
        member.size = size
        yield member.tobuf()
        if name == "large":
            yield from (noise for _ in range(SIZE // MIB))
        else:
            yield DOCKERFILE.ljust(512, b"\0")
    yield bytes(1024)


def build(path: str) -> float:
    """Return the seconds for a build with that context, sent in chunks as Go sends them."""
    started = time.perf_counter()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(
            b"POST /v1.41/build HTTP/1.1\r\nHost: d\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for piece in context():
            for start in range(0, len(piece), 32 << 10):
                part = piece[start : start + (32 << 10)]
                client.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        client.sendall(b"0\r\n\r\n")
        printed = b""
        while more := client.recv(MIB):
            printed += more
    assert b"Successfully built" in printed, printed[-500:]
    return time.perf_counter() - started


def test_throughput(engine: EngineDaemon) -> None:
    over = threading.Event()
    seen: list[WatchedBuild] = []

    def changed(one: WatchedBuild) -> None:
        if one.is_final:
            seen.append(one)
            over.set()

    faults: list[BaseException] = []
    direct, through = [], []
    with tempfile.TemporaryDirectory(prefix="cacheview-") as runtime:
        watcher = Watcher(Endpoint("", engine.url), changed, faults.append, runtime)
        try:
            for _ in range(ROUNDS):
                direct.append(build(str(engine.socket)))
                over.clear()
                through.append(build(watcher.url.removeprefix("unix://")))
                assert over.wait(60)
        finally:
            watcher.close()
    assert faults == []
    assert all(not one.differences and not one.unpredicted for one in seen)
    ratio = min(direct) / min(through)
    figures = {"direct": round(min(direct), 2), "through": round(min(through), 2), "ratio": round(ratio, 2)}
    print(json.dumps(figures))
    assert ratio >= LEAST, figures
