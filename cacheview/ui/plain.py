"""Text from a store, made fit to be shown: as it is, and never as markup."""

from __future__ import annotations

import unicodedata
from typing import Final

from cacheview.visible import replace_acting

__all__ = ["error_words", "one_line", "tool_tip", "visible"]

_MAX_TIP: Final = 4000
_MAX_LINE: Final = 600
_PICTURES: Final = {**{chr(code): chr(0x2400 + code) for code in range(0x20)}, "\x7f": "␡", "\t": "⇥", "\n": "↵"}


def visible(text: str) -> str:
    """Each character that acts where it is shown (see `cacheview.visible`) as one that can be seen.

    The length stays the same, so places in the text do too.
    """
    return replace_acting(text, _picture)


def _picture(character: str) -> str:
    return _PICTURES.get(character, "�")


def one_line(text: str) -> str:
    """For a list: `visible`, on one line, runs of spaces as one, cut at a length that no row can show."""
    return visible(" ".join(unicodedata.normalize("NFC", text[:_MAX_LINE]).split()))


def error_words(error: BaseException) -> str:
    """What a person reads of an error: that of a store or file in its own words, any other as the bug that it is."""
    from cacheview.model import DataError  # no error is needed for the first paint

    if isinstance(error, DataError):
        return str(error)
    return f"{type(error).__name__}: {error}. This is a bug in cacheview: please report it"


def tool_tip(text: str) -> str:
    """A text for a tool tip. Qt guesses whether a tip is markup, so it is made markup that shows the text."""
    if not text:
        return ""
    import html  # no tool tip is needed for the first paint

    cut = text[:_MAX_TIP] + ("…" if len(text) > _MAX_TIP else "")
    lines = "<br>".join(html.escape(visible(line)) for line in cut.split("\n"))
    return f'<p style="white-space: pre-wrap; margin: 0">{lines}</p>'
