"""``.dockerignore`` as read by docker-java (3.7.1 ``Dockerfile``, ``GoLangFileMatch``).

``#`` does not begin a comment, a pattern also matches everything below its match, ``**/x`` does not match at the root,
and the last pattern that matches decides.
"""

from __future__ import annotations

import re
from typing import NoReturn

from cacheview.dockerfile.context.linear import LastMatch, check_linear, literal, one_of
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError

__all__ = ["DockerJavaPatterns"]

_ANY = r"[^\n\r\x{85}\x{2028}\x{2029}]*"
_NAME = "[^/]*"
_NAMES = f"({_NAME}(/{_NAME})*)?"
_TRIMMED_CHARACTERS = "".join(map(chr, range(33)))  # String.trim
_LINE_ENDS = re.compile("\r\n|\r|\n")


class DockerJavaPatterns:
    """The patterns of a ``.dockerignore`` file.

    Raises:
        BuildRefusedError: docker-java cannot read a pattern.
    """

    def __init__(self, data: bytes) -> None:
        lines = (line.strip(_TRIMMED_CHARACTERS) for line in _LINE_ENDS.split(data.decode("utf-8", "replace")))
        self._texts = [_normalized(line) for line in lines if line]
        self._matches = LastMatch(map(_expression, self._texts), lambda *_: False, replaces=False)

    def leaves_out(self, path: str) -> str | None:
        """Return the pattern that excludes a path, empty if that is ``.``; None if the path is not ignored."""
        if "\\" in path or path.startswith("~"):
            path = _normalized(path)  # all paths are normalized, but only these change
        last = self._matches.last(path)
        return None if last < 0 or self._texts[last].startswith("!") else self._texts[last]


def _expression(text: str) -> str:
    out = ["^"]
    rest = text.removeprefix("!")
    try:
        while rest:
            rest = _chunk(out, rest)
            if rest:
                out.append("/")
        expression = "".join([*out, f"(/{_ANY})?$"])
        check_linear(expression)
    except ValueError:
        _refuse(f"Invalid pattern '{text[:80]}' in .dockerignore file")
    return expression


def _refuse(message: str) -> NoReturn:
    what = f"docker-java rejects the .dockerignore file: {message}"
    raise BuildRefusedError(what, message=message, where=".dockerignore")


def _normalized(line: str) -> str:
    """``FilenameUtils.normalize`` of commons-io on Linux."""
    text = line.replace("\\", "/")
    if "\0" in text:
        _refuse("Null character present in file/path name")
    prefix, rest = ("/", text.lstrip("/")) if text.startswith("/") else _home(text)
    parts = rest.split("/")
    ends_with_slash = parts[-1] in ("", ".", "..") and len(parts) > 1
    names: list[str] = []
    for part in parts:
        if part == "..":
            if not names:
                _refuse(f"the pattern {line[:80]!r} points outside the context")
            names.pop()
        elif part not in ("", "."):
            names.append(part)
    return prefix + "/".join(names) + ("/" if ends_with_slash and names else "")


def _home(text: str) -> tuple[str, str]:
    if not text.startswith("~"):
        return "", text
    user, _, rest = text.partition("/")
    return user + "/", rest


def _chunk(out: list[str], pattern: str) -> str:
    """Append the expression for one name of a pattern, and return the rest of the pattern (``appendChunkPattern``)."""
    if pattern == "**" or pattern.startswith("**/"):
        out.append(_NAMES)
        return pattern[2:] if pattern == "**" else pattern[3:]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "/":
            return pattern[at:]
        if char == "[":
            at = _class(out, pattern, at)
        elif char == "]":
            raise ValueError("] without a matching [")
        elif char in "*?":
            out.append(_NAME if char == "*" else "[^/]")
        else:
            out.append(literal(char))
    return ""


def _class(out: list[str], pattern: str, at: int) -> int:
    """Append ``[a-z]``, which Java's regular expression contains unchanged.

    There are no backslashes left at this point.
    """
    end = pattern.find("]", at)
    text = pattern[at:end]
    if end <= at or "[" in text:
        raise ValueError("an unfinished range")
    if "&&" in text:
        raise UnknownError(
            f"the pattern {pattern[:80]!r} has a character class intersection, which cacheview does not support"
        )
    _check_ranges(text)
    negated = text.startswith("^")
    chars = text[1:] if negated else text
    if not chars:
        raise ValueError("an unfinished range")
    ranges: list[tuple[str, str]] = []
    place = 0
    while place < len(chars):
        low = high = chars[place]
        place += 1
        if chars[place : place + 1] == "-" and place + 1 < len(chars):
            high = chars[place + 1]
            place += 2
        if high < low:
            raise ValueError("a range that ends before it begins")
        ranges.append((low, high))
    out.append(one_of(ranges, negated=negated))
    return end + 1


def _check_ranges(text: str) -> None:
    """Check a class like docker-java: a dash must be between two characters (``RangeParseState``)."""
    may_dash = after_dash = False
    for char in text:
        if char == "-":
            if not may_dash:
                raise ValueError("an unexpected dash")
            may_dash, after_dash = False, True
        else:
            may_dash, after_dash = not after_dash, False
    if after_dash:
        raise ValueError("an unfinished range")
