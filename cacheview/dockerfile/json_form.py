"""The JSON form of an instruction: an array of strings, as Go's ``encoding/json`` reads it.

A separate reader is needed because Go and Python differ in nesting, in numbers out of range, and in what may follow.
"""

from __future__ import annotations

import json
import re
from math import isinf
from typing import Final

from cacheview.dockerfile.gotext import GO_SPACE

__all__ = ["NOT_STRINGS", "NotStringsError", "json_strings"]

NOT_STRINGS: Final = "when using JSON array syntax, arrays must be comprised of strings only"

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<string>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")
      | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
      | (?P<word>true|false|null)
      | (?P<mark>[\[\]{},:])
    )""",
    re.VERBOSE,
)
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MAX_DEPTH: Final = 10_000


class NotStringsError(ValueError):
    """A JSON array that contains something other than a string."""


def json_strings(text: str, *, to_the_end: bool) -> list[str] | None:
    """Return the strings of the JSON array at the beginning of a text; None if there is none.

    Args:
        text: after the instruction's name and flags.
        to_the_end: whether only white space may follow the array; otherwise what follows is skipped.

    Raises:
        NotStringsError: the array contains something other than a string.
    """
    text = text.lstrip(GO_SPACE)
    if not text.startswith("["):
        return None
    try:
        strings, end = _array(text)
    except ValueError:
        return None
    if to_the_end and _BLANK.fullmatch(text, end) is None:
        return None
    if strings is None:
        raise NotStringsError(NOT_STRINGS)
    return strings


def _array(text: str) -> tuple[list[str] | None, int]:
    """Return the strings of the array at the beginning (None if it contains anything else), and the index of its end.

    Raises `ValueError` if it is not JSON.
    """
    strings: list[str] | None = []
    closers: list[str] = []
    at, wants = 0, "value"
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError("not JSON")
        at, kind, token = match.end(), str(match.lastgroup), match[str(match.lastgroup)]
        closer = closers[-1] if closers else ""
        if token == closer and kind == "mark" and wants in ("next", "first value", "first key"):
            closers.pop()
            if not closers:
                return strings, at
            wants = "next"
        elif wants == "next":
            if token != ",":
                raise ValueError("not JSON")
            wants = "value" if closer == "]" else "key"
        elif wants == "colon":
            if token != ":":
                raise ValueError("not JSON")
            wants = "value"
        elif wants in ("key", "first key"):
            if kind != "string":
                raise ValueError("not JSON")
            wants = "colon"
        else:
            if kind == "mark" and token not in ("[", "{"):
                raise ValueError("not JSON")
            if kind == "number" and isinf(float(token)):
                raise ValueError("out of range")
            if len(closers) == 1:
                if kind != "string":
                    strings = None
                elif strings is not None:
                    strings.append(_SURROGATE.sub("\ufffd", json.loads(token)))
            if kind == "mark":
                closers.append("]" if token == "[" else "}")
                if len(closers) > _MAX_DEPTH:
                    raise ValueError("nested too deep")
                wants = "first value" if token == "[" else "first key"
            else:
                wants = "next"
