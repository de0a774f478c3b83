"""Values as Go writes them, for quoted and formatted parts of steps.

Facts from Go's ``fmt``, ``strconv`` and ``time``: ``%q`` of strings and of integers, and ``time.Duration`` in its own
format, which is not the shortest; for the format for display, see `cacheview.model.duration`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cacheview.platforms import gotext
from cacheview.platforms.gotext import escaped

__all__ = ["GO_SPACE", "format_go_duration", "lower", "printable", "quote", "quote_all", "quote_rune", "upper"]

GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters that ``unicode.IsSpace`` accepts. Python's ``str.isspace`` accepts four more control characters."""

_REPLACEMENT = "\ufffd"


def lower(text: str) -> str:
    """``strings.ToLower``: character by character."""
    return gotext.lower(printable(text))


def upper(text: str) -> str:
    """``strings.ToUpper``: character by character."""
    return text.upper() if text.isascii() else "".join(map(_upper, printable(text)))


def _upper(char: str) -> str:
    return next((form for form in (char.upper(), char.title()) if len(form) == 1), char)


def printable(text: str) -> str:
    """Return the text with a replacement character for each byte that is not UTF-8, like Go's JSON."""
    return re.sub("[\ud800-\udfff]", _REPLACEMENT, text)


def quote(text: str) -> str:
    """Return a string as ``%q`` prints it: in double quotes, with Go's escapes."""
    return '"' + "".join(escaped(char, '"') for char in text) + '"'


def quote_all(texts: Iterable[str]) -> str:
    """Return a list of strings as ``%q`` prints it: ``["a" "b"]``, or ``[]`` if there are none."""
    return "[" + " ".join(map(quote, texts)) + "]"


def quote_rune(number: int) -> str:
    r"""Return a whole number as ``%q`` prints it: as the character with that code. 2 is ``'\x02'``, 200 is ``'È'``."""
    valid = 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return "'" + escaped(chr(number) if valid else _REPLACEMENT, "'") + "'"


def _decimal(whole: int, rest: int, digits: int) -> str:
    fraction = f"{rest:0{digits}d}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)


def format_go_duration(nanoseconds: int) -> str:
    """Return a duration as ``time.Duration`` prints it: ``1h0m0s``, ``1.5s``, ``20ms``, ``0s``."""
    sign, size = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if size == 0:
        return "0s"
    if size < 1_000:
        return f"{sign}{size}ns"
    if size < 1_000_000:
        return f"{sign}{_decimal(*divmod(size, 1_000), 3)}µs"
    if size < 1_000_000_000:
        return f"{sign}{_decimal(*divmod(size, 1_000_000), 6)}ms"
    seconds, rest = divmod(size, 1_000_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = _decimal(seconds, rest, 9) + "s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else sign + text
