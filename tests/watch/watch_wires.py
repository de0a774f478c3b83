"""Gives a test both ends of a relay."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.watch.listener import listen
from cacheview.watch.relay import Connection, Tap
from cacheview.watch.serving import RelayServer

__all__ = ["Wires", "certificate", "in_thread", "read_all", "wired"]

_SECONDS = 10.0


@dataclass
class Wires:
    """A relay between a client's socket and a fake engine's."""

    server: RelayServer
    engine: socket.socket
    path: Path

    def connect(self) -> socket.socket:
        """Connect a client."""
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(_SECONDS)
        client.connect(str(self.server.listening.path))
        return client

    def accept(self) -> socket.socket:
        """Accept the next connection as the engine."""
        accepted, _ = self.engine.accept()
        accepted.settimeout(_SECONDS)
        return accepted

    @contextmanager
    def pair(self) -> Iterator[tuple[socket.socket, socket.socket]]:
        """A connected client and the engine's end of its connection."""
        with self.connect() as client, self.accept() as engine:
            yield client, engine


@contextmanager
def wired(
    new_tap: Callable[[Connection], Tap | None] = lambda _: None, endpoint: Endpoint | None = None
) -> Iterator[Wires]:
    """A relay in a temporary folder with a short path. Checks at the end that nothing failed."""
    faults: list[BaseException] = []
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder, socket.socket(socket.AF_UNIX) as engine:
        path = Path(folder) / "engine.sock"
        engine.bind(str(path))
        engine.listen(1024)
        engine.settimeout(_SECONDS)
        endpoint = endpoint or Endpoint("", f"unix://{path}")
        server = RelayServer(endpoint, listen(folder), new_tap, faults.append)
        try:
            yield Wires(server, engine, path)
        finally:
            server.close()
    assert faults == []


def read_all(end: socket.socket) -> bytes:
    """Read until the other side closes its end."""
    pieces = []
    while piece := end.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Run something in a thread during the test."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def certificate(folder: Path) -> tuple[Path, Path]:
    """Create a certificate for this machine. Returns it and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to create a certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1")
    name = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert))
    subprocess.run((openssl, *made, *name), check=True, capture_output=True)
    return cert, key
