"""Go's ``filepath.Match``: the wildcards of ``COPY`` and ``ADD``, and the syntax check of ``.dockerignore``.

Facts from Go's ``path/filepath``: ``*`` and ``?`` do not match a slash, a class does; a ``*`` takes as little as lets
the piece after it match and is not tried again; everything works on bytes, of which a class and ``?`` take one
character at a time.
"""

from __future__ import annotations

from cacheview.dockerfile.context.gopath import raw

__all__ = ["Glob", "has_wildcards"]

_SLASH = 0x2F
_REPLACEMENT = 0xFFFD


def has_wildcards(path: str) -> bool:
    """Whether the builder takes a source as a pattern (``containsWildcards``). An escape alone makes none."""
    at = 0
    while at < len(path):
        if path[at] == "\\":
            at += 1
        elif path[at] in "*?[":
            return True
        at += 1
    return False


def _rune(data: bytes, at: int) -> tuple[int, int]:
    """The character at a place and its width; for a byte that is none U+FFFD and 1."""
    first = data[at]
    if first < 0x80:
        return first, 1
    width = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    try:
        return ord(data[at : at + width].decode()), width
    except (UnicodeDecodeError, TypeError):
        return _REPLACEMENT, 1


class _Class:
    """``[a-z]``."""

    def __init__(self, negated: bool, ranges: list[tuple[int, int]]) -> None:
        self.negated = negated
        self.ranges = ranges

    def has(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.ranges) != self.negated


_Item = int | _Class | None  # a byte, a class, any character


class Glob:
    """A pattern.

    Attributes:
        bad: it is malformed, and matches nothing.
    """

    def __init__(self, pattern: str) -> None:
        self._pieces: list[tuple[bool, list[_Item]]] = []
        self.bad = False
        try:
            self._parse(raw(pattern))
        except ValueError:
            self.bad = True
        first_star, first = self._pieces[0] if self._pieces else (False, [])
        head = bytearray()
        for item in [] if first_star else first:
            if not isinstance(item, int):
                break
            head.append(item)
        self._head = bytes(head)

    def matches(self, path: str) -> bool:
        """Whether the pattern matches the whole path."""
        name = raw(path)
        if self.bad or not name.startswith(self._head):
            return False
        at = 0
        for number, (star, items) in enumerate(self._pieces):
            last = number == len(self._pieces) - 1
            if star and not items:
                return _SLASH not in name[at:]
            end = self._piece(items, name, at)
            if end is not None and (not last or end == len(name)):
                at = end
                continue
            if not star:
                return False
            skipped = at
            while skipped < len(name) and name[skipped] != _SLASH:
                skipped += 1
                end = self._piece(items, name, skipped)
                if end is not None and (not last or end == len(name)):
                    at = end
                    break
            else:
                return False
        return at == len(name)

    @staticmethod
    def _piece(items: list[_Item], name: bytes, at: int) -> int | None:
        """Where the piece ends that starts at a place; None: it does not match there."""
        for item in items:
            if at >= len(name):
                return None
            if isinstance(item, int):
                if name[at] != item:
                    return None
                at += 1
                continue
            code, width = _rune(name, at)
            if code == _SLASH and item is None:
                return None
            if item is not None and not item.has(code):
                return None
            at += width
        return at

    def _parse(self, pattern: bytes) -> None:
        star, items, at = False, list[_Item](), 0
        while at < len(pattern):
            char = pattern[at : at + 1]
            at += 1
            if char == b"*":
                if items or not star:
                    if items:
                        self._pieces.append((star, items))
                    star, items = True, []
            elif char == b"?":
                items.append(None)
            elif char == b"[":
                found, at = self._class(pattern, at)
                items.append(found)
            elif char == b"\\":
                if at >= len(pattern):
                    raise ValueError("a backslash at the end")
                items.append(pattern[at])
                at += 1
            else:
                items.append(char[0])
        if items or star:
            self._pieces.append((star, items))

    def _class(self, pattern: bytes, at: int) -> tuple[_Class, int]:
        negated = pattern[at : at + 1] == b"^"
        at += negated
        ranges: list[tuple[int, int]] = []
        while not (ranges and pattern[at : at + 1] == b"]"):
            low, at = self._class_rune(pattern, at)
            high = low
            if pattern[at : at + 1] == b"-":
                high, at = self._class_rune(pattern, at + 1)
            ranges.append((low, high))
        return _Class(negated, ranges), at + 1

    @staticmethod
    def _class_rune(pattern: bytes, at: int) -> tuple[int, int]:
        if pattern[at : at + 1] in (b"", b"-", b"]"):
            raise ValueError("a class that is not closed")
        if pattern[at : at + 1] == b"\\":
            at += 1
        if at >= len(pattern):
            raise ValueError("a class that is not closed")
        code, width = _rune(pattern, at)
        if code == _REPLACEMENT and width == 1:
            raise ValueError("bytes that are no character")
        if at + width >= len(pattern):
            raise ValueError("a class that is not closed")
        return code, at + width
