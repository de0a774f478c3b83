"""Watching takes little memory for contexts of any size: content is forwarded and hashed, but not kept."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from watch_wires import in_thread, read_all

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process's peak memory is read from /proc")

MIB = 1 << 20
SIZE = int(os.environ.get("CACHEVIEW_WATCHED_MIB", "128")) * MIB
MOST = 110 * MIB
DOCKERFILE = b"FROM scratch\nCOPY large /\n"

ANSWERS = {
    "/version": {"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "GitCommit": "x", "Os": "linux"},
    "/info": {"Driver": "overlay2", "DriverStatus": []},
    "/images/json": [],
}


def serve(listening: socket.socket) -> None:
    """Act as an engine without images that reads a context and builds nothing."""
    while True:
        try:
            end, _ = listening.accept()
        except OSError:
            return
        in_thread(partial(answer, end))


def answer(end: socket.socket) -> None:
    with end:
        data = b""
        while piece := end.recv(1 << 18):
            data += piece
            if b"\r\n\r\n" not in data:
                continue
            line = data.partition(b"\r\n")[0].decode()
            if line.startswith("POST"):
                if not data.endswith(b"0\r\n\r\n"):
                    data = data[:1000] + data[-5:]
                    continue
                body = b'{"stream":"Step 1/2 : FROM scratch"}\r\n{"stream":"Step 2/2 : COPY large /"}\r\n'
            else:
                path = re.sub(r"^/v1\.[0-9]+", "", line.split()[1].partition("?")[0])
                body = json.dumps(ANSWERS.get(path, {})).encode()
            end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            data = b""


def context() -> Iterator[bytes]:
    """A tar with one file of `SIZE` bytes, generated without keeping all of it in memory."""
    for name, size in (("Dockerfile", len(DOCKERFILE)), ("large", SIZE)):
        member = tarfile.TarInfo(name)
        member.size = size
        yield member.tobuf()
        if name == "large":
            yield from (bytes(MIB) for _ in range(SIZE // MIB))
        else:
            yield DOCKERFILE.ljust(512, b"\0")
    yield bytes(1024)


@pytest.mark.slow
def test_watching_a_large_context_uses_limited_memory(short_folder: Path) -> None:
    path = short_folder / "engine.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(64)
        in_thread(lambda: serve(listening))
        watched = subprocess.Popen(
            (sys.executable, "-m", "cacheview", "watch", "--host", f"unix://{path}"),
            env=os.environ
            | {"XDG_RUNTIME_DIR": str(short_folder), "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watched.stdout is not None
        with watched, socket.socket(socket.AF_UNIX) as client:
            [url] = [watched.stdout.readline() for _ in range(3)][2:]
            client.connect(url.strip().removeprefix("export DOCKER_HOST=unix://"))
            head = b"POST /v1.43/build?t=large HTTP/1.1\r\nHost: d\r\nConnection: close\r\n"
            client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            for piece in context():
                client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            client.sendall(b"0\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            assert read_all(client).startswith(b"HTTP/1.1 200 OK")
            printed = ""
            while "not asked" not in printed and "as predicted" not in printed:
                line = watched.stdout.readline()
                assert line, printed
                printed += line
            peak = re.search(r"VmHWM:\s+([0-9]+) kB", Path(f"/proc/{watched.pid}/status").read_text())
            watched.send_signal(signal.SIGTERM)
            watched.communicate()
        listening.shutdown(socket.SHUT_RDWR)
    assert peak is not None
    taken = int(peak[1]) * 1024
    assert taken < MOST, f"{taken // MIB} MiB"
    assert watched.returncode == 0
