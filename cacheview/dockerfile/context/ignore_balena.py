"""``.dockerignore`` as read by @balena/dockerignore, which dockerode and testcontainers-node use.

Facts from @balena/dockerignore 1.0.2 ``ignore.js``: the matcher of Docker 19.03, with JavaScript's regular expressions,
except that a pattern that contains the name ``**`` is tried on every folder above a path.
"""

from __future__ import annotations

import re

from cacheview.dockerfile.context.gopath import clean
from cacheview.dockerfile.context.linear import LastMatch, check_linear, literal, one_of
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError

__all__ = ["BalenaPatterns"]

_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_ANY = r"[^\n\r\x{2028}\x{2029}]"
_CLASSES = {"d": "[0-9]", "D": "[^0-9]", "w": "[0-9A-Za-z_]", "W": "[^0-9A-Za-z_]", "b": r"\b", "B": r"\B"}
_SPACE_CLASS = [(char, char) for char in _SPACE]
_LETTERS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_QUANTIFIER = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")


class BalenaPatterns:
    """The patterns of a ``.dockerignore`` file."""

    def __init__(self, data: bytes) -> None:
        """Read the content of the file.

        Raises `BuildRefusedError` if JavaScript cannot compile a pattern, which makes the client fail.
        """
        lines = re.split("\r?\n", data.decode("utf-8", "replace"))
        self._rules = [rule for line in lines if (rule := _rule(line)) is not None]
        self._matches = LastMatch([rule.expression() for rule in self._rules], self._applies_at_depth, replaces=False)

    def leaves_out(self, path: str) -> bool:
        """Return whether a path is ignored (``_test``)."""
        last = self._matches.last(_units(path))
        return last >= 0 and not self._rules[last].negative

    def _applies_at_depth(self, number: int, depth: int) -> bool:
        """Return whether a pattern applies to folders of this depth.

        A pattern with ``**`` applies to all folders that are deep enough, any other to a single depth.
        """
        names = self._rules[number].names
        return depth >= sum(name != "**" for name in names) if "**" in names else depth == len(names)


class _Rule:
    def __init__(self, pattern: str, *, negative: bool) -> None:
        self.pattern = pattern
        self.negative = negative
        self.names = pattern.split("/")

    def expression(self) -> str:
        """Return the regular expression for RE2."""
        try:
            expression = _Translation(_expression(self.pattern)).expression()
            check_linear(expression)
        except ValueError as error:
            raise BuildRefusedError(
                f"@balena/dockerignore cannot read the pattern {self.pattern[:80]!r}: {error}", where=".dockerignore"
            ) from None
        return expression


def _rule(line: str) -> _Rule | None:
    if not line or line.startswith("#") or not line.strip(_SPACE):
        return None
    pattern = line.strip(_SPACE)
    negative = pattern.startswith("!")
    pattern = pattern[1:].strip(_SPACE) if negative else pattern
    if pattern:
        pattern = _clean(pattern)
        pattern = pattern[1:] if len(pattern) > 1 and pattern.startswith("/") else pattern
    pattern = ("!" + pattern if negative else pattern).strip(_SPACE)
    if not pattern:
        return None
    pattern = _clean(pattern)
    negative = pattern.startswith("!")
    if pattern == "!":
        return None
    return _Rule(pattern.removeprefix("!"), negative=negative)


def _clean(pattern: str) -> str:
    """``path.normalize`` of Node.js, without a slash at the end."""
    return clean(pattern)


def _units(text: str) -> str:
    """Return a text as JavaScript counts it: in UTF-16 units."""
    if all(char < "\U00010000" for char in text):
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(int.from_bytes(data[at : at + 2], "little")) for at in range(0, len(data), 2))


def _expression(pattern: str) -> str:
    """Return JavaScript's regular expression for a pattern (``_compile``)."""
    out, at = ["^"], 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*" and pattern[at : at + 1] == "*":
            at += 1
            at += pattern[at : at + 1] == "/"
            out.append(".*" if at >= len(pattern) else "(.*/)?")
        elif char in "*?":
            out.append("[^/]*" if char == "*" else "[^/]")
        elif char in ".$":
            out.append("\\" + char)
        elif char == "\\":
            out.append("\\" + pattern[at : at + 1])
            at += 1
        else:
            out.append(char)
    return "".join([*out, "$"])


class _Translation:
    """Translates a JavaScript regular expression without flags to RE2.

    It supports only results of `_expression`.
    """

    def __init__(self, text: str) -> None:
        self.text = _units(text)
        self.at = 0

    def expression(self) -> str:
        out: list[str] = []
        is_assertion = True  # JavaScript does not repeat it
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "*+?" or (char == "{" and _QUANTIFIER.match(self.text, self.at)):
                if is_assertion:
                    raise ValueError("nothing to repeat")
                out.append(self._quantifier())
                is_assertion = True
                continue
            self.at += 1
            is_assertion = char in "^$(|"
            if char == "\\":
                out.append(self._escape())
                is_assertion = out[-1] in (r"\b", r"\B")
            elif char == "[":
                out.append(self._class())
            elif char == ".":
                out.append(_ANY)
            elif char in "^$()|":
                out.append({"(": "(?:", "$": "$"}.get(char, char))
            else:
                out.append(literal(char))
        return "".join(out)

    def _quantifier(self) -> str:
        match = _QUANTIFIER.match(self.text, self.at)
        text = match[0] if match else self.text[self.at]
        self.at += len(text)
        return text

    def _escape(self) -> str:
        char = self.text[self.at : self.at + 1]
        if not char:
            raise ValueError("\\ at end of pattern")
        if char in _CLASSES:
            self.at += 1
            return _CLASSES[char]
        if char in "sS":
            self.at += 1
            return one_of(_SPACE_CLASS, negated=char == "S")
        return literal(self._escaped())

    def _escaped(self) -> str:
        """Return the character that an escape stands for."""
        char = self.text[self.at]
        self.at += 1
        if char in _LETTERS:
            return _LETTERS[char]
        if char.isdigit() and char.isascii():
            if char == "0" and not self.text[self.at : self.at + 1].isdigit():
                return "\0"
            raise UnknownError(f"the pattern {self.text[:80]!r} has a back-reference, which cacheview does not support")
        if char == "c" and self.text[self.at : self.at + 1].isalpha():
            self.at += 1
            return chr(ord(self.text[self.at - 1]) % 32)
        for name, count in (("x", 2), ("u", 4)):
            digits = self.text[self.at : self.at + count]
            if char == name and len(digits) == count and all(digit in "0123456789abcdefABCDEF" for digit in digits):
                self.at += count
                return chr(int(digits, 16))
        return char

    def _class(self) -> str:
        negated = self.text[self.at : self.at + 1] == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        while self.text[self.at : self.at + 1] != "]":
            low = self._class_character()
            high = low
            if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                high = self._class_character()
            if high < low:
                raise ValueError("range out of order in character class")
            ranges.append((low, high))
        self.at += 1
        return one_of(ranges, negated=negated)

    def _class_character(self) -> str:
        char = self.text[self.at : self.at + 1]
        self.at += 1
        if not char:
            raise ValueError("unterminated character class")
        if char != "\\":
            return char
        following = self.text[self.at : self.at + 1]
        if not following:
            raise ValueError("unterminated character class")
        if following in "dDwWsS":
            raise UnknownError(
                f"the pattern {self.text[:80]!r} has a nested character class, which cacheview does not support"
            )
        if following == "b":
            self.at += 1
            return "\b"
        return self._escaped()
