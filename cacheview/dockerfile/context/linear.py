"""Regular expressions that take linear time, whatever the pattern: RE2, as Go's are.

Patterns of ``.dockerignore`` come from outside. Python's own `re` tries every way to match, which a short pattern makes
endless.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import re2

from cacheview.dockerfile.context.notknown import NotKnownError

__all__ = ["compile_linear", "literal", "one_of"]

_MOST_MEMORY = 64 << 20
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_REPLACEMENT = "\ufffd"
_PRIVATE = 0x10F800  # where surrogates go, which RE2 does not know: private use, as many as there are surrogates


def compile_linear(expression: str, *, replaces: bool = False) -> Callable[[str], bool]:
    """A function that says whether an expression of RE2 matches somewhere in a text.

    Args:
        expression: in the syntax of RE2.
        replaces: bytes that are not UTF-8 count as U+FFFD, as in Go; else each is a character of its own.

    Raises:
        ValueError: RE2 refuses it.
        NotKnownError: it would take more memory than is spent on one pattern.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    encoded = _replaced if replaces else _moved
    try:
        found = re2.compile(encoded(expression), options).search
    except re2.error as error:
        said = str(error)
        if "pattern too large" in said:
            raise NotKnownError(f"the pattern {expression[:80]!r} is too large to be compiled here") from None
        raise ValueError(said) from None
    return lambda text: found(encoded(text)) is not None


def literal(text: str) -> str:
    """An expression of RE2 that matches a text as it is."""
    return "".join(map(_character, text))


def one_of(ranges: list[tuple[str, str]], *, negated: bool = False) -> str:
    """An expression of RE2 for one character out of ranges, or for one out of none of them."""
    inside = "".join(f"{_character(low)}-{_character(high)}" for low, high in ranges)
    if not inside:
        return r"[\x00-\x{10FFFF}]" if negated else r"[^\x00-\x{10FFFF}]"
    return f"[{'^' if negated else ''}{inside}]"


def _character(char: str) -> str:
    return rf"\x{{{ord(_moved(char)):X}}}"


def _replaced(text: str) -> str:
    return _NOT_UTF8.sub(_REPLACEMENT, text)


def _moved(text: str) -> str:
    return _SURROGATES.sub(lambda found: chr(_PRIVATE + ord(found[0]) - 0xD800), text)
