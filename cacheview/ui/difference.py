"""Finds the part where two values differ."""

from __future__ import annotations

from itertools import takewhile

__all__ = ["differing"]


def differing(a: str, b: str) -> tuple[slice, slice]:
    """Return the part of each string that is left without their common beginning and end.

    Both are empty if the strings are equal. One is empty if the other only has an insertion.
    """
    shorter = min(len(a), len(b))
    start = _common(a, b, shorter)
    end = _common(a[::-1], b[::-1], shorter - start)
    return slice(start, len(a) - end), slice(start, len(b) - end)


def _common(a: str, b: str, limit: int) -> int:
    """Return the number of characters that two strings have in common at the beginning, at most ``limit``."""
    if a[:limit] == b[:limit]:
        return limit
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a[:limit], b[:limit], strict=True)))
