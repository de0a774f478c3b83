"""Looking up a host by its name, in a time that is stated: the system itself has no limit that a program can set."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any, Final

__all__ = ["addresses", "looked_up"]

_MOST_ADDRESSES: Final = 4
"""Of one host that are tried."""


def addresses(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host, the best first.

    Raises:
        TimeoutError: they are not known in that time. The thread that waits for the system is left behind.
        OSError: as of `socket.getaddrinfo`.
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
    """A class of connections of urllib3 that looks up its host within the time that connecting may take."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    class LookedUp(kind):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            connection: Any = self
            name = connection._dns_host
            *others, last = addresses(name.strip("[]"), connection.port, connection.timeout)[:_MOST_ADDRESSES]
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
    return type(kind.__name__, (LookedUp,), {})
