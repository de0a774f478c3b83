"""Quotes, escapes and variables of a Dockerfile word, resolved.

The rules are those of BuildKit's shell lexer as moby 71ebfc7 has it (``frontend/dockerfile/shell``):
``$VAR``, ``${VAR}`` and the modifiers ``:-``, ``-``, ``:+``, ``+``, ``:?``, ``?``. Later lexers know more
(``${VAR%x}``); here that is an error, as it was then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cacheview.dockerfile.gotext import GO_SPACE
from cacheview.model import DataError

__all__ = ["Lexer"]

_SPECIAL_NAMES = "@*#?-$!"
_MODIFIERS = "+-?"
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Lexer:
    """Resolves words against an environment.

    Attributes:
        env: variables by name.
        escape: the character that takes the meaning from the next.
        keep_quotes, keep_escapes: leave these characters in the result.
        keep_unset: leave a reference to a variable that is not set as it is written; else it is empty.
    """

    env: Mapping[str, str]
    escape: str = "\\"
    keep_quotes: bool = False
    keep_escapes: bool = False
    keep_unset: bool = False

    def word(self, text: str) -> str:
        """The text with quotes, escapes and variables resolved. Raises `DataError` with what is wrong."""
        return "".join(piece for piece, _ in self._pieces(text))

    def words(self, text: str) -> list[str]:
        """The same, then split at white space that is neither quoted nor escaped. Empty words fall away."""
        words, current = [], ""
        for piece, splits in self._pieces(text):
            if not splits:
                current += piece
                continue
            for char in piece:
                if char not in GO_SPACE:
                    current += char
                elif current:
                    words.append(current)
                    current = ""
        return [*words, current] if current else words

    def _pieces(self, text: str) -> list[tuple[str, bool]]:
        try:
            return _Reading(self, text).until(None, 0)
        except DataError as error:
            raise DataError(f"{error.what}, in {text[:200]!r}") from None


class _Reading:
    """One pass over one text."""

    def __init__(self, lexer: Lexer, text: str) -> None:
        self.lexer = lexer
        self.text = text
        self.at = 0

    def _peek(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        char = self._peek()
        self.at += 1
        return char

    def until(self, stop: str | None, depth: int) -> list[tuple[str, bool]]:
        """Pieces up to the stop character or the end, each with whether its white space splits words."""
        lexer = self.lexer
        pieces: list[tuple[str, bool]] = []
        while char := self._peek():
            if char == stop:
                self.at += 1
                return pieces
            if char == "$":
                pieces.append((self._variable(depth), True))
            elif char == "'":
                pieces.append((self._single_quoted(), False))
            elif char == '"':
                pieces.append((self._double_quoted(depth), False))
            elif char == lexer.escape:
                self.at += 1
                # At the end of the text there is nothing to escape: it falls away.
                pieces.append(((char if lexer.keep_escapes else "") + self._next(), False))
            else:
                self.at += 1
                pieces.append((char, True))
        if stop is not None:
            raise DataError("'}' is missing after '${'")
        return pieces

    def _single_quoted(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise DataError("a single quote is not closed")
        inside, self.at = self.text[self.at + 1 : end], end + 1
        return f"'{inside}'" if self.lexer.keep_quotes else inside

    def _double_quoted(self, depth: int) -> str:
        lexer = self.lexer
        mark = self._next() if lexer.keep_quotes else self._next()[:0]
        parts = [mark]
        while char := self._peek():
            if char == "$":
                parts.append(self._variable(depth))
                continue
            self.at += 1
            if char == '"':
                return "".join([*parts, mark])
            if char == lexer.escape:
                if lexer.keep_escapes:
                    parts.append(char)
                following = self._peek()
                if not following:
                    break
                if following in ('"', "$", lexer.escape):
                    char = self._next()
            parts.append(char)
        raise DataError("a double quote is not closed")

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
            raise DataError(f"variables are nested more than {_MAX_DEPTH} deep")
        lexer = self.lexer
        self.at += 1
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            return lexer.env.get(name, f"${name}" if lexer.keep_unset else "")
        self.at += 1
        name = self._name()
        operator = self._next()
        if not operator:
            raise DataError("'}' is missing after '${'")
        nameless = not name and operator in "{}:"
        if operator == "}" and name:
            return lexer.env.get(name, f"${{{name}}}" if lexer.keep_unset else "")
        empty_counts = operator == ":"
        modifier = self._next() if empty_counts else operator
        if nameless or not modifier or modifier not in _MODIFIERS:
            shown = f"${{{name}{':' if empty_counts else ''}{modifier}"
            raise DataError(f"{shown!r} is no substitution that Docker knows here; it knows :-, -, :+, +, :? and ?")
        word = "".join(piece for piece, _ in self.until("}", depth + 1))
        value = lexer.env.get(name)
        if value is None and lexer.keep_unset:
            return f"${{{name}{':' if empty_counts else ''}{modifier}{word}}}"
        missing = value is None or (empty_counts and not value)
        if modifier == "-":
            return word if missing else value or ""
        if modifier == "+":
            return "" if missing else word
        if missing:
            raise DataError(f"{name}: {word or 'must not be ' + ('unset' if value is None else 'empty')}")
        return value or ""
