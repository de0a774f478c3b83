"""The connections to one engine, however it is reached. All of them obey a deadline."""

from __future__ import annotations

import os
import socket
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from cacheview.stores.docker_engine.contexts import Endpoint, Tls
from cacheview.stores.docker_engine.deadline import Deadline
from cacheview.stores.docker_engine.sending import Sender
from cacheview.stores.docker_engine.ssh import SshDialer

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["Connections", "NotAnAddressError"]

_IS_WINDOWS: Final = os.name == "nt"
_MAX_CONNECTIONS: Final = 8  # connections that are kept, as many as threads that send requests
_RETRY_SECONDS: Final = 0.02  # before another attempt to connect to a socket whose queue is full


class NotAnAddressError(ValueError):
    """The address is not that of an engine."""


class Connections:
    """Sends requests to one engine, for several threads at once.

    Raises:
        NotAnAddressError: the endpoint is not of the form ``unix://…``, ``tcp://…``, ``ssh://…`` or ``npipe://…``.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._sender = Sender()
        self._dialer: SshDialer | None = None
        self._prefix = ""
        self._pool: Any = self._make(endpoint)

    @property
    def message(self) -> str:
        """The last error output of ssh; empty for other connections."""
        return self._dialer.message if self._dialer is not None else ""

    def get(self, path: str, fields: Mapping[str, str] | None, deadline: Deadline, connect: float) -> BaseHTTPResponse:
        """Send a request and return the head of the answer, whose body is still to be read. Raises connection errors.

        Args:
            connect: seconds allowed for connecting.
        """
        query = f"?{urllib.parse.urlencode(fields)}" if fields else ""
        return self._sender.send(self._pool, "GET", f"{self._prefix}{path}{query}", {}, deadline, connect)

    def close(self) -> None:
        """Close all connections."""
        close: Callable[[], None] = getattr(self._pool, "close", None) or self._pool.clear
        close()
        if self._dialer is not None:
            self._dialer.close()

    def _make(self, endpoint: Endpoint) -> Any:
        if endpoint.host.startswith("ssh://"):
            try:
                self._dialer = SshDialer(endpoint.host)
            except ValueError as error:
                raise NotAnAddressError(str(error)) from error
            dialer = self._dialer
            return self._dialing(lambda _: dialer.dial())
        from docker.errors import DockerException
        from docker.utils import parse_host

        try:
            url = str(parse_host(endpoint.host, _IS_WINDOWS, tls=endpoint.tls is not None))
        except (DockerException, ValueError) as error:
            raise NotAnAddressError(str(error)) from error
        if url.startswith("http+unix://"):
            path = "/" + url.removeprefix("http+unix://").lstrip("/")
            return self._dialing(lambda seconds: _unix(path, seconds))
        if url.startswith("npipe://"):
            return self._pipe(url)
        self._prefix = url
        return self._tcp(url, endpoint.tls)

    def _dialing(self, dial: Callable[[float], socket.socket]) -> Any:
        """Return a pool of connections that ``dial`` opens, given the seconds it may take."""
        from urllib3.connection import HTTPConnection
        from urllib3.connectionpool import HTTPConnectionPool

        class DialedConnection(self._sender.timed(HTTPConnection)):  # type: ignore[misc]
            def connect(self) -> None:
                self.sock = dial(self.timeout)

        class DialedPool(HTTPConnectionPool):
            ConnectionCls = DialedConnection

        return DialedPool("localhost", maxsize=_MAX_CONNECTIONS)

    def _pipe(self, url: str) -> Any:
        if not _IS_WINDOWS:
            raise NotAnAddressError("only Windows has named pipes")
        from docker.transport.npipeconn import NpipeHTTPConnection, NpipeHTTPConnectionPool

        connection, path = self._sender.timed(NpipeHTTPConnection), url.replace("npipe://", "")

        class PipePool(NpipeHTTPConnectionPool):
            def _new_conn(self) -> Any:
                return connection(self.npipe_path, self.timeout)

        return PipePool(path, maxsize=_MAX_CONNECTIONS)

    def _tcp(self, url: str, tls: Tls | None) -> Any:
        from requests.utils import get_environ_proxies, select_proxy

        proxy = select_proxy(url, get_environ_proxies(url))
        return self._sender.manager(proxy, {"maxsize": _MAX_CONNECTIONS, **_tls_options(tls)})


def _unix(path: str, seconds: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end = time.monotonic() + seconds
    try:
        connection.settimeout(seconds)
        while True:
            try:
                connection.connect(path)
                return connection
            except BlockingIOError:  # the queue of the socket is full
                if time.monotonic() > end:
                    raise TimeoutError from None
                time.sleep(_RETRY_SECONDS)
    except BaseException:
        connection.close()
        raise


def _tls_options(tls: Tls | None) -> dict[str, Any]:
    if tls is None:
        return {}
    options: dict[str, Any] = {}
    if tls.cert and tls.key:
        options |= {"cert_file": tls.cert, "key_file": tls.key}
    if not tls.verify:
        import urllib3

        # The context or the environment disabled verification, so a warning on the terminal is not needed.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return options | {"cert_reqs": "CERT_NONE", "assert_hostname": False}
    return options | ({"ca_certs": tls.ca} if tls.ca else {})
