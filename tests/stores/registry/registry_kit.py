"""A small registry on loopback that serves a layout. Tests control how it answers."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from store_builder import INDEX_TYPE, MANIFEST_TYPE, Layout, blob_path

TLS = Path(__file__).parents[2] / "data" / "tls"
USER, PASSWORD, TOKEN = "ann", "s3cret:word", "t0ken"


@dataclass(frozen=True)
class Reply:
    """A response. ``body`` may have more pieces than the client wants to read."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Iterator[bytes] | None = None


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    authorization: str
    body: bytes = b""

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)


def errors(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


class FakeRegistry:
    """Serves the blobs of a layout in every repository.

    Attributes:
        tags: Digests of descriptors by tag.
        hook: Called first; returns None for the usual reply.
        requests: All requests so far.
    """

    def __init__(self) -> None:
        self.layout = Layout()
        self.tags: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.hook: Callable[[Request], Reply | None] = lambda _: None
        self.requests: list[Request] = []
        self.host = ""
        self.scheme = "http"

    def tag(self, tag: str, descriptor: Mapping[str, Any]) -> str:
        digest = str(descriptor["digest"])
        self.tags[tag] = digest
        self.types[digest] = str(descriptor["mediaType"])
        return digest

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    @property
    def paths(self) -> list[str]:
        return [request.path.partition("?")[0] for request in self.requests]

    def reply(self, request: Request) -> Reply:
        self.requests.append(request)
        hooked = self.hook(request)
        if hooked is not None:
            return hooked
        *_, kind, reference = request.path.split("/")
        digest = self.tags.get(reference, reference)
        content = self.layout.files.get(blob_path(digest))
        if content is None:
            return Reply(404, errors("MANIFEST_UNKNOWN", "manifest unknown"))
        if kind == "blobs":
            return Reply(200, content, {"Content-Type": "application/octet-stream"})
        media_type = self.types.get(digest) or (INDEX_TYPE if b'"manifests"' in content else MANIFEST_TYPE)
        return Reply(200, content, {"Content-Type": media_type, "Docker-Content-Digest": digest})


def basic(user: str = USER, password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def wants_basic(request: Request) -> Reply | None:
    """A hook for a registry with htpasswd."""
    if request.authorization == basic():
        return None
    return Reply(401, errors("UNAUTHORIZED", "authentication required"), {"WWW-Authenticate": 'Basic realm="Registry"'})


def wants_token(realm: str, give: Callable[[Request], Reply]) -> Callable[[Request], Reply | None]:
    """A hook for a registry with a token server, ``give``, at ``/token`` of the same or another server."""

    def hook(request: Request) -> Reply | None:
        if request.path.startswith("/token"):
            return give(request)
        if request.authorization == f"Bearer {TOKEN}":
            return None
        challenge = f'Bearer realm="{realm}",service="the registry",scope="repository:shop/app:pull"'
        return Reply(401, errors("UNAUTHORIZED", "authentication required"), {"WWW-Authenticate": challenge})

    return hook


@contextmanager
def serving(registry: FakeRegistry, *, tls: bool = False, address: str = "127.0.0.1") -> Iterator[FakeRegistry]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                self.path,
                self.headers.get("Authorization", ""),
                self.rfile.read(length) if length else b"",
            )
            reply = registry.reply(request)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.pieces is None and "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            try:
                self.wfile.write(reply.body)
                for piece in reply.pieces or ():
                    self.wfile.write(piece)
            except OSError:
                pass  # the client has read enough

        do_GET = answer
        do_POST = answer

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # a client that rejects the certificate

    server = Server((address, 0), Handler)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    registry.host = f"{address}:{server.server_address[1]}"
    registry.scheme = "https" if tls else "http"
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
