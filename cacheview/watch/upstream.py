"""Connecting to the engine that clients mean, in each way that a Docker context names it."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final, TypeVar
from urllib.parse import urlsplit

from cacheview.model import DataError
from cacheview.stores.engine.contexts import Endpoint, Tls

__all__ = ["check_endpoint", "connect"]

_P = TypeVar("_P", bound=asyncio.Protocol)
_PORTS: Final = {"tcp": 2375, "http": 80, "https": 443}
_TLS_PORT: Final = 2376
_SECONDS: Final = 10.0


def check_endpoint(endpoint: Endpoint) -> None:
    """Raises `DataError` for an engine that nothing can be passed on to from here."""
    scheme = endpoint.host.partition("://")[0]
    if scheme == "ssh":
        what = (
            "an engine behind ssh is not watched. Forward its socket, "
            "`ssh -N -L /tmp/engine.sock:/var/run/docker.sock HOST`, and watch unix:///tmp/engine.sock"
        )
        raise DataError(what, where=endpoint.host[:200])
    if endpoint.socket_path is None and scheme not in _PORTS:
        raise DataError("only engines at unix:// and tcp:// can be watched", where=endpoint.host[:200])


async def connect(endpoint: Endpoint, protocol: _P) -> _P:
    """Connect to an engine. Raises `OSError`, or `TimeoutError` after ten seconds."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_SECONDS):
        path = endpoint.socket_path
        if path is not None:
            await loop.create_unix_connection(lambda: protocol, str(path))
            return protocol
        address = urlsplit(endpoint.host)
        secured = endpoint.tls is not None or address.scheme == "https"
        try:
            port = address.port
        except ValueError as error:
            raise OSError(str(error)) from None
        port = port or (_TLS_PORT if endpoint.tls is not None else _PORTS[address.scheme])
        context = _tls(endpoint.tls or Tls()) if secured else None
        await loop.create_connection(lambda: protocol, address.hostname or "localhost", port, ssl=context)
        return protocol


def _tls(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca or None)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert and tls.key:
        context.load_cert_chain(tls.cert, tls.key)
    return context
