"""Sizes as text. No Qt."""

from __future__ import annotations

from typing import Final

__all__ = ["is_size", "size_text"]

_UNITS: Final = ("kB", "MB", "GB", "TB", "PB")
_INT64_LIMIT: Final = 1 << 63  # every store of Docker keeps sizes as signed 64-bit numbers


def is_size(size: int) -> bool:
    """Whether a size is possible in Docker."""
    return -_INT64_LIMIT <= size < _INT64_LIMIT


def size_text(size: int | None) -> str:
    """Return a size in units of 1000, as Docker does; empty if unknown, "too large" beyond Docker's numbers."""
    if size is None:
        return ""
    if not is_size(size):
        return "too large"
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in _UNITS:
        value /= 1000
        if value < 999.5 or unit == _UNITS[-1]:
            return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"
    raise AssertionError
