"""Requests through urllib3, by several threads at once. The answer of each obeys its deadline."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cacheview.stores.docker_engine.deadline import Deadline, timed
from cacheview.stores.docker_engine.lookup import looked_up

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["Sender"]

_HEADERS: Final = {
    "User-Agent": "cacheview",
    # An engine or a registry does not have to compress, and a body that unpacks to a large size is not an answer.
    "Accept-Encoding": "identity",
}


class Sender:
    """Sends requests, each with its own deadline. Redirects are not followed, and nothing is sent twice."""

    def __init__(self) -> None:
        self._of_thread = threading.local()  # the deadline of each thread's current request

    def send(
        self,
        pool: Any,
        method: str,
        url: str,
        headers: Mapping[str, str],
        deadline: Deadline,
        connect: float,
        body: bytes | None = None,
    ) -> BaseHTTPResponse:
        """Send a request and return the head of the answer, whose body is still to be read. Raises connection errors.

        Args:
            pool: a manager or a pool of urllib3 whose connections are `timed`.
            headers: those that are sent in addition to those of every request.
            connect: seconds allowed for connecting.
        """
        from urllib3 import Timeout

        self._of_thread.deadline = deadline
        response: BaseHTTPResponse = pool.urlopen(
            method,
            url,
            headers={**_HEADERS, **headers},
            body=body,
            timeout=Timeout(connect=connect, read=deadline.total),
            preload_content=False,
            decode_content=False,
            redirect=False,
            retries=False,
        )
        return response

    def timed(self, connection: type[Any]) -> type[Any]:
        """Return a subclass of an `http.client` connection whose answers obey the deadline of their request."""
        return timed(connection, self._deadline)

    def manager(self, proxy: str | None, options: Mapping[str, Any], plain: type[Any] | None = None) -> Any:
        """Return a manager of connections to any host, which looks up the host within the time allowed for connecting.

        Args:
            proxy: the URL of a proxy; None: none.
            options: urllib3's options for its pools.
            plain: the class of connections without TLS; None: urllib3's own.
        """
        import urllib3
        from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

        def pool(kind: Any, connection: type[Any]) -> Any:
            return type(f"Timed{kind.__name__}", (kind,), {"ConnectionCls": looked_up(self.timed(connection))})

        manager = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
        manager.pool_classes_by_scheme = {
            "http": pool(HTTPConnectionPool, plain or HTTPConnectionPool.ConnectionCls),
            "https": pool(HTTPSConnectionPool, HTTPSConnectionPool.ConnectionCls),
        }
        return manager

    def _deadline(self) -> Deadline:
        deadline: Deadline = self._of_thread.deadline
        return deadline
