"""Cuts a value to the available width so that its differing part is visible. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Piece", "fit"]

_CHARACTERS_BEFORE_DIFFERENCE: Final = 6  # visible characters before the part that differs
_ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a value. An empty piece that is marked is where the other value has an insertion."""

    text: str
    is_marked: bool = False


def fit(text: str, mark: slice, width: float, measure: Callable[[str], float]) -> tuple[Piece, ...]:
    """Return the pieces of a text on one line no wider than ``width``, according to ``measure``.

    Text that does not fit is replaced by an ellipsis at the end, and also at the beginning if that makes the mark
    visible. The mark is a slice of the text, and may be empty. If not even an ellipsis fits, the result is empty.
    """
    if not text or measure(_ELLIPSIS) > width:
        return ()
    # No row can show more characters than this, and measuring is slow.
    room = max(1, int(width / max(1.0, measure("i"))) + 1)
    start = 0
    if mark.stop and (len(text) > room or measure(text) > width):
        end = _end(text, 0, room, width, measure)
        if mark.start >= end or mark.stop > end:
            start = max(0, mark.start - _CHARACTERS_BEFORE_DIFFERENCE)
            start = start if start > 2 else 0  # an ellipsis would be no shorter than two characters
            needed = mark.start + (mark.stop > mark.start)
            while start < mark.start and _end(text, start, room, width, measure) < needed:
                start += 1
            # If the end of the text fits, show more before it.
            while start and len(text) - start < room and _measured(text, start - 1, len(text), measure) <= width:
                start -= 1
    end = _end(text, start, room, width, measure)
    return tuple(_cut(text, mark, start, end))


def _measured(text: str, start: int, end: int, measure: Callable[[str], float]) -> float:
    return measure((_ELLIPSIS if start else "") + text[start:end] + (_ELLIPSIS if end < len(text) else ""))


def _end(text: str, start: int, room: int, width: float, measure: Callable[[str], float]) -> int:
    """Return how far the text fits from ``start``, found by bisection."""
    low, high = start, min(len(text), start + room)
    while low < high:
        middle = (low + high + 1) // 2
        if _measured(text, start, middle, measure) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(text: str, mark: slice, start: int, end: int) -> list[Piece]:
    pieces = []
    if start:
        pieces.append(Piece(_ELLIPSIS))
    first, last = max(start, min(mark.start, end)), max(start, min(mark.stop, end))
    is_place = mark.start == mark.stop and mark.stop > 0 and start <= mark.start <= end
    if first > start or (not is_place and first == last):
        pieces.append(Piece(text[start:first] if is_place or first < last else text[start:end]))
    if first < last or is_place:
        pieces.append(Piece(text[first:last], is_marked=True))
        if last < end:
            pieces.append(Piece(text[last:end]))
    if end < len(text):
        pieces.append(Piece(_ELLIPSIS))
    return [piece for piece in pieces if piece.text or piece.is_marked]
