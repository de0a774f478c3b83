"""A small HTTP server that answers like a Docker Engine, from dumps of real ones, and records the requests."""

from __future__ import annotations

import gzip
import json
import re
import socketserver
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DUMPS = Path(__file__).parents[2] / "data" / "live" / "api"
ENGINES = ("20.10-overlay2", "28.5.2-gd", "71ebfc7c63-c8d", "28.5.2-c8d", "29x-c8d")

_IMAGE = re.compile(r"/images/(sha256:[0-9a-f]+)/(json|history)")


def load(engine: str) -> dict[str, Any]:
    """The dumps of an engine by API version: ``version``, ``info``, ``images``, and ``inspect``, ``history`` by ID."""
    document: dict[str, Any] = json.loads(gzip.decompress((DUMPS / f"{engine}.json.gz").read_bytes()))
    return document


def minor(version: str) -> int:
    return int(version.partition(".")[2])


@dataclass
class Raw:
    """An improper response: sends these bytes and ends the connection, or leaves it hanging until the server stops.

    Attributes:
        rest: Pieces sent after the content; may be endless.
        pace: Seconds between two pieces.
    """

    content: bytes = b""
    hang: bool = False
    rest: Iterable[bytes] = ()
    pace: float = 0.0


Answer = tuple[int, Any] | Raw | None


@dataclass
class Replay:
    """The responses of the server. ``hook`` may answer instead of the dumps.

    Attributes:
        requests: The method, path and query of each request.
        connections: The number of connections so far.
    """

    dumps: dict[str, Any]
    hook: Callable[[str], Answer] = lambda _: None
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    connections: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def newest(self) -> dict[str, Any]:
        dump: dict[str, Any] = self.dumps[max(self.dumps, key=minor)]
        return dump

    def paths(self) -> list[str]:
        """The paths of the requests, without the API version."""
        return [re.sub(r"^/v1\.[0-9]+", "", path) for _, path, _ in self.requests]

    def answer(self, path: str) -> Answer:
        hooked = self.hook(path)
        if hooked is not None:
            return hooked
        match = re.fullmatch(r"(?:/v(1\.[0-9]+))?(/.*)", path)
        assert match is not None
        if match[2] == "/version":
            return 200, self.newest["version"]
        oldest = minor(self.newest["version"]["MinAPIVersion"])
        if match[1] is None or not oldest <= minor(match[1]) <= minor(self.newest["version"]["ApiVersion"]):
            return 400, {"message": f"client version {match[1]} is not supported"}
        # Use the dump of that version, or else of the next lower one.
        at = [version for version in self.dumps if minor(version) <= minor(match[1])]
        dump = self.dumps[max(at, key=minor)] if at else self.newest
        if match[2] == "/info":
            return 200, self.newest["info"]
        if match[2] == "/images/json":
            return 200, dump["images"]
        if one := _IMAGE.fullmatch(match[2]):
            found = dump["inspect" if one[2] == "json" else "history"].get(one[1])
            return (404, {"message": f"No such image: {one[1]}"}) if found is None else (200, found)
        return 404, {"message": "page not found"}


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        replay: Replay = self.server.replay  # type: ignore[attr-defined]
        replay.connections += 1
        while line := self.rfile.readline():
            method, target, _ = line.decode().split()
            while self.rfile.readline().strip():
                pass
            path, _, query = target.partition("?")
            path = urllib.parse.unquote(path)
            replay.requests.append((method, path, dict(urllib.parse.parse_qsl(query))))
            answer = replay.answer(path)
            assert answer is not None
            if isinstance(answer, Raw):
                self.wfile.write(answer.content)
                self.wfile.flush()
                for piece in answer.rest:
                    if replay.stopped.wait(answer.pace) if answer.pace else replay.stopped.is_set():
                        return
                    self.wfile.write(piece)
                if answer.hang:
                    replay.stopped.wait(30)
                return
            status, document = answer
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.wfile.write(b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
            self.wfile.flush()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect."""


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect."""


class _TlsServer(_TcpServer):
    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True)


@contextmanager
def serving(replay: Replay, socket: Path) -> Iterator[str]:
    """Serve on a Unix socket. Yields its URL."""
    with _running(_Server(str(socket), _Handler), replay):
        yield f"unix://{socket}"
    socket.unlink(missing_ok=True)


@contextmanager
def serving_tcp(replay: Replay) -> Iterator[str]:
    """Serve on a local TCP port. Yields its URL."""
    server = _TcpServer(("127.0.0.1", 0), _Handler)
    with _running(server, replay):
        yield f"tcp://127.0.0.1:{server.server_address[1]}"


@contextmanager
def serving_tls(replay: Replay, certificate: Path, key: Path) -> Iterator[str]:
    """Serve with TLS for clients that have this certificate too. Yields the URL."""
    server = _TlsServer(certificate, key)
    with _running(server, replay):
        yield f"tcp://127.0.0.1:{server.server_address[1]}"


@contextmanager
def _running(server: socketserver.BaseServer, replay: Replay) -> Iterator[None]:
    server.replay = replay  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        replay.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def only(engine: str, api: str) -> Replay:
    """An engine with a single API version, from the dump of that version."""
    dump = deepcopy(load(engine)[api])
    dump["version"] |= {"ApiVersion": api, "MinAPIVersion": api}
    return Replay({api: dump})


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not become true in time"
        time.sleep(0.005)
