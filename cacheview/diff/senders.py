"""The clients that sent builds: records contain the client's own name, replays the name in the table of clients."""

from __future__ import annotations

import re
from typing import Final

from cacheview.dockerfile.context import CLIENTS, client_named
from cacheview.model import DataError

__all__ = ["client_title", "same_client"]

_USER_AGENT: Final = re.compile(r"(?P<program>[A-Za-z-]+)/(?P<version>[0-9][^ ]*)(?: .*)?", re.DOTALL)
_PROGRAM_TITLES: Final = {"Docker-Client": "docker CLI", "docker-sdk-python": "docker-py"}
"""The program of each product in a ``User-Agent`` (docker/cli ``cli/command/cli.go``, docker-py ``constants.py``)."""


def same_client(a: str, b: str) -> bool:
    """Return whether two names mean clients that send contexts in the same way.

    An unknown one differs from all others.
    """
    if a == b or not a or not b:
        return True
    names = _name(a), _name(b)
    return names[0] == names[1]


def client_title(client: str) -> str:
    """Return the name of a client for people."""
    entry = CLIENTS.get(client)
    return entry.title if entry is not None else client


def _name(client: str) -> str:
    match = _USER_AGENT.fullmatch(client)
    program = _PROGRAM_TITLES.get(match["program"]) if match is not None else None
    try:
        return client_named(f"{program} {match['version']}" if match is not None and program else client).name
    except DataError:
        return client
