"""Makes text from outside safe to show: no character controls a terminal, and none is invisible.

The unprintable characters are control characters (C0, C1, DEL), format characters (those that change the direction of
text, and zero-width ones), line and paragraph separators, lone surrogates, private and unassigned code points, and the
letters and marks that Unicode allows to be drawn as nothing. Spaces are printable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

__all__ = ["is_unprintable", "json_escape", "replace_unprintable", "visible", "visible_json", "visible_lines"]

_DRAWN_AS_NOTHING: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""``Default_Ignorable_Code_Point`` of Unicode's DerivedCoreProperties.txt, without those that Python does not print."""

_NOT_PLAIN_ASCII: Final = re.compile(r"[^\x20-\x7e]+")
_SHORT_ESCAPES: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def is_unprintable(character: str) -> bool:
    """Return whether a character, when printed, is invisible or has an effect on other text or the terminal."""
    if character.isprintable():
        return _DRAWN_AS_NOTHING.match(character) is not None
    return unicodedata.category(character) != "Zs"


def replace_unprintable(text: str, shown: Callable[[str], str]) -> str:
    """Replace each unprintable character by the result of ``shown``."""
    if text.isascii() and text.isprintable():
        return text
    return _NOT_PLAIN_ASCII.sub(lambda run: _run(run[0], shown), text)


def _run(run: str, shown: Callable[[str], str]) -> str:
    if run.isprintable() and not _DRAWN_AS_NOTHING.search(run):
        return run
    return "".join(shown(character) if is_unprintable(character) else character for character in run)


def visible(text: str) -> str:
    r"""Return one line of text with unprintable characters escaped, as in ``\x1b``, ``\n`` or ``\u202e``.

    A byte of a file name that is not UTF-8 is written as that byte, as in ``\xff``.
    """
    return replace_unprintable(text, _escape)


def visible_lines(text: str) -> str:
    """Return text like `visible`, but keep its line breaks."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    """Return JSON text of the same value, with unprintable characters as JSON's own escapes."""
    # Outside of strings, JSON has no such characters except line breaks.
    return "\n".join(replace_unprintable(line, json_escape) for line in text.split("\n"))


def json_escape(character: str) -> str:
    r"""Return a character as JSON writes it in ASCII: ``\u001b``, or two such escapes above U+FFFF."""
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
        return _SHORT_ESCAPES.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
