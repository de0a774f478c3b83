"""Quotes, escapes and variables."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.expand import Lexer as AnyLexer
from cacheview.dockerfile.release import MOBY_71EBFC7
from cacheview.model import DataError

Lexer = partial(AnyLexer, release=MOBY_71EBFC7)

ENV = {"A": "one", "TWO": "x y", "NONE": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$A-$A", "one-one"),
        ("$AB", ""),
        ("${A}B", "oneB"),
        ("$UNSET.", "."),
        ("$.", "$."),
        ("$", "$"),
        ("$1st", "st"),
        ("$?x", "x"),
        (r"\$A", "$A"),
        (r"\\$A", r"\one"),
        ("'$A'", "$A"),
        ('"$A"', "one"),
        (r'"\$A \" \\ \n"', r'$A " \ \n'),
        (r"'a\'", "a\\"),
        ('"it\'s"', "it's"),
        ("a'b c'd", "ab cd"),
        ("end\\", "end"),
        ("${UNSET:-d}", "d"),
        ("${NONE:-d}", "d"),
        ("${NONE-d}", ""),
        ("${UNSET-d}", "d"),
        ("${A:-d}", "one"),
        ("${A:+set}", "set"),
        ("${NONE:+set}", ""),
        ("${NONE+set}", "set"),
        ("${UNSET+set}", ""),
        ("${A:?no}", "one"),
        ("${NONE?no}", ""),
        ("${UNSET:-${A}}", "one"),
        ("${UNSET:-'$A'}", "$A"),
        ("${UNSET:-a\\}b}", "a}b"),
        ("${+x}", ""),
        ("ü${A}漢", "üone漢"),
        ("$A漢", ""),  # names can contain letters of any script
    ],
)
def test_a_word_is_resolved(text: str, expected: str) -> None:
    assert Lexer(ENV).word(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("'a", "single quote is not closed"),
        ('"a', "double quote is not closed"),
        ('"a\\', "double quote is not closed"),
        ("${A", "is not a "),
        ("${", "'}' is missing"),
        ("${A:-x", "'}' is missing"),
        ("${}", "is not a "),
        ("${:x}", "is not a "),
        ("${A%x}", "is not a "),
        ("${A#x}", "is not a "),
        ("${A/x/y}", "is not a "),
        ("${A:x}", "is not a "),
        ("${UNSET:?give it}", "UNSET: give it"),
        ("${UNSET?}", "UNSET: must not be unset"),
        ("${NONE:?}", "NONE: must not be empty"),
        ("${A:-" * 101, "nested more than 100 levels deep"),
    ],
)
def test_an_invalid_substitution_is_reported_with_its_word(text: str, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        Lexer(ENV).word(text)
    assert reason in caught.value.what
    assert repr(text[:200]) in caught.value.what


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a  b", ["a", "b"]),
        ("$TWO", ["x", "y"]),
        ("'$TWO'", ["$TWO"]),
        ('"$TWO"z', ["x yz"]),
        (r"a\ b", ["a b"]),
        ("''", []),
        ("a\u2003b", ["a", "b"]),
        ("a\x1fb", ["a\x1fb"]),  # white space for Python, not for Go
    ],
)
def test_a_text_splits_after_expansion_unless_quoted(text: str, expected: list[str]) -> None:
    assert Lexer(ENV).words(text) == expected


def test_another_escape_character_leaves_the_backslash_alone() -> None:
    assert Lexer(ENV, "`").word(r"C:\a`$A") == r"C:\a$A"


def test_quotes_escapes_and_unset_variables_can_stay() -> None:
    text = r"""'a' "b" \c $UNSET ${UNSET} ${UNSET:-x} $A"""
    assert Lexer(ENV, keep_quotes=True, keep_escapes=True, keep_unset=True).word(text) == text.replace("$A", "one")


@given(st.text())
def test_any_text_resolves_or_is_a_data_error(text: str) -> None:
    lexer = Lexer(ENV)
    try:
        word, words = lexer.word(text), lexer.words(text)
    except DataError:
        return
    assert all(words)
    assert sum(map(len, words)) <= len(word)


@given(st.text(st.characters(codec="utf-8", exclude_characters="'")))
def test_single_quotes_prevent_expansion(text: str) -> None:
    assert Lexer(ENV).word(f"'{text}'") == text
