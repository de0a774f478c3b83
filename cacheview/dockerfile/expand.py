"""Resolves quotes, escapes and variables in words of a Dockerfile.

The rules are those of BuildKit's shell lexer (``frontend/dockerfile/shell/lex.go``): ``$VAR``, ``${VAR}`` and the
operators that a release supports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cacheview.dockerfile.gotext import GO_SPACE, printable, quote
from cacheview.dockerfile.patterns import PatternError, backwards, replaced, without_prefix, without_suffix
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import NEWEST_RELEASE, BuilderRelease
from cacheview.model import DataError

__all__ = ["CONNECTION_LOST", "Lexer"]

CONNECTION_LOST: Final = "unexpected EOF"
"""The error of the client if the daemon crashes on an input and closes the connection."""

_SPECIAL_NAMES: Final = "@*#?-$!"
_PATTERN_OPERATORS: Final = "#%"
_MAX_DEPTH: Final = 100
_MAX_EXPANDED_CHARACTERS: Final = 1 << 20  # on Linux, a variable is limited to 128 KiB


@dataclass(frozen=True, slots=True)
class Lexer:
    """Resolves words with an environment.

    Attributes:
        env: variables by name.
        escape: the escape character.
        keep_quotes, keep_escapes: whether these characters stay in the result.
        keep_unset: whether a reference to a variable that is not set stays as written; otherwise it becomes empty.
        release: decides which operators there are.
    """

    env: Mapping[str, str]
    escape: str = "\\"
    keep_quotes: bool = False
    keep_escapes: bool = False
    keep_unset: bool = False
    release: BuilderRelease = NEWEST_RELEASE
    _expanded: list[int] = field(default_factory=lambda: [0], compare=False)  # characters in all texts so far

    def count(self, text: str) -> None:
        """Count expanded characters. Raises `DataError` if there are more than in any real instruction."""
        self._expanded[0] += len(text)
        if self._expanded[0] > _MAX_EXPANDED_CHARACTERS:
            limit = _MAX_EXPANDED_CHARACTERS
            raise DataError(f"the variables expand to more than {limit:,} characters, the limit for an instruction")

    def word(self, text: str) -> str:
        """Return the text with quotes, escapes and variables resolved.

        Raises:
            BuildRefusedError: it cannot be resolved, or a variable must be set and is not.
            DataError: it is nested too deeply, or expands to too long a text.
        """
        return self._process(text)[0]

    def words(self, text: str) -> list[str]:
        """Return the resolved text, split at white space that is neither quoted nor escaped, without empty words."""
        return self._process(text)[1]

    def _process(self, text: str) -> tuple[str, list[str]]:
        try:
            return _Expansion(self, text).until("", 0)
        except BuildRefusedError as error:
            message = f"failed to process {quote(text)}: {error.message}"
            raise BuildRefusedError(f"{error.what} (in {text[:200]!r})", message=message) from None
        except DataError as error:
            raise DataError(f"{error.what} (in {text[:200]!r})") from None


class _WordList:
    """The words of a text, collected in order."""

    def __init__(self, buffer: list[str]) -> None:
        self.words: list[str] = []
        self.buffer = buffer
        self.in_word = False

    def add(self, text: str) -> None:
        """Add text whose white space separates words."""
        for char in text:
            if char not in GO_SPACE:
                self.add_whole(char)
            elif self.in_word and self.finish():
                self.in_word = False

    def add_whole(self, text: str) -> None:
        if text:
            self.buffer.append(text)
        self.in_word = True

    def finish(self) -> bool:
        """End the current word. Returns whether there was one."""
        if not self.buffer:
            return False
        self.words.append("".join(self.buffer))
        self.buffer.clear()
        return True


class _Expansion:
    """One pass over one text."""

    def __init__(self, lexer: Lexer, text: str) -> None:
        self.lexer = lexer
        self.text = printable(text).removeprefix("\ufeff")  # like Go's scanner
        self.at = 0
        self.keep_escapes = lexer.keep_escapes
        self.buffer: list[str] = []

    def _peek(self) -> str:
        """Return the next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        char = self._peek()
        self.at += len(char)
        return char

    def until(self, stop: str, depth: int) -> tuple[str, list[str]]:
        """Return everything up to the stop character or the end, as one text and as words."""
        lexer = self.lexer
        result: list[str] = []
        if lexer.release.words_share_buffer:
            self.buffer.clear()  # the word started outside is lost
        words = _WordList(self.buffer if lexer.release.words_share_buffer else [])
        while char := self._peek():
            if char == stop:
                self.at += 1
                words.finish()
                return "".join(result), words.words
            if char == "$":
                piece = self._variable(depth)
                lexer.count(piece)
                words.add(piece)
            elif char in "'\"" or (char == "<" and lexer.release.allows_heredoc_spaces):
                piece = self._quoted_or_heredoc(char, depth)
                words.add_whole(piece)
            elif char == lexer.escape:
                self.at += 1
                piece = char if self.keep_escapes else ""
                if following := self._next():  # at the end of the text, there is nothing to escape
                    piece += following
                if piece:
                    words.add_whole(piece)
            else:
                self.at += 1
                piece = char
                words.add(piece)
            result.append(piece)
        if stop:
            message = f"unexpected end of statement while looking for matching {stop}"
            raise BuildRefusedError(f"{stop!r} is missing after '${{'", message=message)
        words.finish()
        return "".join(result), words.words

    def _quoted_or_heredoc(self, char: str, depth: int) -> str:
        if char == "'":
            return self._single_quoted()
        return self._double_quoted(depth) if char == '"' else self._heredoc_mark()

    def _heredoc_mark(self) -> str:
        self.at += 1
        if self._peek() != "<":
            return "<"
        start = self.at
        self.at += 1
        while (char := self._peek()) and char in "\t\r ":
            self.at += 1
        return "<" + self.text[start : self.at]

    def _single_quoted(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.at = len(self.text)
            message = "unexpected end of statement while looking for matching single-quote"
            raise BuildRefusedError("a single quote is not closed", message=message)
        inside, self.at = self.text[self.at + 1 : end], end + 1
        return f"'{inside}'" if self.lexer.keep_quotes else inside

    def _double_quoted(self, depth: int) -> str:
        lexer = self.lexer
        self.at += 1
        mark = '"' if lexer.keep_quotes else ""
        parts = [mark]
        while char := self._peek():
            if char == "$":
                piece = self._variable(depth)
                lexer.count(piece)
                parts.append(piece)
                continue
            self.at += 1
            if char == '"':
                return "".join([*parts, mark])
            if char == lexer.escape:
                if self.keep_escapes:
                    parts.append(char)
                following = self._peek()
                if not following:
                    break
                if following in ('"', "$", lexer.escape):
                    char = self._next()
            parts.append(char)
        message = "unexpected end of statement while looking for matching double-quote"
        raise BuildRefusedError("a double quote is not closed", message=message)

    def _name(self) -> str:
        start = self.at
        first = self._peek()
        if first.isdecimal():  # positional: digits only
            while self._peek().isdecimal():
                self.at += 1
        elif first and first in _SPECIAL_NAMES:
            self.at += 1
        else:
            while (char := self._peek()).isalpha() or char.isdecimal() or char == "_":
                self.at += 1
        return self.text[start : self.at]

    def _variable(self, depth: int) -> str:
        if depth >= _MAX_DEPTH:
            raise DataError(f"variables are nested more than {_MAX_DEPTH} levels deep")
        lexer = self.lexer
        self.at += 1
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            return lexer.env.get(name, f"${name}" if lexer.keep_unset else "")
        self.at += 1
        first = self._peek()
        if not first:
            raise _missing("}", "'}'")
        if first in "{}:":
            raise BuildRefusedError(
                f"'${{{first}' is not a valid substitution", message="syntax error: bad substitution"
            )
        name = self._name()
        operator = self._next()
        if operator == "}":
            return lexer.env.get(name, f"${{{name}}}" if lexer.keep_unset else "")
        if operator == "/" and lexer.release.expands_patterns:
            return self._replacement(name, depth)
        return self._with_operator(name, operator, depth)

    def _inner(self, stop: str, depth: int, *, keep_escapes: bool) -> str:
        """Return the text up to the stop character, which ends a part of a substitution."""
        before, self.keep_escapes = self.keep_escapes, keep_escapes
        try:
            return self.until(stop, depth + 1)[0]
        except BuildRefusedError:
            if not self._peek():
                raise _missing(stop, "'}'" if stop == "}" else f"'{stop}' in ${{}}") from None
            raise
        finally:
            self.keep_escapes = before

    def _with_operator(self, name: str, operator: str, depth: int) -> str:
        lexer, release = self.lexer, self.lexer.release
        if operator != ":" and (not operator or operator not in _operators(release)):
            raise _unsupported(name, operator, release)
        empty_counts = operator == ":"
        modifier = self._next() if empty_counts else operator
        is_pattern = release.expands_patterns and bool(modifier) and modifier in _PATTERN_OPERATORS
        shown = operator + modifier if empty_counts else operator
        if empty_counts and is_pattern and not release.expands_colon_patterns:
            raise _unsupported(name, shown, release)
        word = self._inner("}", depth, keep_escapes=is_pattern)
        value = lexer.env.get(name)
        if value is None and lexer.keep_unset and (release.expands_defaults_without_colon or modifier in tuple("-+?")):
            return f"${{{name}{shown}{word}}}"
        missing = value is None or (empty_counts and not value)
        if modifier == "-":
            return word if missing else value or ""
        if modifier == "+":
            return "" if missing else word
        if is_pattern:
            return _trimmed(modifier, word, value or "", release)
        if modifier != "?":
            raise _unsupported(name, shown, release)
        if missing:
            state = "unset" if value is None else "empty"
            message = f"{name}: {word or f'is not allowed to be {state}'}"
            raise BuildRefusedError(f"{name}: {word or f'must not be {state}'}", message=message)
        return value or ""

    def _replacement(self, name: str, depth: int) -> str:
        everywhere = self._peek() == "/"
        if everywhere:
            self.at += 1
        pattern = self._inner("/", depth, keep_escapes=True)
        replacement = self._inner("}", depth, keep_escapes=True)
        value = self.lexer.env.get(name)
        if value is None and self.lexer.keep_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        try:
            return replaced(value or "", pattern, replacement, everywhere=everywhere)
        except PatternError as error:
            raise _no_pattern(pattern, error) from None


def _operators(release: BuilderRelease) -> str:
    if not release.expands_defaults_without_colon:
        return "?"
    return "+-?#%" if release.expands_patterns else "+-?"


def _trimmed(operator: str, pattern: str, value: str, release: BuilderRelease) -> str:
    if not pattern and not release.allows_empty_patterns:
        what = f"the daemon fails on an empty pattern; add a pattern after {operator}"
        raise BuildRefusedError(what, message=CONNECTION_LOST)
    greedy = pattern.startswith(operator)
    trim = without_suffix if operator == "%" else without_prefix
    try:
        return trim(value, pattern[1:] if greedy else pattern, greedy=greedy)
    except PatternError as error:
        shown = pattern[1:] if greedy else pattern
        raise _no_pattern(backwards(shown) if operator == "%" else shown, error) from None


def _no_pattern(pattern: str, error: PatternError) -> BuildRefusedError:
    return BuildRefusedError(
        f"{pattern[:80]!r} is not a valid pattern: {error}",
        message=f"invalid pattern ({pattern}) in substitution: {error}",
    )


def _missing(char: str, shown: str) -> BuildRefusedError:
    return BuildRefusedError(f"{char!r} is missing after '${{'", message=f"syntax error: missing {shown}")


def _unsupported(name: str, operator: str, release: BuilderRelease) -> BuildRefusedError:
    supported = ":-, :+, :?, " + ", ".join(_operators(release)) + (" and /" if release.expands_patterns else "")
    what = f"'${{{name}{operator}' is not a substitution that Docker supports here; it supports {supported}"
    shown = operator or "\ufffd"
    if not release.expands_defaults_without_colon:
        if operator[:1] != ":":
            return BuildRefusedError(what, message="missing ':' in substitution")
        shown = operator[1:] or "\ufffd"
    return BuildRefusedError(what, message=f"unsupported modifier ({shown}) in substitution")
