"""The header ``WWW-Authenticate``, with which a registry requires a login.

Parsed as in docker's ``registry/client/auth/challenge/authchallenge.go`` (vendored in moby): one challenge for each
header, with the parameters up to the first malformed one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["Challenge", "parse_challenges"]

_SCHEME: Final = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t\r\n]*")
_PARAMETER: Final = re.compile(
    r",?[ \t\r\n]*(?P<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]+)="
    r'(?:(?P<token>[!#$%&\'*+\-.^_`|~0-9A-Za-z]+)|"(?P<quoted>(?:[^"\\]|\\.)+)")[ \t\r\n]*',
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in. ``scheme`` and the names of ``parameters`` are in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Return the challenge of each header that has one, in order."""
    return tuple(challenge for header in headers if (challenge := _parse(header)) is not None)


def _parse(header: str) -> Challenge | None:
    scheme = _SCHEME.match(header)
    if scheme is None:
        return None
    parameters: dict[str, str] = {}
    at = scheme.end()
    while (parameter := _PARAMETER.match(header, at)) is not None and (not parameters or header[at] == ","):
        quoted = parameter["quoted"]
        value = parameter["token"] if quoted is None else _ESCAPE.sub(r"\1", quoted)
        parameters[parameter["name"].lower()] = value
        at = parameter.end()
    return Challenge(scheme[1].lower(), parameters)
