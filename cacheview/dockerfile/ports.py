"""Port specifications of ``EXPOSE``, as read by ``docker/go-connections/nat``, and since 29 by the builder itself."""

from __future__ import annotations

import ipaddress
import re
from typing import NoReturn

from cacheview.dockerfile.gotext import quote
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease

__all__ = ["exposed_ports"]

_PROTOCOLS = ("tcp", "udp", "sctp")
_MAX_PORT = 65_535


class _BadPortError(Exception):
    """A text that is neither a port nor a range of ports."""


def exposed_ports(spec: str, release: BuilderRelease) -> list[str]:
    """Return the container ports of a specification: ``80`` is ``80/tcp``, ``80-82/UDP`` is three with ``/udp``.

    Docker accepts ``[address:][host port:]port`` here too, but only the last part has an effect.

    Raises:
        BuildRefusedError: it is not a port.
    """
    *bound, container = spec.split(":")
    address, host = ":".join(bound[:-1]), bound[-1] if bound else ""
    number, _, protocol = container.partition("/")
    if not release.reads_ports_itself:
        protocol = protocol.partition("/")[0]
    if number:
        protocol = protocol or "tcp"
    if release.reads_ports_itself:
        _check_number(number, spec, release)
        protocol = protocol.lower()
        _check_protocol(protocol, spec, release)
    _check_address(address, spec, release)
    _check_number(number, spec, release)
    first, last = _range(number, "containerPort", spec, release)
    if host:
        low, high = _range(host, "hostPort", spec, release)
        if high - low != last - first and last != first:
            _refuse(
                spec,
                "the host and container port ranges differ in length",
                f"Invalid ranges specified for container and host Ports: {number} and {host}",
                release,
            )
    _check_protocol(protocol, spec, release)
    return [f"{port}/{protocol.lower()}" for port in range(first, last + 1)]


def _check_number(number: str, spec: str, release: BuilderRelease) -> None:
    if not number:
        _refuse(
            spec,
            "the port is missing; use a form such as 80, 80/udp or 80-82",
            f"No port specified: {spec}<empty>",
            release,
        )


def _check_protocol(protocol: str, spec: str, release: BuilderRelease) -> None:
    if protocol.lower() not in _PROTOCOLS:
        text = f"the protocol {protocol[:20]!r} is not one of {', '.join(_PROTOCOLS)}"
        _refuse(spec, text, f"Invalid proto: {protocol}", release)


def _range(text: str, name: str, spec: str, release: BuilderRelease) -> tuple[int, int]:
    try:
        return _ends(text, release)
    except _BadPortError as error:
        _refuse(spec, str(error), f"Invalid {name}: {text}", release)


def _ends(text: str, release: BuilderRelease) -> tuple[int, int]:
    ends = text.split("-", 1 if release.reads_ports_itself else -1)[:2]  # a third is ignored
    if not all(re.fullmatch(r"0*[0-9]{1,5}", end, re.ASCII) and int(end) <= _MAX_PORT for end in ends):
        raise _BadPortError("this is not a port; use a form such as 80, 80/udp or 80-82")
    first, last = int(ends[0]), int(ends[-1])
    if last < first:
        raise _BadPortError("the range ends before it begins")
    return first, last


def _check_address(text: str, spec: str, release: BuilderRelease) -> None:
    address, ip = text, "ip" if release.capitalizes_ports else "IP"
    if text.startswith("[") or release.capitalizes_ports:
        reason = _why_not_split(text)
        if reason:
            message = f"address {text}:: {reason}"
            _refuse(spec, f"{text[:60]!r} is not an IP address", f"Invalid {ip} address {text}: {message}", release)
        address = text[1:-1] if text.startswith("[") else text
    if not address:
        return
    try:
        ipaddress.ip_address(address if "%" not in address or release.reads_ports_itself else "")
    except ValueError:
        message = f"ParseAddr({quote(address)}): unable to parse IP" if release.reads_ports_itself else address
        _refuse(spec, f"{address[:60]!r} is not an IP address", f"Invalid {ip} address: {message}", release)


def _why_not_split(address: str) -> str:
    """Return why Go's ``net.SplitHostPort`` rejects an address followed by a colon; empty if it does not."""
    if not address.startswith("["):
        if ":" in address:
            return "too many colons in address"
    elif "]" not in address:
        return "missing ']' in address"
    elif not address.endswith("]") or address.index("]") != len(address) - 1:
        follows = address[address.index("]") + 1]
        return "too many colons in address" if follows == ":" else "missing port in address"
    elif "[" in address[1:]:
        return "unexpected '[' in address"
    return ""


def _refuse(spec: str, text: str, message: str, release: BuilderRelease) -> NoReturn:
    if not release.capitalizes_ports:
        message = message[0].lower() + message[1:]
    raise BuildRefusedError(f"{spec[:80]!r}: {text}", message=message)
