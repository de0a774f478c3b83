"""Host name lookup with a time limit, which the system's own lookup does not offer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any, Final

__all__ = ["addresses", "looked_up"]

_MAX_ADDRESSES: Final = 4
"""The number of addresses of one host that are tried."""


def addresses(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a host, best first.

    Raises:
        TimeoutError: the lookup did not finish in time. The thread that waits for the system keeps waiting.
        OSError: as `socket.getaddrinfo` raises it.
    """
    results: list[str] = []
    failed: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    thread = threading.Thread(target=ask, daemon=True, name="look-up")
    thread.start()
    thread.join(seconds)
    if failed:
        raise socket.gaierror(socket.EAI_NONAME, str(failed[0])) if isinstance(failed[0], UnicodeError) else failed[0]
    if not results:
        raise TimeoutError(f"the address of {host[:200]} was not found within {seconds:g} seconds")
    return results


def looked_up(kind: type[Any]) -> type[Any]:
    """Return a subclass of a urllib3 connection that looks up its host within its time limit for connecting."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    class LookupResult(kind):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            connection: Any = self
            name = connection._dns_host
            *others, last = addresses(name.strip("[]"), connection.port, connection.timeout)[:_MAX_ADDRESSES]
            try:
                for address in others:
                    connection._dns_host = address
                    try:
                        return connect(self)
                    except (ConnectTimeoutError, NewConnectionError):
                        continue
                connection._dns_host = last
                return connect(self)
            finally:
                connection._dns_host = name

    connect: Callable[[Any], socket.socket] = kind._new_conn
    return type(kind.__name__, (LookupResult,), {})
