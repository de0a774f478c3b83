"""Connects to the engine that clients use, in every way that a Docker context can specify."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Final, TypeVar
from urllib.parse import urlsplit

from cacheview.model import DataError
from cacheview.stores.docker_engine.contexts import Endpoint, Tls
from cacheview.stores.docker_engine.ssh import SshDialer
from cacheview.watch.tls import connect_secured

__all__ = ["Upstream", "check_endpoint"]

_P = TypeVar("_P", bound=asyncio.Protocol)
_PORTS: Final = {"tcp": 2375, "http": 80, "https": 443}
_TLS_PORT: Final = 2376
_CONNECT_SECONDS: Final = 10.0


def check_endpoint(endpoint: Endpoint) -> None:
    """Raise `DataError` if the relay cannot connect to an engine with this address."""
    scheme = endpoint.host.partition("://")[0]
    if scheme == "ssh":
        try:
            SshDialer(endpoint.host)
        except ValueError as error:
            raise DataError(str(error), where=endpoint.host[:200]) from None
    elif endpoint.socket_path is None and scheme not in _PORTS:
        what = "only engines at unix://, tcp:// and ssh:// can be watched"
        raise DataError(what, where=endpoint.host[:200])


class Upstream:
    """Opens connections to one engine, which `check_endpoint` must accept."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._dialer = SshDialer(endpoint.host) if endpoint.host.startswith("ssh://") else None

    @property
    def message(self) -> str:
        """ssh's error output for the connection that ended last, usually why it was refused; otherwise empty."""
        return self._dialer.message if self._dialer is not None else ""

    async def connect(self, protocol: _P) -> _P:
        """Connect. Raises `OSError`, or `TimeoutError` after ten seconds.

        Over ssh the connection is available immediately; if there is no engine, it ends without a byte.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_CONNECT_SECONDS):
            if self._dialer is not None:
                ssh_socket: socket.socket = await loop.run_in_executor(None, self._dialer.dial)
                ssh_socket.setblocking(False)
                await loop.create_unix_connection(lambda: protocol, sock=ssh_socket)
                return protocol
            path = self.endpoint.socket_path
            if path is not None:
                await loop.create_unix_connection(lambda: protocol, str(path))
                return protocol
            host, port, tls = self._address()
            if tls is None:
                await loop.create_connection(lambda: protocol, host, port)
            else:
                await connect_secured(protocol, host, port, _context(tls))
            return protocol

    def close(self) -> None:
        """End the ssh processes of connections. Other connections end by themselves."""
        if self._dialer is not None:
            self._dialer.close()

    def _address(self) -> tuple[str, int, Tls | None]:
        """Return the host, the port, and the TLS settings if any. Raises `OSError`."""
        address, tls = urlsplit(self.endpoint.host), self.endpoint.tls
        try:
            port = address.port
        except ValueError:
            raise OSError("the port in the address is not a number from 0 to 65535") from None
        port = port or (_TLS_PORT if tls is not None else _PORTS[address.scheme])
        return address.hostname or "localhost", port, tls or (Tls() if address.scheme == "https" else None)


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca or None)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert and tls.key:
        context.load_cert_chain(tls.cert, tls.key)
    return context
