"""Values as Go writes them: what the text of a step quotes and formats.

Facts from Go's ``fmt``, ``strconv`` and ``time``: ``%q`` of strings and of integers, ``time.Duration`` read
and written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cacheview.model import DataError

__all__ = ["GO_SPACE", "format_duration", "parse_duration", "quote", "quote_all", "quote_rune"]

GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What ``unicode.IsSpace`` says yes to. Python's ``str.isspace`` has four control characters more."""

_SHORT_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
}
_REPLACEMENT = "\ufffd"
_MAX_DURATION = (1 << 63) - 1
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,  # the Greek letter; the one above is the micro sign
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_DURATION_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]+)")


def _escaped(char: str, delimiter: str) -> str:
    if char == delimiter:
        return "\\" + char
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    if char == " " or unicodedata.category(char)[0] in "LMNPS":
        return char
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quote(text: str) -> str:
    """A string as ``%q`` prints it: in double quotes, with Go's escapes."""
    return '"' + "".join(_escaped(char, '"') for char in text) + '"'


def quote_all(texts: Iterable[str]) -> str:
    """A list of strings as ``%q`` prints it: ``["a" "b"]``, ``[]`` for none."""
    return "[" + " ".join(map(quote, texts)) + "]"


def quote_rune(number: int) -> str:
    """A whole number as ``%q`` prints it: as the character with that code. 2 → ``'\\x02'``, 200 → ``'È'``."""
    valid = 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return "'" + _escaped(chr(number) if valid else _REPLACEMENT, "'") + "'"


def _decimal(whole: int, rest: int, digits: int) -> str:
    fraction = f"{rest:0{digits}d}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)


def format_duration(nanoseconds: int) -> str:
    """A duration as ``time.Duration`` prints itself: ``1h0m0s``, ``1.5s``, ``20ms``, ``0s``."""
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


def parse_duration(text: str) -> int:
    """Nanoseconds of a duration as ``time.ParseDuration`` reads it: ``30s``, ``1h30m``, ``1.5s``.

    Raises:
        DataError: it is not one, or it does not fit into 63 bits.
    """
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text[1:] if text[:1] == "+" else text)
    if digits == "0":
        return 0
    total, at = 0, 0
    while at < len(digits) or not digits:
        match = _DURATION_PART.match(digits, at)
        if match is None or not (match[1] or match[2]) or match[3] not in _UNITS:
            raise DataError(f"not a duration: {text[:64]!r}; write 30s, 1m30s or 500ms")
        total += _part(match[1], match[2] or "", _UNITS[match[3]])
        at = match.end()
    if total > _MAX_DURATION + (sign < 0):
        raise DataError(f"too long a duration: {text[:64]!r}; the most is 2562047h")
    return sign * total


def _part(whole: str, fraction: str, unit: int) -> int:
    # Go keeps as many digits of a fraction as fit into 63 bits and goes on in floating point: so do we.
    if len(whole.lstrip("0")) > 19:
        return _MAX_DURATION + 2
    kept, scale = 0, 1.0
    for digit in fraction:
        if kept > _MAX_DURATION // 10 or kept * 10 + int(digit) > _MAX_DURATION:
            break
        kept, scale = kept * 10 + int(digit), scale * 10
    return int(whole or "0") * unit + int(float(kept) * (float(unit) / scale))
