"""Go's ``filepath.Match``: the wildcards of ``COPY`` and ``ADD``, and the syntax check of ``.dockerignore``.

Facts from Go's ``path/filepath``: ``*`` and ``?`` do not match a slash, but a class does. A ``*`` matches as little as
is necessary for the next piece to match, without backtracking. Everything works on bytes, except that a class and ``?``
match one character at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

from cacheview.dockerfile.context.gopath import raw

__all__ = ["Glob", "has_wildcards"]

_SLASH, _STAR, _ANY, _OPENING, _CLOSING, _ESCAPE = b"/*?[]\\"
_REPLACEMENT_CODE = 0xFFFD


def has_wildcards(path: str) -> bool:
    """Return whether the builder treats a source as a pattern (``containsWildcards``).

    An escape alone is not enough.
    """
    at = 0
    while at < len(path):
        if path[at] == "\\":
            at += 1
        elif path[at] in "*?[":
            return True
        at += 1
    return False


def _rune(data: bytes, at: int) -> tuple[int, int]:
    """Return the character at an index and its width; for an invalid byte, U+FFFD and 1."""
    first = data[at]
    if first < 0x80:
        return first, 1
    width = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    try:
        return ord(data[at : at + width].decode()), width
    except (UnicodeDecodeError, TypeError):
        return _REPLACEMENT_CODE, 1


class _Class:
    """A character class, such as ``[a-z]``."""

    def __init__(self, negated: bool, ranges: list[tuple[int, int]]) -> None:
        self.negated = negated
        self.ranges = ranges

    def has(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.ranges) != self.negated


_Item = int | _Class | None  # a byte, a class, any character


class _Piece:
    """The items between two stars.

    Attributes:
        star: whether a star precedes it.
        items: None if it is malformed.
    """

    def __init__(self, star: bool, text: bytes) -> None:
        self.star = star
        self.items: list[_Item] | None
        try:
            self.items = list(_items(text))
        except ValueError:
            self.items = None

    def end(self, name: bytes, at: int) -> int | None:
        """Return the end of a match that starts at an index; None if there is none.

        Raises `ValueError` if the piece is malformed.
        """
        if self.items is None:
            raise ValueError("syntax error in pattern")
        for item in self.items:
            if at >= len(name):
                return None
            if isinstance(item, int):
                if name[at] != item:
                    return None
                at += 1
                continue
            code, width = _rune(name, at)
            if (code == _SLASH) if item is None else not item.has(code):
                return None
            at += width
        return at


class Glob:
    """A pattern. A malformed part of it matters only when it is reached."""

    def __init__(self, pattern: str) -> None:
        self._pieces = [_Piece(star, text) for star, text in _split_at_stars(raw(pattern))]
        first = self._pieces[0] if self._pieces else None
        head = bytearray()
        for item in (first.items or ()) if first is not None and not first.star else ():
            if not isinstance(item, int):
                break
            head.append(item)
        self._head = bytes(head)

    def is_refused(self) -> bool:
        """Return whether Docker's matcher refuses the pattern, which it first tries on ``.``."""
        try:
            self._match(b".")
        except ValueError:
            return True
        return False

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches the whole path. A malformed one does not."""
        name = raw(path)
        try:
            return name.startswith(self._head) and self._match(name)
        except ValueError:
            return False

    def _match(self, name: bytes) -> bool:
        at = 0
        for number, piece in enumerate(self._pieces):
            if piece.star and piece.items == []:
                return _SLASH not in name[at:]
            result = self._first_end(piece, name, at, last=number == len(self._pieces) - 1)
            if result is None:
                return False
            at = result
        return at == len(name)

    @staticmethod
    def _first_end(piece: _Piece, name: bytes, at: int, *, last: bool) -> int | None:
        """Return the end of the first match of the piece."""
        while True:
            end = piece.end(name, at)
            if end is not None and (not last or end == len(name)):
                return end
            if not piece.star or at >= len(name) or name[at] == _SLASH:
                return None
            at += 1


def _split_at_stars(pattern: bytes) -> Iterator[tuple[bool, bytes]]:
    """Yield the pieces between stars. Stars in brackets are not special."""
    at = 0
    while at < len(pattern):
        start = at
        while at < len(pattern) and pattern[at] == _STAR:
            at += 1
        star, start, in_class = at > start, at, False
        while at < len(pattern) and (in_class or pattern[at] != _STAR):
            char = pattern[at]
            in_class = char == _OPENING or (in_class and char != _CLOSING)
            at += 2 if char == _ESCAPE and at + 1 < len(pattern) else 1
        yield star, pattern[start:at]


def _items(text: bytes) -> Iterator[_Item]:
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == _ANY:
            yield None
        elif char == _OPENING:
            result, at = _class(text, at)
            yield result
        else:
            if char == _ESCAPE:
                if at >= len(text):
                    raise ValueError("a backslash at the end")
                char = text[at]
                at += 1
            yield char


def _class(text: bytes, at: int) -> tuple[_Class, int]:
    negated = text[at : at + 1] == b"^"
    at += negated
    ranges: list[tuple[int, int]] = []
    while not (ranges and text[at : at + 1] == b"]"):
        low, at = _class_rune(text, at)
        high = low
        if text[at : at + 1] == b"-":
            high, at = _class_rune(text, at + 1)
        ranges.append((low, high))
    return _Class(negated, ranges), at + 1


def _class_rune(text: bytes, at: int) -> tuple[int, int]:
    if text[at : at + 1] in (b"", b"-", b"]"):
        raise ValueError("an unclosed character class")
    if text[at] == _ESCAPE:
        at += 1
    if at >= len(text):
        raise ValueError("an unclosed character class")
    code, width = _rune(text, at)
    if code == _REPLACEMENT_CODE and width == 1:
        raise ValueError("bytes that are not a valid character")
    if at + width >= len(text):
        raise ValueError("an unclosed character class")
    return code, at + width
