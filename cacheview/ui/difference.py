"""Which part of two values differs."""

from __future__ import annotations

from itertools import takewhile

__all__ = ["differing"]


def differing(a: str, b: str) -> tuple[slice, slice]:
    """The part of each string that is left when what both begin and end with is taken off.

    Both are empty when the strings are equal; one may be, where the other has something more.
    """
    shorter = min(len(a), len(b))
    start = _common(a, b, shorter)
    end = _common(a[::-1], b[::-1], shorter - start)
    return slice(start, len(a) - end), slice(start, len(b) - end)


def _common(a: str, b: str, limit: int) -> int:
    """How many characters both begin with, at most ``limit``."""
    if a[:limit] == b[:limit]:
        return limit
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a[:limit], b[:limit], strict=True)))
