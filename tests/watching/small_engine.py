"""A fake engine without images on a socket. It builds whatever is sent."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Final

__all__ = ["DOCKERFILE", "SmallEngine", "engine_at"]

DOCKERFILE: Final = "FROM scratch\nENV A=1\n"
_ANSWERS: Final = {
    "/version": {"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "GitCommit": "x", "Os": "linux"},
    "/info": {"Driver": "overlay2", "DriverStatus": []},
    "/images/json": [],
}


class SmallEngine(ThreadingMixIn, UnixStreamServer):
    """Answers only while ``answers`` is set."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.answers = threading.Event()
        self.answers.set()
        self.requested = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: SmallEngine

    def do_GET(self) -> None:
        self.server.requested.set()
        self.server.answers.wait(20)
        path = re.sub(r"^/v1\.[0-9]+", "", self.path.partition("?")[0])
        body = json.dumps(_ANSWERS.get(path, {})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        while length := int(self.rfile.readline(), 16):
            self.rfile.read(length + 2)
        self.rfile.readline()
        self.send_response(200)
        self.end_headers()
        steps = DOCKERFILE.splitlines()
        self.server.requested.set()
        self.server.answers.wait(20)
        for number, step in enumerate(steps, 1):
            for text in (f"Step {number}/{len(steps)} : {step}", "\n", f" ---> {number:012}\n"):
                self.wfile.write(json.dumps({"stream": text}).encode() + b"\r\n")

    def address_string(self) -> str:
        return "client"

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def engine_at(path: Path) -> Iterator[SmallEngine]:
    """Serve an engine on a socket for the duration of the context."""
    with SmallEngine(path) as engine:
        threading.Thread(target=engine.serve_forever, args=(0.01,), daemon=True).start()
        yield engine
        engine.answers.set()
        engine.shutdown()
