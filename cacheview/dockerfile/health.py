"""The flags of ``HEALTHCHECK``, as the builder checks them before the first step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cacheview.dockerfile.gotext import format_go_duration
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.model.duration import UNITS

__all__ = ["check_healthcheck", "go_duration"]

_INTERVALS: Final = ("interval", "timeout", "start-period", "start-interval")
_MIN_INTERVAL_NS: Final = 1_000_000
_PART: Final = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?([^0-9.]*)")
_DURATION_LIMIT: Final = 1 << 63


def check_healthcheck(flags: Mapping[str, str], release: BuilderRelease) -> None:
    """Check the values of the flags.

    Raises:
        BuildRefusedError: one is not a duration, or too short, or ``--retries`` is not a number or too small.
    """
    for flag in _INTERVALS:
        if text := flags.get(flag, ""):
            _check_interval(flag, go_duration(text), release)
    if text := flags.get("retries", ""):
        _check_retries(text, release)


def _check_interval(flag: str, duration: int, release: BuilderRelease) -> None:
    if duration < _MIN_INTERVAL_NS and (duration or not release.allows_zero_intervals):
        message = f'Interval "{flag}" cannot be less than {format_go_duration(_MIN_INTERVAL_NS)}'
        raise BuildRefusedError(f"--{flag} is less than a millisecond; specify at least 1ms", message=message)


def _check_retries(text: str, release: BuilderRelease) -> None:
    least = 0 if release.allows_zero_intervals else 1
    what = f"--retries={text[:40]} is not a whole number from {least} to {(1 << 31) - 1}"
    parsing = f"strconv.ParseInt: parsing {_quoted(text)}"
    if re.fullmatch(r"[+-]?[0-9]+", text) is None:
        raise BuildRefusedError(what, message=f"{parsing}: invalid syntax")
    number = int(text[:1000])
    if not -(1 << 31) <= number < 1 << 31 or len(text) > 1000:
        raise BuildRefusedError(what, message=f"{parsing}: value out of range")
    if release.allows_zero_intervals and number < 0:
        raise BuildRefusedError(what, message=f"--retries cannot be negative ({number})")
    if not release.allows_zero_intervals and number < 1:
        raise BuildRefusedError(what, message=f"--retries must be at least 1 (not {number})")


def go_duration(text: str) -> int:
    """Return the nanoseconds of a duration, like Go's ``time.ParseDuration``.

    Raises:
        BuildRefusedError: it is not a duration, with Go's message.
    """
    sign, rest = (-1 if text[:1] == "-" else 1), (text[1:] if text[:1] in ("-", "+") else text)
    if rest == "0":
        return 0
    invalid = BuildRefusedError(
        f"not a duration: {text[:40]!r}; use a form such as 30s, 1m30s or 500ms",
        message=f"time: invalid duration {_quoted(text)}",
    )
    if not rest:
        raise invalid
    total = 0
    while rest:
        match = _PART.match(rest)
        assert match is not None
        whole, _, fraction, unit = match.groups()
        if not whole and not fraction:
            raise invalid
        number = int(whole.lstrip("0")[:20] or "0")
        if number > _DURATION_LIMIT:
            raise invalid
        if not unit:
            raise BuildRefusedError(
                f"the duration {text[:40]!r} has no unit; add a unit, as in 30s, 1m30s or 500ms",
                message=f"time: missing unit in duration {_quoted(text)}",
            )
        size = UNITS.get(unit)
        if size is None:
            message = f"time: unknown unit {_quoted(unit)} in duration {_quoted(text)}"
            raise BuildRefusedError(f"unknown time unit: {unit[:20]!r}; use h, m, s, ms, us or ns", message=message)
        number = number * size + _part_of(size, fraction or "")
        total += number
        if number > _DURATION_LIMIT or total > _DURATION_LIMIT:
            raise invalid
        rest = rest[match.end() :]
    if sign > 0 and total >= _DURATION_LIMIT:
        raise invalid
    return sign * total


def _part_of(size: int, fraction: str) -> int:
    digits, scale = 0, 1.0
    for digit in fraction[:40]:
        if digits > (_DURATION_LIMIT - 1) // 10 or digits * 10 + int(digit) > _DURATION_LIMIT:
            break
        digits, scale = digits * 10 + int(digit), scale * 10
    return int(float(digits) * (float(size) / scale)) if digits else 0


def _quoted(text: str) -> str:
    """Return a text quoted as in Go's package ``time``: bytes beyond ASCII as numbers."""
    shown = (
        f"\\{chr(byte)}" if chr(byte) in '"\\' else chr(byte) if 0x20 <= byte < 0x80 else f"\\x{byte:02x}"
        for byte in text.encode(errors="surrogateescape")
    )
    return f'"{"".join(shown)}"'
