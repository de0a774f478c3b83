"""Connections to a registry, its token server and its blob storage. All of them obey a deadline."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cacheview.stores.docker_engine.deadline import Deadline
from cacheview.stores.docker_engine.lookup import addresses
from cacheview.stores.docker_engine.sending import Sender

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["BadUrlError", "HttpOrigin", "NotLoopbackError", "Wire", "is_loopback", "origin_of"]

_PORTS: Final = {"http": 80, "https": 443}
_MAX_SHOWN_CHARACTERS: Final = 200


class BadUrlError(ValueError):
    """A text from outside is not the URL of a web server."""


class NotLoopbackError(OSError):
    """A connection without TLS would have left this machine."""


@dataclass(frozen=True, slots=True)
class HttpOrigin:
    """A web server. Credentials are sent only to an equal one. ``host`` is in lower case, without brackets."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


def origin_of(url: str) -> HttpOrigin:
    """Return the server of a URL. Raises `BadUrlError` if it is not ``http`` or ``https``, or contains a user."""
    try:
        place = urlsplit(url)
        host, port = place.hostname or "", place.port
    except ValueError as error:
        raise BadUrlError(f"is not a URL: {url[:_MAX_SHOWN_CHARACTERS]!r}") from error
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if place.scheme not in _PORTS or not host or not is_plain or place.username is not None:
        raise BadUrlError(f"is not the URL of a web server: {url[:_MAX_SHOWN_CHARACTERS]!r}")
    return HttpOrigin(place.scheme, host, port if port is not None else _PORTS[place.scheme])


def is_loopback(host: str, port: int, seconds: float) -> bool:
    """Whether a host is this machine: all its addresses are loopback addresses.

    Raises what `lookup.addresses` raises.
    """
    return all(_is_local(text) for text in addresses(host, port, seconds))


def _is_local(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


class Wire:
    """Sends independent requests to any server. Redirects are not followed.

    Args:
        trust: how TLS is checked.
        proxied: whether the environment's proxy settings are used.
    """

    def __init__(self, trust: ssl.SSLContext, *, proxied: bool) -> None:
        self._sender = Sender()
        self._trust = trust
        self._proxied = proxied

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        deadline: Deadline,
        connect: float,
        body: bytes | None = None,
    ) -> BaseHTTPResponse:
        """Send a request and return the head of the answer, whose body is still to be read. Raises connection errors.

        Args:
            connect: seconds allowed for connecting.
        """
        closing = {"Connection": "close", **headers}
        return self._sender.send(self._manager(url), method, url, closing, deadline, connect, body)

    def _manager(self, url: str) -> Any:
        from requests.utils import get_environ_proxies, select_proxy

        # As in Go, a request without TLS goes only to this machine, and bypasses every proxy.
        proxy = select_proxy(url, get_environ_proxies(url)) if self._proxied and url.startswith("https:") else None
        return self._sender.manager(proxy, {"ssl_context": self._trust}, _loopback_connection())


def _loopback_connection() -> Any:
    """Return a class of connections without TLS that never leave this machine, even if a name's address has changed."""
    from urllib3.connection import HTTPConnection

    class LoopbackConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            connection: socket.socket = super()._new_conn()
            peer = connection.getpeername()[0]
            if not _is_local(peer):
                connection.close()
                raise NotLoopbackError(f"{self.host} has the address {peer}")
            return connection

    return LoopbackConnection
