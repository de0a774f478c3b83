"""The programs that send a build context, and in what they differ: one table, and how a client is named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from packaging.version import Version

from cacheview.dockerfile.context.ignore_rules import FILEUTILS, PATTERNMATCHER, IgnoreRules
from cacheview.model import DataError

__all__ = ["CLIENTS", "CLI_20_10", "CLI_23", "DOCKER_CLI", "Client", "client_for_engine", "client_named"]


@dataclass(frozen=True, slots=True)
class Client:
    """How a client makes the tar of a context.

    Attributes:
        name: its key in `CLIENTS`.
        title: for people.
        type_bits: the mode in a header has the bits of the file's type (``fillGo18FileTypeBits``).
        rules: how it reads the patterns of ``.dockerignore``.
    """

    name: str
    title: str
    type_bits: bool
    rules: IgnoreRules


DOCKER_CLI: Final = Client("docker-cli", "Docker CLI 24 and later", type_bits=False, rules=PATTERNMATCHER)
"""The CLI from 24.0 on: bare permission bits (docker/cli v28.2.2, vendored moby/go-archive)."""

CLI_23: Final = Client("docker-cli-23", "Docker CLI 23.0", type_bits=True, rules=PATTERNMATCHER)
"""The CLI 23.0: modes as 20.10 has them, patterns as 24.0 does (docker/cli v23.0.0 to v23.0.15, vendored)."""

CLI_20_10: Final = Client("docker-cli-20.10", "Docker CLI 20.10", type_bits=True, rules=FILEUTILS)
"""The CLI 20.10: modes with the bits of the file's type (docker/cli v20.10.24, vendored pkg/archive)."""

CLIENTS: Final[Mapping[str, Client]] = MappingProxyType(
    {client.name: client for client in (DOCKER_CLI, CLI_23, CLI_20_10)}
)
"""Every client that is known here, by the name that ``--client`` takes."""

_CLI: Final = frozenset(("docker", "docker-cli", "docker-client", "docker-ce-cli", "cli"))
_NAMED: Final = re.compile(
    r"(?:([a-z]+(?:-[a-z]+)*)(?:[-/:,=@]+|$))?(?:v?([0-9]{1,5}(?:\.[0-9]{1,5}){0,3})(?![0-9]).*)?", re.DOTALL
)


def client_named(name: str) -> Client:
    """The client that a name means: a key of `CLIENTS`, or a program with its version, as replay files have it.

    ``docker CLI 20.10.24``, ``docker CLI 28.2.2``, ``docker-cli`` and the versions ``28`` and ``20.10`` alone are the
    Docker CLI.

    Raises:
        DataError: no client of that name is known; with those that are.
    """
    key = re.sub(r"[\s_]+", "-", name.strip().lower())
    if key in CLIENTS:
        return CLIENTS[key]
    program, version = _divided(key)
    if program in _CLI or (not program and version):
        return _cli(version)
    if program in CLIENTS:
        return CLIENTS[program]
    raise DataError(f"no such client: {name[:80]!r}; there are {', '.join(CLIENTS)}")


def client_for_engine(version: str) -> Client:
    """The client to assume for an engine: the Docker CLI, of the engine's release where that is older than 24.0.

    ``version``: as ``docker version`` shows it; empty, or without a number: not known.
    """
    found = re.match(r"(?:docker-)?v?([0-9]{1,5}(?:\.[0-9]{1,5}){0,3})", version.strip())
    return _cli(found[1] if found else "")


def _divided(key: str) -> tuple[str, str]:
    found = _NAMED.fullmatch(key)
    return (found[1] or "", found[2] or "") if found else (key, "")


def _cli(version: str) -> Client:
    if not version or Version(version) >= Version("24"):
        return DOCKER_CLI
    return CLI_23 if Version(version) >= Version("22.6") else CLI_20_10
