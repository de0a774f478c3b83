"""``.dockerignore`` as read by docker-py, which has its own matcher (``docker/utils/build.py`` and ``fnmatch.py``).

Facts from docker 5.0.3 and 7.1.0: case is ignored, nothing is escaped, slashes at both ends are ignored, and only one
of the folders above a path is considered: the one that is as deep as the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cacheview.dockerfile.context.linear import LastMatch, check_linear, literal, one_of
from cacheview.dockerfile.refusal import BuildRefusedError

__all__ = ["DockerPyPatterns", "docker_py_lines"]


def docker_py_lines(data: bytes) -> list[str]:
    """Return the patterns of a file.

    Raises:
        BuildRefusedError: it is not UTF-8.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise BuildRefusedError(
            f"docker-py cannot read it: byte {error.start + 1:,} is not valid UTF-8", where=".dockerignore"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in map(str.strip, text.splitlines()) if line and line[0] != "#"]


class _Pattern:
    def __init__(self, text: str, *, strips: bool) -> None:
        self.exclusion = text.startswith("!")
        text = text[1:] if self.exclusion else text
        self.names = _names(text.strip() if strips else text)
        self.cleaned = "/".join(self.names)


class DockerPyPatterns:
    """The patterns of a ``.dockerignore`` file.

    Raises:
        BuildRefusedError: docker-py cannot compile one.
    """

    def __init__(self, lines: Sequence[str], *, strips: bool) -> None:
        """Read the patterns. ``strips``: whether spaces after an exclamation mark are ignored (docker-py since 6.0)."""
        patterns = (_Pattern(line, strips=strips) for line in lines)
        own = _Pattern("!.dockerignore", strips=strips)
        self._patterns = [*(pattern for pattern in patterns if pattern.names), own]
        expressions = [_linear(pattern.cleaned) for pattern in self._patterns]
        self._matches = LastMatch(expressions, self._is_as_deep, replaces=False)

    def _is_as_deep(self, number: int, depth: int) -> bool:
        return len(self._patterns[number].names) == depth

    def leaves_out(self, path: str) -> bool:
        """Return whether a path is ignored (``PatternMatcher.matches``)."""
        last = self._matches.last(path.lower())
        return last >= 0 and not self._patterns[last].exclusion

    def may_put_back_inside(self, path: str) -> bool:
        """Return whether docker-py looks inside a folder that is ignored."""
        return any(pattern.exclusion and pattern.cleaned.startswith(path) for pattern in self._patterns)


def _names(text: str) -> list[str]:
    names: list[str] = []
    for name in text.split("/"):
        if name == "..":
            names = names[:-1]
        elif name and name != ".":
            names.append(name)
    return names


def _linear(pattern: str) -> str:
    text = pattern.lower()
    try:
        re.compile(_python(text))  # only to refuse a pattern that docker-py cannot compile
    except re.error as error:
        message = str(error)
        raise BuildRefusedError(
            f"docker-py cannot read the pattern {pattern[:80]!r}: {message}", message=message, where=".dockerignore"
        ) from None
    expression = _expression(text, literal, _class, "[^\\n]*") + "\\n?$"
    check_linear(expression)
    return expression


def _python(text: str) -> str:
    """Return docker-py's expression (``translate``)."""
    return _expression(text, re.escape, lambda stuff: f"[{stuff}]", ".*") + "$"


def _expression(text: str, one: Callable[[str], str], class_of: Callable[[str], str], anything: str) -> str:
    out, at = ["^"], 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*" and text[at : at + 1] == "*":
            at += 1
            at += text[at : at + 1] == "/"
            out.append(anything if at >= len(text) else f"({anything}/)?")
        elif char in "*?":
            out.append("[^/]*" if char == "*" else "[^/]")
        elif char == "[" and (end := _class_end(text, at)) >= 0:
            stuff = text[at:end].replace("\\", "\\\\")
            stuff = "^" + stuff[1:] if stuff[0] == "!" else "\\" + stuff if stuff[0] == "^" else stuff
            out.append(class_of(stuff))
            at = end + 1
        else:
            out.append(one(char))
    return "".join(out)


def _class_end(text: str, at: int) -> int:
    at += text[at : at + 1] == "!"
    at += text[at : at + 1] == "]"
    return text.find("]", at)


def _class(stuff: str) -> str:
    """Translate a class of Python's `re` to RE2. Its backslashes are doubled, except for one before a leading ``^``."""
    negated = stuff.startswith("^")
    chars = list(stuff[1:] if negated else stuff.removeprefix("\\") if stuff.startswith("\\^") else stuff)
    ranges: list[tuple[str, str]] = []
    at = 0

    def take() -> str:
        nonlocal at
        at += 2 if chars[at] == "\\" else 1
        return chars[at - 1]

    while at < len(chars):
        low = high = take()
        if chars[at : at + 1] == ["-"] and at + 1 < len(chars):
            at += 1
            high = take()
        ranges.append((low, high))
    return one_of(ranges, negated=negated)
