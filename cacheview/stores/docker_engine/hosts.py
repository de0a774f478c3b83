"""Completes the address of an engine as the docker CLI does.

Source: ``ParseHost`` in docker/cli ``opts/hosts.go``, the same in v20.10.24 and v28.5.2. An address without a scheme
is TCP, and a TCP address without a port gets 2375, with or without TLS. The proxies in the CLI's config are looked up
by the completed address.
"""

from __future__ import annotations

import re
import sys
from typing import Final
from urllib.parse import urlsplit

__all__ = ["NAMED_PIPE", "UNIX_SOCKET", "completed", "default_host"]

UNIX_SOCKET: Final = "unix:///var/run/docker.sock"
NAMED_PIPE: Final = "npipe:////./pipe/docker_engine"

_TCP_SCHEME: Final = "tcp://"
_DEFAULT_HOST: Final = "localhost"
_DEFAULT_PORT: Final = "2375"
_TLS_PORT: Final = "2376"
_HOST_AND_PORT: Final = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]*))?")


def default_host(*, tls: bool) -> str:
    """Return the address of the engine that is used if none is named."""
    if tls:
        return f"{_TCP_SCHEME}{_DEFAULT_HOST}:{_TLS_PORT}"
    return NAMED_PIPE if sys.platform == "win32" else UNIX_SOCKET


def completed(text: str, *, tls: bool = False) -> str:
    """Return an address in full, or unchanged if the CLI rejects it."""
    text = text.strip()
    if not text:
        return default_host(tls=tls)
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "tcp", text
    match scheme:
        case "tcp":
            return _tcp(rest) or f"{scheme}://{rest}"
        case "unix":
            return f"{scheme}://{rest}" if rest else UNIX_SOCKET
        case "npipe":
            return f"{scheme}://{rest}" if rest else NAMED_PIPE
    return text


def _tcp(address: str) -> str:
    """Return a TCP address in full; empty if it is not one."""
    try:
        parts = urlsplit(f"{_TCP_SCHEME}{address}")
    except ValueError:
        return ""
    place = _HOST_AND_PORT.fullmatch(parts.netloc.rpartition("@")[2])
    if place is None:
        return ""
    return f"{_TCP_SCHEME}{place[1] or _DEFAULT_HOST}:{place[2] or _DEFAULT_PORT}{parts.path}"
