"""Suggests the word that the user probably meant, like BuildKit (``util/suggest/error.go``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cacheview.dockerfile.gotext import lower, upper

__all__ = ["suggestion"]

_DISTANCE_LIMIT: Final = 3


def suggestion(word: str, options: Iterable[str], *, any_case: bool = False) -> str:
    """Return `` (did you mean run?)``, or an empty text if no option is similar.

    If several are equally similar, Docker suggests any of them; here, it is the first in alphabetical order.
    """
    folded = lower(word) if any_case else word
    near, distance = "", _DISTANCE_LIMIT
    for option in sorted(lower(option) if any_case else option for option in options):
        if option == folded:
            return ""
        this = _distance(folded, option, distance)
        if this < distance:
            near, distance = option, this
    if not near:
        return ""
    if any_case and word != lower(word):
        near = upper(near) if word == upper(word) else near
    return f" (did you mean {near}?)"


def _distance(left: str, right: str, limit: int) -> int:
    """Return how many characters to insert, delete or change; the limit if there are as many or more."""
    if abs(len(left) - len(right)) >= limit:
        return limit
    row = list(range(len(right) + 1))
    for number, char in enumerate(left, 1):
        diagonal, row[0] = row[0], number
        for at, other in enumerate(right, 1):
            diagonal, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, diagonal + (char != other))
    return min(row[-1], limit)
