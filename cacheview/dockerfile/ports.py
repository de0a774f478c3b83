"""Port specifications of ``EXPOSE``, as ``docker/go-connections/nat`` reads them."""

from __future__ import annotations

import ipaddress
import re

from cacheview.model import DataError

__all__ = ["exposed_ports"]

_PROTOCOLS = ("tcp", "udp", "sctp")
_MAX_PORT = 65_535


def exposed_ports(spec: str) -> list[str]:
    """The container ports of one specification: ``80`` → ``80/tcp``; ``80-82/UDP`` → three with ``/udp``.

    Docker takes ``[address:][host port:]port`` here too, and only the last part has an effect.

    Raises:
        DataError: it is none.
    """
    *bound, container = spec.split(":")
    number, *others = container.split("/")
    protocol = (others[0] if others and others[0] else "tcp").lower()
    first, last = _range(number, spec)
    if protocol not in _PROTOCOLS:
        raise DataError(f"{spec[:80]!r}: the protocol {protocol[:20]!r} is none of {', '.join(_PROTOCOLS)}")
    if bound:
        _check_host(bound, last - first, spec)
    return [f"{port}/{protocol}" for port in range(first, last + 1)]


def _range(text: str, spec: str) -> tuple[int, int]:
    ends = text.split("-")[:2]  # Docker passes over a third
    if not all(re.fullmatch(r"0*[0-9]{1,5}", end, re.ASCII) and int(end) <= _MAX_PORT for end in ends):
        raise DataError(f"not a port: {spec[:80]!r}; write 80, 80/udp or 80-82")
    first, last = int(ends[0]), int(ends[-1])
    if last < first:
        raise DataError(f"{spec[:80]!r}: the range ends before it begins")
    return first, last


def _check_host(bound: list[str], length: int, spec: str) -> None:
    address, port = ":".join(bound[:-1]), bound[-1]
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    if address:
        try:
            ipaddress.ip_address(address if "%" not in address else "")
        except ValueError:
            raise DataError(f"{spec[:80]!r}: {address[:60]!r} is not an IP address") from None
    if port:
        first, last = _range(port, spec)
        if last - first != length and length:
            raise DataError(f"{spec[:80]!r}: the host's range and the container's differ in length")
