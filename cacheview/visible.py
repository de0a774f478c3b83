"""Text from outside, made safe to show: no character controls a terminal, and none is invisible.

What acts: control characters (C0, C1, DEL), format characters (those that turn the direction of text, zero-width ones),
line and paragraph separators, lone surrogates, private and unassigned code points, and the letters and marks that
Unicode lets be drawn as nothing. Spaces stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

__all__ = ["acts", "json_escape", "replace_acting", "visible", "visible_json", "visible_lines"]

_DRAWN_AS_NOTHING: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""``Default_Ignorable_Code_Point`` of Unicode's DerivedCoreProperties.txt, as far as Python prints them."""

_RUN: Final = re.compile(r"[^\x20-\x7e]+")
_SHORT: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def acts(character: str) -> bool:
    """Whether a character does something, or cannot be seen, where it is printed."""
    if character.isprintable():
        return _DRAWN_AS_NOTHING.match(character) is not None
    return unicodedata.category(character) != "Zs"


def replace_acting(text: str, shown: Callable[[str], str]) -> str:
    """The text with what ``shown`` gives for each character that acts."""
    if text.isascii() and text.isprintable():
        return text
    return _RUN.sub(lambda run: _run(run[0], shown), text)


def _run(run: str, shown: Callable[[str], str]) -> str:
    if run.isprintable() and not _DRAWN_AS_NOTHING.search(run):
        return run
    return "".join(shown(character) if acts(character) else character for character in run)


def visible(text: str) -> str:
    r"""One line of text: what acts is written as an escape, as in ``\x1b``, ``\n`` or ``\u202e``.

    A byte of a file name that is not UTF-8 is written as that byte, as in ``\xff``.
    """
    return replace_acting(text, _escape)


def visible_lines(text: str) -> str:
    """Like `visible`, of text whose line ends are its own."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    """JSON text that holds the same, with what acts as JSON's own escapes."""
    # Outside of its strings JSON has no other such character than line ends.
    return "\n".join(replace_acting(line, json_escape) for line in text.split("\n"))


def json_escape(character: str) -> str:
    r"""A character as JSON writes it in ASCII: ``\u001b``, and two of those beyond U+FFFF."""
    code = ord(character)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return _SHORT.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
