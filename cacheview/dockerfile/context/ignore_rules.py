"""One pattern of ``.dockerignore``, as read by each generation of Docker's matcher.

Facts from ``pkg/fileutils`` of moby 20.10 and ``moby/patternmatcher`` (the same in all later releases). Both turn a
pattern into a Go regular expression without escaping all its characters: for both, a ``|`` in a pattern with a wildcard
separates alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cacheview.dockerfile.context.glob import Glob
from cacheview.dockerfile.context.gopath import clean
from cacheview.dockerfile.context.linear import compile_linear
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.gotext import GO_SPACE
from cacheview.model import DataError

__all__ = ["FILEUTILS", "PATTERNMATCHER", "BadPatternError", "IgnorePattern", "IgnoreRules", "any_of", "read_patterns"]

_ANY_BYTE_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\C")  # RE2 has this escape for any byte; Go does not
_BYTE_ORDER_MARK = "\ufeff"


class BadPatternError(DataError):
    """A pattern that Docker's matcher refuses; `what` is its message."""


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The behavior of a generation of the matcher.

    Attributes:
        escaped: characters that are escaped in the regular expression.
        compares_plain_text: whether a pattern without wildcards, or with ``**`` at only one end, is compared as text.
        matches_all_parents: whether a pattern may match any folder above, not only the one as deep as the pattern.
        skips_patterns: whether patterns that can no longer change the result are skipped.
    """

    escaped: str
    compares_plain_text: bool
    matches_all_parents: bool
    skips_patterns: bool


FILEUTILS = IgnoreRules(escaped=".$", compares_plain_text=False, matches_all_parents=False, skips_patterns=False)
"""``pkg/fileutils``: the CLI and the daemon 20.10."""

PATTERNMATCHER = IgnoreRules(escaped=".+()$", compares_plain_text=True, matches_all_parents=True, skips_patterns=True)
"""``moby/patternmatcher``: the CLI and the daemon since 23.0. It tries to escape ``{|}`` too, but does not."""


class IgnorePattern:
    """A pattern that removes paths from the context, or puts them back.

    Attributes:
        text: the cleaned pattern, without the exclamation mark.
        exclusion: whether it puts paths back.
        depth: the number of names in it.
    """

    def __init__(self, text: str, *, exclusion: bool, rules: IgnoreRules) -> None:
        self.text = text
        self.exclusion = exclusion
        self.depth = text.count("/") + 1
        self._rules = rules
        self._match: Callable[[str], bool] | None = None

    def matches(self, path: str) -> bool:
        """Return whether it matches a path as a whole.

        Raises:
            BadPatternError: Go cannot compile it, which becomes apparent only when it is used.
        """
        if self._match is None:
            try:
                self._match = self._compiled()
            except ValueError:
                raise BadPatternError("syntax error in pattern") from None
        return self._match(path)

    def is_sound(self) -> bool:
        """Return whether Go can compile it."""
        try:
            self.matches("")
        except DataError:
            return False
        return True

    def _compiled(self) -> Callable[[str], bool]:
        kind, expression = self._expression()
        text = self.text
        if kind == "exact":
            return text.__eq__
        if kind == "prefix":
            return lambda path: path.startswith(text[:-2])
        if kind == "suffix":
            suffix = text[2:]
            whole = suffix[1:] if suffix.startswith("/") else None
            return lambda path: path.endswith(suffix) or path == whole
        return _compiled(expression)

    def expression(self) -> str:
        """Return the regular expression, which Go and RE2 both accept."""
        return self._expression()[1]

    @property
    def is_expression(self) -> bool:
        """Whether it is matched as a regular expression, not as text."""
        return self._expression()[0] == "regexp"

    @property
    def is_plain(self) -> bool:
        """Whether it matches only its own text."""
        return self._expression()[0] == "exact"

    def _expression(self) -> tuple[str, str]:
        """Return how paths are compared with it, and its Go regular expression."""
        kind = "exact" if self._rules.compares_plain_text else "regexp"
        text = self.text.removeprefix(_BYTE_ORDER_MARK)
        out, at, first = ["^"], 0, True
        while at < len(text):
            char = text[at]
            at += 1
            if char == "*" and text[at : at + 1] == "*":
                at += 1
                if text[at : at + 1] == "/":
                    at += 1
                if at < len(text):
                    out.append("(.*/)?")
                    kind = "regexp"
                elif kind == "exact":
                    kind = "prefix"
                else:
                    out.append(".*")
                    kind = "regexp"
                if first and self._rules.compares_plain_text:
                    kind = "suffix"
            elif char in "*?":
                out.append("[^/]*" if char == "*" else "[^/]")
                kind = "regexp"
            elif char in self._rules.escaped:
                out.append("\\" + char)
            elif char == "\\":
                out.append("\\" + text[at : at + 1])
                kind = "regexp" if at < len(text) else kind
                at += 1
            else:
                out.append(char)
                kind = "regexp" if char in "[]" else kind
            first = False
        return kind, "".join([*out, "$"])


def any_of(patterns: Sequence[IgnorePattern]) -> Callable[[str], bool]:
    """Return a function that checks whether any of these patterns matches, as fast as for a single one.

    The function raises `BadPatternError` if Go cannot compile a pattern.
    """
    expressions = [pattern.expression() for pattern in patterns if pattern.is_expression]
    others = [pattern.matches for pattern in patterns if not pattern.is_expression and not pattern.is_plain]
    plain = frozenset(pattern.text for pattern in patterns if pattern.is_plain)
    if len(patterns) < 2:
        return lambda path: any(pattern.matches(path) for pattern in patterns)
    if not expressions:
        return lambda path: path in plain or any(other(path) for other in others)
    try:
        matches = _compiled("|".join(f"(?:{expression})" for expression in expressions))
    except UnknownError:
        return lambda path: any(pattern.matches(path) for pattern in patterns)
    return lambda path: path in plain or matches(path) or any(other(path) for other in others)


def _compiled(expression: str) -> Callable[[str], bool]:
    if _ANY_BYTE_ESCAPE.search(expression):
        raise ValueError("invalid escape sequence: \\C")
    return compile_linear(expression, replaces=True)


def read_patterns(lines: Sequence[str], rules: IgnoreRules) -> list[IgnorePattern]:
    """Return the patterns of the lines of a file.

    Raises:
        BadPatternError: one is malformed.
    """
    patterns = []
    for line in lines:
        text = line.strip(GO_SPACE)
        if not text:
            continue
        text = clean(text)
        exclusion = text.startswith("!")
        if text == "!":
            raise BadPatternError('illegal exclusion pattern: "!"')
        text = text.removeprefix("!")
        if Glob(text).is_refused():
            raise BadPatternError("syntax error in pattern")
        patterns.append(IgnorePattern(text, exclusion=exclusion, rules=rules))
    return patterns
