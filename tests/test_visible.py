"""Text from outside shows every character that would have an effect when printed."""

from __future__ import annotations

import json
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from cacheview.visible import is_unprintable, visible, visible_json, visible_lines

ANYTHING = st.text(st.characters(exclude_categories=()))


def test_control_and_format_characters_are_unprintable() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"):
            assert is_unprintable(character), hex(code)
        elif category in ("Nd", "Lu", "Ll", "Sm", "Po", "Zs", "Ps", "Sk"):
            assert not is_unprintable(character), hex(code)


def test_invisible_letters_are_unprintable() -> None:
    for character in "\u034f\u115f\u1160\u3164\uffa0\ufe0f\U000e0101":
        assert is_unprintable(character)
    assert visible("a\u3164b") == r"a\u3164b"


@given(ANYTHING)
def test_only_unprintable_characters_are_escaped(text: str) -> None:
    shown = visible(text)
    assert not any(map(is_unprintable, shown))
    shown.encode()  # contains no surrogates
    if not any(map(is_unprintable, text)):
        assert shown == text


@given(ANYTHING)
def test_line_breaks_of_a_multiline_text_are_kept(text: str) -> None:
    assert visible_lines(text).split("\n") == [visible(line) for line in text.split("\n")]


@given(st.recursive(ANYTHING, lambda inner: st.lists(inner) | st.dictionaries(ANYTHING, inner)))
def test_json_holds_the_same_with_escapes(document: object) -> None:
    text = visible_json(json.dumps(document, ensure_ascii=False, indent=2))
    assert json.loads(text) == json.loads(json.dumps(document))
    assert not any(is_unprintable(character) for character in text if character != "\n")


def test_unprintable_characters_are_escaped_by_kind() -> None:
    assert visible("\x1b[31m\x7f\x9b\t\r\n") == r"\x1b[31m\x7f\u009b\t\r\n"
    assert visible("\u202e\U000e0001é") == "\\u202e\\U000e0001é"
    assert visible(b"f\xff\x80".decode("utf-8", "surrogateescape")) == r"f\xff\x80"
    assert visible("\ud800") == r"\ud800"
