"""Go's format for quoted texts and durations. The expected texts were printed by Go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.gotext import format_go_duration, quote, quote_all, quote_rune
from cacheview.model.duration import parse_duration

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ('say "x"', r'"say \"x\""'),
        ("it's", '"it\'s"'),
        ("a\\b", r'"a\\b"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1f\x7f", r'"\x00\x1f\x7f"'),
        ("é漢😀", '"é漢😀"'),
        ("\x80\xa0\u200b\ufeff", r'"\u0080\u00a0\u200b\ufeff"'),
        ("\U000e0001", r'"\U000e0001"'),
        ("\ufffd", '"\ufffd"'),
    ],
)
def test_strings_are_quoted_with_gos_escapes(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_a_list_has_no_commas() -> None:
    assert quote_all(["a", "b c"]) == '["a" "b c"]'
    assert quote_all([]) == "[]"


@pytest.mark.parametrize(
    ("number", "quoted"),
    [
        (0, r"'\x00'"),
        (2, r"'\x02'"),
        (10, r"'\n'"),
        (39, r"'\''"),
        (34, "'\"'"),
        (92, r"'\\'"),
        (65, "'A'"),
        (127, r"'\x7f'"),
        (128, r"'\u0080'"),
        (200, "'È'"),
        (0xD800, "'\ufffd'"),
        (0x10FFFF, r"'\U0010ffff'"),
        (0x110000, "'\ufffd'"),
        (2**31 - 1, "'\ufffd'"),
    ],
)
def test_a_number_is_quoted_as_the_character_with_that_code(number: int, quoted: str) -> None:
    assert quote_rune(number) == quoted


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [
        (0, "0s"),
        (15, "15ns"),
        (1_000, "1µs"),
        (1_250_000, "1.25ms"),
        (SECOND // 2, "500ms"),
        (SECOND, "1s"),
        (90 * SECOND, "1m30s"),
        (60 * SECOND, "1m0s"),
        (3600 * SECOND, "1h0m0s"),
        (3600 * SECOND + SECOND // 2, "1h0m0.5s"),
        (-60 * SECOND, "-1m0s"),
        (2**63 - 1, "2562047h47m16.854775807s"),
    ],
)
def test_durations_are_written_as_go_does(nanoseconds: int, shown: str) -> None:
    assert format_go_duration(nanoseconds) == shown


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_formatted_duration_parses_back(nanoseconds: int) -> None:
    assert parse_duration(format_go_duration(nanoseconds)) == nanoseconds
