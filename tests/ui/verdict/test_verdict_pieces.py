"""A value shortened to the available space keeps its differing part visible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.ui.verdict.pieces import Piece, fit


def pieces(text: str, start: int, stop: int, room: int) -> list[str]:
    """The pieces, with each character one unit wide and the marked part in brackets."""
    return [f"[{piece.text}]" if piece.is_marked else piece.text for piece in fit(text, slice(start, stop), room, len)]


@pytest.mark.parametrize(
    ("text", "start", "stop", "room", "expected"),
    [
        ("abcdef", 0, 0, 6, ["abcdef"]),
        ("abcdef", 2, 4, 6, ["ab", "[cd]", "ef"]),
        ("abcdef", 0, 6, 6, ["[abcdef]"]),
        ("abcdef", 3, 3, 6, ["abc", "[]", "def"]),
        ("abcdef", 6, 6, 6, ["abcdef", "[]"]),
        ("abcdefghij", 0, 0, 5, ["abcd", "…"]),
        ("abcdefghij", 1, 2, 5, ["a", "[b]", "cd", "…"]),
        ("abcdefghijklmnopqrst", 15, 17, 12, ["…", "jklmno", "[pq]", "rst"]),
        ("abcdefghijklmnopqrst", 10, 12, 12, ["…", "efghij", "[kl]", "mn", "…"]),
        ("abcdefghijklmnopqrst", 20, 20, 6, ["…", "pqrst", "[]"]),
        ("abc", 0, 0, 0, []),
        ("", 0, 0, 10, []),
    ],
)
def test_examples(text: str, start: int, stop: int, room: int, expected: list[str]) -> None:
    assert pieces(text, start, stop, room) == expected


@given(st.text("abc", max_size=60), st.data())
def test_fitted_text_has_the_beginning_of_the_marked_part(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    room = data.draw(st.integers(10, 70))
    found = fit(text, slice(start, stop), room, len)
    shown = "".join(piece.text for piece in found)
    assert len(shown) <= room
    assert shown.strip("…") in text
    if len(text) <= room:
        assert shown == text
    if stop > start:
        marked = [piece.text for piece in found if piece.is_marked]
        assert marked
        assert text[start:stop].startswith(marked[0])
    assert all(piece.text or piece.is_marked for piece in found)


def test_only_the_visible_part_of_a_long_value_is_measured() -> None:
    measured = []

    def measure(text: str) -> float:
        measured.append(len(text))
        return float(len(text))

    found = fit("x" * 1_000_000, slice(500_000, 500_001), 40, measure)
    assert Piece("x", is_marked=True) in found
    assert max(measured) < 100
