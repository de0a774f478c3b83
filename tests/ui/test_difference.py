"""Which part of two values differs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.ui.difference import differing

TEXT = st.text(alphabet="ab/", max_size=8)


@pytest.mark.parametrize(
    ("a", "b", "in_a", "in_b"),
    [
        ("PATH=/usr/local/bin:/usr/bin", "PATH=/usr/bin", "local/bin:/usr/", ""),
        ("A=1", "A=2", "1", "2"),
        ("same", "same", "", ""),
        ("", "x", "", "x"),
        ("aa", "aaa", "", "a"),
        ("abc", "xyz", "abc", "xyz"),
    ],
)
def test_examples(a: str, b: str, in_a: str, in_b: str) -> None:
    one, other = differing(a, b)
    assert (a[one], b[other]) == (in_a, in_b)


@given(TEXT, TEXT)
def test_the_differing_parts_are_minimal(a: str, b: str) -> None:
    one, other = differing(a, b)
    assert 0 <= one.start <= one.stop <= len(a)
    assert 0 <= other.start <= other.stop <= len(b)
    assert a[: one.start] == b[: other.start]
    assert a[one.stop :] == b[other.stop :]
    part_a, part_b = a[one], b[other]
    assert (part_a == "" and part_b == "") == (a == b)
    if part_a and part_b:
        assert part_a[0] != part_b[0]
        assert part_a[-1] != part_b[-1]


@given(TEXT, TEXT)
def test_swapping_the_texts_swaps_the_differing_parts(a: str, b: str) -> None:
    assert differing(a, b) == differing(b, a)[::-1]
