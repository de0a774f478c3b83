"""Prepares text from a store so that it is shown literally, and never as markup."""

from __future__ import annotations

import unicodedata
from typing import Final

from cacheview.visible import replace_unprintable

__all__ = ["error_words", "one_line", "tool_tip", "visible"]

_MAX_TIP_CHARACTERS: Final = 4000
_MAX_LINE_CHARACTERS: Final = 600
_CONTROL_PICTURES: Final = {
    **{chr(code): chr(0x2400 + code) for code in range(0x20)},
    "\x7f": "␡",
    "\t": "⇥",
    "\n": "↵",
}


def visible(text: str) -> str:
    """Replace each control character (see `cacheview.visible`) with a visible one.

    The length stays the same, and so do positions in the text.
    """
    return replace_unprintable(text, _picture)


def _picture(character: str) -> str:
    return _CONTROL_PICTURES.get(character, "�")


def one_line(text: str) -> str:
    """Return a text for a list: `visible`, on one line, with single spaces, cut at a length that no row can show."""
    return visible(" ".join(unicodedata.normalize("NFC", text[:_MAX_LINE_CHARACTERS]).split()))


def error_words(error: BaseException) -> str:
    """Return the text of an error: for data that cannot be used, its own message; for any other, that it is a bug."""
    from cacheview.model import DataError  # the first paint needs no errors

    if isinstance(error, DataError):
        return str(error)
    return f"{type(error).__name__}: {error}. This is a bug in cacheview: please report it"


def tool_tip(text: str) -> str:
    """Return a text as a tool tip. Qt guesses whether a tip is markup, so this is always markup that shows the text."""
    if not text:
        return ""
    import html  # the first paint needs no tool tips

    cut = text[:_MAX_TIP_CHARACTERS] + ("…" if len(text) > _MAX_TIP_CHARACTERS else "")
    lines = "<br>".join(html.escape(visible(line)) for line in cut.split("\n"))
    return f'<p style="white-space: pre-wrap; margin: 0">{lines}</p>'
