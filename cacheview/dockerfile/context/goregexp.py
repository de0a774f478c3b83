"""Go's regular expressions (RE2 syntax), compiled for Python's `re`: what ``.dockerignore`` patterns turn into.

Facts from Go's ``regexp/syntax``, as ``regexp.Compile`` uses it (Perl flags). Only what a pattern can contain: there
are no groups with ``(?``. The differences that count: ``$`` is the end of the text, ``{`` without a count is a
character, a repeated repetition is an error, ``\\s`` has no vertical tab, classes know ``[:alpha:]``.
"""

from __future__ import annotations

import re
import string

from cacheview.dockerfile.context.notknown import NotKnownError

__all__ = ["compile_go"]

_COUNT = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}")
_MOST_REPEATS = 1000
_ASSERTIONS = {"A": r"(?:\A)", "z": r"(?:\Z)", "b": r"(?:\b)", "B": r"(?:\B)"}
_PERL = {"d": "0-9", "D": r"\D", "s": r"\t\n\f\r ", "S": r"\S\x0b", "w": "0-9A-Za-z_", "W": r"\W"}
_LETTERS = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_POSIX_INVERSE = {
    "alnum": r"\x00-/:-@\[-`{-\U0010ffff",
    "alpha": r"\x00-@\[-`{-\U0010ffff",
    "ascii": r"\x80-\U0010ffff",
    "blank": r"\x00-\x08\x0a-\x1f!-\U0010ffff",
    "cntrl": r" -~\x80-\U0010ffff",
    "digit": r"\x00-/:-\U0010ffff",
    "graph": r"\x00- \x7f-\U0010ffff",
    "lower": r"\x00-`{-\U0010ffff",
    "print": r"\x00-\x1f\x7f-\U0010ffff",
    "punct": r"\x00- 0-9A-Za-z\x7f-\U0010ffff",
    "space": r"\x00-\x08\x0e-\x1f!-\U0010ffff",
    "upper": r"\x00-@\[-\U0010ffff",
    "word": r"\x00-/:-@\[-^`{-\U0010ffff",
    "xdigit": r"\x00-/:-@G-`g-\U0010ffff",
}


def compile_go(pattern: str) -> re.Pattern[str]:
    """The expression for Python.

    Raises:
        ValueError: Go would refuse it.
        NotKnownError: it uses Unicode classes, which are not told apart here.
    """
    try:
        return re.compile(_Translation(pattern).expression(), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error


class _Translation:
    """One pass over one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def expression(self) -> str:
        out: list[str] = []
        depth = 0
        repeatable = repeated = False
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "*+?" or (char == "{" and self._count() is not None):
                if not repeatable or repeated:
                    raise ValueError("a repetition of nothing, or of a repetition")
                out.append(self._repetition())
                repeated = True
                continue
            repeatable, repeated = True, False
            self.at += 1
            if char == "\\":
                out.append(self._escape())
                repeatable = bool(out[-1])
            elif char == "[":
                out.append(self._class())
            elif char == "(":
                depth += 1
                out.append("(?:")
                repeatable = False
            elif char == ")":
                depth -= 1
                if depth < 0:
                    raise ValueError("a ) without its (")
                out.append(")")
            elif char == "|":
                out.append("|")
                repeatable = False
            elif char == "^":
                out.append(r"(?:\A)")
            elif char == "$":
                out.append(r"(?:\Z)")
            elif char == ".":
                out.append(".")
            else:
                out.append(re.escape(char))
        if depth:
            raise ValueError("a ( without its )")
        return "".join(out)

    def _count(self) -> re.Match[str] | None:
        return _COUNT.match(self.text, self.at)

    def _repetition(self) -> str:
        count = self._count()
        if count is None:
            text = self.text[self.at]
            self.at += 1
        else:
            low, comma, high = count.groups()
            if max(int(low), int(high or 0)) > _MOST_REPEATS or (high and int(low) > int(high)):
                raise ValueError("a repetition out of bounds")
            text = f"{{{low}{comma or ''}{high or ''}}}"
            self.at = count.end()
        if self.text[self.at : self.at + 1] == "?":  # as few as possible: the same texts match
            self.at += 1
            text += "?"
        return text

    def _escape(self) -> str:
        """What follows a backslash, outside of a class."""
        char = self.text[self.at : self.at + 1]
        if char == "Q":
            end = self.text.find("\\E", self.at)
            quoted = self.text[self.at + 1 : end if end >= 0 else len(self.text)]
            self.at = end + 2 if end >= 0 else len(self.text)
            return re.escape(quoted)
        if char in _ASSERTIONS:
            self.at += 1
            return _ASSERTIONS[char]
        if char and char in "pP":
            raise NotKnownError(f"the pattern {self.text[:80]!r} uses a Unicode class, which is not told apart here")
        if char in _PERL:
            self.at += 1
            return f"[{_PERL[char]}]"
        return re.escape(chr(self._escaped()))

    def _escaped(self) -> int:
        """The character that an escape stands for."""
        char = self.text[self.at : self.at + 1]
        self.at += 1
        if not char:
            raise ValueError("a backslash at the end")
        following = self.text[self.at : self.at + 1]
        if char in string.octdigits and (char == "0" or (following and following in string.octdigits)):
            digits = char
            while len(digits) < 3 and following and following in string.octdigits:
                digits += following
                self.at += 1
                following = self.text[self.at : self.at + 1]
            return int(digits, 8)
        if char == "x":
            return self._hexadecimal()
        if char in _LETTERS:
            return _LETTERS[char]
        if char.isascii() and not char.isalnum():
            return ord(char)
        raise ValueError(f"no such escape: \\{char}")

    def _hexadecimal(self) -> int:
        braces = re.compile(r"\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2})").match(self.text, self.at)
        if braces is None:
            raise ValueError("no number after \\x")
        self.at = braces.end()
        code = int(braces[1] or braces[2], 16)
        if code > 0x10FFFF:
            raise ValueError("no such character")
        return code

    def _class(self) -> str:
        negated = self.text[self.at : self.at + 1] == "^"
        self.at += negated
        items: list[str] = []
        first = True
        while first or self.text[self.at : self.at + 1] != "]":
            first = False
            if self.at >= len(self.text):
                raise ValueError("a [ without its ]")
            items.append(self._named() or self._perl() or self._range())
        self.at += 1
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def _named(self) -> str:
        if not self.text.startswith("[:", self.at):
            return ""
        end = self.text.find(":]", self.at + 2)
        if end < 0:
            return ""
        name = self.text[self.at + 2 : end]
        table = _POSIX_INVERSE if name.startswith("^") else _POSIX
        if name.removeprefix("^") not in table:
            raise ValueError(f"no such class: {name}")
        self.at = end + 2
        return table[name.removeprefix("^")]

    def _perl(self) -> str:
        if self.text[self.at] != "\\":
            return ""
        char = self.text[self.at + 1 : self.at + 2]
        if char and char in "pP":
            raise NotKnownError(f"the pattern {self.text[:80]!r} uses a Unicode class, which is not told apart here")
        if char not in _PERL:
            return ""
        self.at += 2
        return _PERL[char]

    def _range(self) -> str:
        low = high = self._class_char()
        if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
            self.at += 1
            high = self._class_char()
            if high < low:
                raise ValueError("a range that ends before it begins")
        return f"\\U{low:08x}-\\U{high:08x}" if high > low else f"\\U{low:08x}"

    def _class_char(self) -> int:
        if self.at >= len(self.text):
            raise ValueError("a [ without its ]")
        char = self.text[self.at]
        self.at += 1
        return self._escaped() if char == "\\" else ord(char)
