"""Durations are parsed and written as in Go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.model.duration import format_duration, parse_duration
from cacheview.model.errors import DataError

SECOND = 1_000_000_000
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("30s", 30 * SECOND),
        ("1m30s", 90 * SECOND),
        ("1h", 3600 * SECOND),
        ("500ms", SECOND // 2),
        ("1.5s", 3 * SECOND // 2),
        ("1.5ms", 1_500_000),
        ("2µs", 2_000),
        ("1ns", 1),
        ("0s", 0),
        ("-1m", -60 * SECOND),
    ],
)
def test_a_duration_is_parsed_and_formatted(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds
    assert format_duration(nanoseconds) == text


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("+5s", 5 * SECOND),
        ("1h0m0s", 3600 * SECOND),
        ("90s", 90 * SECOND),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("3us", 3_000),
        ("3μs", 3_000),
        ("1s1h", 3601 * SECOND),
        ("0.1000000000000000000001s", SECOND // 10),
    ],
)
def test_read_in_other_forms(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a duration"),
        ("30", "add a unit"),
        ("s", "not a duration"),
        (".s", "not a duration"),
        ("-", "not a duration"),
        ("1 s", "not a duration"),
        ("1s ", "not a duration"),
        ("x1s", "not a duration"),
        ("1d", "unknown time unit"),
        ("٣s", "not a duration"),
        ("9999999h", "longer than"),
        ("9" * 5000 + "h", "longer than"),
    ],
)
def test_refused(text: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        parse_duration(text)


@given(INT64)
def test_a_formatted_duration_is_parsed_back(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@given(st.text(alphabet="0123456789.-+hmsunµ ", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        nanoseconds = parse_duration(text)
    except DataError:
        return
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds
