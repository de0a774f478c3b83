"""A few functions of Go's standard library, with Go's answers for unusual text."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["escaped", "lower", "signed", "unsigned"]

_DIGITS = frozenset("0123456789")
_INT64_LIMIT = 1 << 63
_MAX_INT64_DIGITS = 19
_DOTTED_CAPITAL_I = "\u0130"
_SHORT_ESCAPES: Final = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
}


def escaped(char: str, delimiter: str) -> str:
    """Return a character as ``%q`` prints it between these delimiters."""
    if char == delimiter:
        return "\\" + char
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    if char == " " or unicodedata.category(char)[0] in "LMNPS":
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, kept as a surrogate escape
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def lower(text: str) -> str:
    """``strings.ToLower``: each character separately, so without Python's special cases (final sigma, dotted I)."""
    if text.isascii():
        return text.lower()
    return "".join("i" if char == _DOTTED_CAPITAL_I else char.lower() for char in text)


def signed(text: str) -> int | None:
    """``strconv.Atoi``; None if it fails. A sign is accepted; spaces, underscores and non-ASCII digits are not."""
    sign, digits = (text[0], text[1:]) if text[:1] in ("+", "-") else ("+", text)
    if not digits or not _DIGITS.issuperset(digits):
        return None
    digits = digits.lstrip("0") or "0"
    if len(digits) > _MAX_INT64_DIGITS:
        return None
    number = int(digits)
    if sign == "-":
        return -number if number <= _INT64_LIMIT else None
    return number if number < _INT64_LIMIT else None


def unsigned(text: str, bits: int) -> int | None:
    """``strconv.ParseUint(text, 10, bits)``, bits at most 63; None if it fails, as it does for a sign."""
    if text[:1] in ("+", "-"):
        return None
    number = signed(text)
    return number if number is not None and number < 1 << bits else None
