"""A proxy in front of a daemon's socket that records requests and can cut the connection."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

__all__ = ["Proxy"]

_BODY = re.compile(rb"^content-length:\s*([0-9]+)", re.IGNORECASE | re.MULTILINE)


class Proxy:
    """Forwards HTTP to a daemon's socket, and records the first line of every request.

    Args:
        daemon: the socket of the daemon.
        address: the socket to listen on, like a local daemon; None for TCP, like a daemon on another machine.
        before: called with the first line of each request, one at a time, before any of it reaches the daemon.
    """

    def __init__(self, daemon: Path, address: Path | None = None, before: Callable[[str], None] | None = None) -> None:
        self.requests: list[str] = []
        self._before = before
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_cut = False
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                if proxy._is_cut:
                    return
                with socket.socket(socket.AF_UNIX) as upstream, suppress(OSError):
                    upstream.connect(str(daemon))
                    proxy._pass_on(self.request, upstream)

        self._server: socketserver.BaseServer
        if address is None:
            self._server = _TcpServer(("127.0.0.1", 0), Handler)
            self.url = f"tcp://127.0.0.1:{self._server.server_address[1]}"
        else:
            self._server = _UnixServer(str(address), Handler)
            self.url = f"unix://{address}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def cut(self) -> None:
        """Behave as if the daemon had ended: close all connections, and each new one immediately.

        The socket file stays, as with systemd socket activation. Without it, the SDK would leave its own end open
        (docker 7.1, ``transport/unixconn.py``), which causes a warning.
        """
        self._is_cut = True
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, client: socket.socket, daemon: socket.socket) -> None:
        self._open |= {client, daemon}
        back = threading.Thread(target=_pump, args=(daemon, client))
        back.start()
        try:
            heads, body = b"", 0
            while not self._is_cut and (data := client.recv(65536)):
                heads += data[body:]
                body = max(0, body - len(data))
                while not body and b"\r\n\r\n" in heads:
                    head, _, heads = heads.partition(b"\r\n\r\n")
                    self._note(head)
                    length = int(found[1]) if (found := _BODY.search(head)) else 0
                    body, heads = max(0, length - len(heads)), heads[length:]
                if not self._is_cut:
                    daemon.sendall(data)
        finally:
            with suppress(OSError):
                daemon.shutdown(socket.SHUT_RDWR)
            back.join()
            self._open -= {client, daemon}

    def _note(self, head: bytes) -> None:
        line = head.partition(b"\r\n")[0].decode("latin-1")
        with self._lock:
            self.requests.append(line)
            if self._before is not None and not self._is_cut:
                self._before(line)


class _TcpServer(socketserver.ThreadingTCPServer):
    request_queue_size = 64


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    request_queue_size = 64


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
