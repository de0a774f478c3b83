"""Durations as Go writes them: ``1m30s`` for people, nanoseconds in the model."""

from __future__ import annotations

import re
from typing import Final

from cacheview.model.errors import DataError

__all__ = ["UNITS", "format_duration", "parse_duration"]

UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5
    "μs": 1_000,  # U+03BC
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
"""Nanoseconds of each unit that Go's ``time.ParseDuration`` knows."""
_PART: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([a-zµμ]+)")
_LIMIT: Final = 1 << 63  # a Go duration is a signed 64-bit number


def parse_duration(text: str) -> int:
    """Return the nanoseconds of a duration in Go's ``time.ParseDuration`` syntax: ``30s``, ``1h15m``, ``1.5s``, ``0``.

    Raises `DataError` for anything else, including a number without a unit.
    """
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    total, end = 0, 0
    for part in _PART.finditer(rest):
        if part.start() != end:
            break
        end = part.end()
        number, unit = part.groups()
        if unit not in UNITS:
            raise DataError(f"unknown time unit: {unit[:20]!r} (use h, m, s, ms, us or ns)")
        whole, _, fraction = number.partition(".")
        fraction = fraction[:18]  # further digits are less than a nanosecond of the largest unit
        total += int(whole.lstrip("0")[:20] or "0") * UNITS[unit]
        total += int(fraction or "0") * UNITS[unit] // 10 ** len(fraction)
    if not rest or end != len(rest):
        hint = " (add a unit, such as 30s)" if re.fullmatch(r"[0-9.]+", rest) else " (such as 30s, 1m30s or 500ms)"
        raise DataError(f"not a duration: {text[:64]!r}{hint}")
    if not -_LIMIT <= sign * total < _LIMIT:
        raise DataError(f"longer than the longest possible duration (292 years): {text[:64]!r}")
    return sign * total


def format_duration(nanoseconds: int) -> str:
    """Return the shortest text that `parse_duration` reads back: ``1h``, ``1m30s``, ``1.5s``, ``500ms``, or ``0s``."""
    if nanoseconds < 0:
        return f"-{format_duration(-nanoseconds)}"
    if nanoseconds < UNITS["s"]:
        for unit in ("ms", "µs"):
            if nanoseconds >= UNITS[unit]:
                return _decimal(nanoseconds, UNITS[unit]) + unit
        return f"{nanoseconds}ns" if nanoseconds else "0s"
    hours, rest = divmod(nanoseconds, UNITS["h"])
    minutes, rest = divmod(rest, UNITS["m"])
    seconds = _decimal(rest, UNITS["s"])
    parts = ((str(hours), "h"), (str(minutes), "m"), (seconds, "s"))
    return "".join(number + unit for number, unit in parts if number != "0")


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    if not rest:
        return str(whole)
    return f"{whole}.{rest:0{len(str(unit)) - 1}d}".rstrip("0")
