"""Regular expressions that match in linear time, whatever the pattern: RE2, as in Go.

Patterns of ``.dockerignore`` come from outside and are not trusted. Python's own `re` backtracks, so even a short
pattern can take forever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import re2

from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.model.effort import paced

__all__ = ["LastMatch", "check_linear", "compile_linear", "literal", "one_of"]

_MAX_MEMORY_BYTES = 64 << 20
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_REPLACEMENT = "\ufffd"
_FIRST_PRIVATE_CODE = 0x10F800  # private use characters that replace surrogates, which RE2 does not support


def compile_linear(expression: str, *, replaces: bool = False) -> Callable[[str], bool]:
    """Return a function that checks whether an RE2 expression matches anywhere in a text.

    Args:
        expression: in the syntax of RE2.
        replaces: whether bytes that are not UTF-8 count as U+FFFD, as in Go; otherwise each is a distinct character.

    Raises:
        ValueError: RE2 rejects it.
        UnknownError: it would need more memory than one pattern may use.
    """
    encode = _replace_and_encode if replaces else _move_and_encode
    try:
        result = re2.compile(encode(expression), _options()).search
    except re2.error as error:
        message = _message_of(error)
        if "pattern too large" in message:
            raise UnknownError(f"the pattern {expression[:80]!r} is too large to compile") from None
        raise ValueError(message) from None
    return lambda text: result(encode(text)) is not None


def check_linear(expression: str) -> None:
    """Raise the errors that `compile_linear` would raise."""
    compile_linear(expression)


class LastMatch:
    """Patterns of which the last one to match a path or a folder above it decides. Each path takes one pass."""

    def __init__(
        self, expressions: Iterable[str], applies_inside: Callable[[int, int], bool], *, replaces: bool
    ) -> None:
        """Compile the patterns.

        Args:
            expressions: in order, for `compile_linear`.
            applies_inside: called with the number of a pattern and the number of names in the path of a folder; returns
                whether the pattern, if it matches the folder, also applies to the entries of the folder.
            replaces: see `compile_linear`.
        """
        self._encode = _replace_and_encode if replaces else _move_and_encode
        self._set: Any = re2.Set.SearchSet(_options())
        self._count = 0
        for expression in paced(expressions):
            self._set.Add(self._encode(expression))
            self._count += 1
        self._set.Add(b"")  # always matches; if it does not, RE2 had too little memory
        self._set.Compile()
        self._applies_inside = applies_inside
        self._last_inside: dict[str, int] = {}

    def last(self, path: str) -> int:
        """Return the number of the last pattern that matches a path, or a folder above it; -1 if none does."""
        return max(max(self._matching(path), default=-1), self._inherited(path.rpartition("/")[0]))

    def _inherited(self, folder: str) -> int:
        """Return the last of the patterns that apply to the entries of a folder."""
        if not folder:
            return -1
        uncached: list[str] = []
        while folder and folder not in self._last_inside:
            uncached.append(folder)
            folder = folder.rpartition("/")[0]
        depth = folder.count("/") + 1 if folder else 0
        last = self._last_inside[folder] if folder else self._last_applying("", 0)
        if not folder and uncached[-1].startswith("/"):  # the first name of an absolute path is empty, and counts
            depth, last = 1, max(last, self._last_applying("", 1))
        for each in reversed(uncached):
            depth += 1
            last = self._last_inside[each] = max(last, self._last_applying(each, depth))
        return last

    def _last_applying(self, folder: str, depth: int) -> int:
        return max((number for number in self._matching(folder) if self._applies_inside(number, depth)), default=-1)

    def _matching(self, text: str) -> Sequence[int]:
        matched: list[int] = sorted(self._set.Match(self._encode(text)))
        if not matched or matched.pop() != self._count:
            raise UnknownError("the patterns need more memory than cacheview allows")
        return matched


def literal(text: str) -> str:
    """Return an RE2 expression that matches exactly this text."""
    return "".join(map(_character, text))


def one_of(ranges: list[tuple[str, str]], *, negated: bool = False) -> str:
    """Return an RE2 expression for one character inside the ranges, or, if ``negated``, outside them."""
    inside = "".join(f"{_character(low)}-{_character(high)}" for low, high in ranges)
    if not inside:
        return r"[\x00-\x{10FFFF}]" if negated else r"[^\x00-\x{10FFFF}]"
    return f"[{'^' if negated else ''}{inside}]"


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _MAX_MEMORY_BYTES
    return options


def _message_of(error: Exception) -> str:
    message = error.args[0] if error.args else ""
    return message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)


def _character(char: str) -> str:
    code = ord(char)
    return rf"\x{{{_FIRST_PRIVATE_CODE + code - 0xD800 if 0xD800 <= code < 0xE000 else code:X}}}"


def _replace_and_encode(text: str) -> bytes:
    return _NOT_UTF8.sub(_REPLACEMENT, text).encode("utf-8", "replace")


def _move_and_encode(text: str) -> bytes:
    return _SURROGATES.sub(lambda result: chr(_FIRST_PRIVATE_CODE + ord(result[0]) - 0xD800), text).encode()
