"""Text from a store, made fit to be shown: as it is, and never as markup."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["one_line", "tool_tip", "visible"]

_MAX_TIP: Final = 4000
_MAX_LINE: Final = 600
_PICTURES: Final[dict[int, str | int]] = {code: 0x2400 + code for code in range(0x20)}
_INVISIBLE: Final[dict[int, str | int]] = {
    ord(char): "�"
    for char in "\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
}
_VISIBLE: Final[dict[int, str | int]] = {**_PICTURES, 0x7F: 0x2421, 0x09: "⇥", 0x0A: "↵", 0x0D: "␍", **_INVISIBLE}


def visible(text: str) -> str:
    """Each control character, and each that would turn or hide its neighbours, as one that can be seen.

    The length stays the same, so places in the text do too.
    """
    return text.translate(_VISIBLE)


def one_line(text: str) -> str:
    """For a list: `visible`, on one line, runs of spaces as one, cut at a length that no row can show."""
    return visible(" ".join(unicodedata.normalize("NFC", text[:_MAX_LINE]).split()))


def tool_tip(text: str) -> str:
    """A text for a tool tip. Qt guesses whether a tip is markup, so it is made markup that shows the text."""
    if not text:
        return ""
    import html  # no tool tip is needed for the first paint

    cut = text[:_MAX_TIP] + ("…" if len(text) > _MAX_TIP else "")
    lines = "<br>".join(html.escape(visible(line)) for line in cut.split("\n"))
    return f'<p style="white-space: pre-wrap; margin: 0">{lines}</p>'
