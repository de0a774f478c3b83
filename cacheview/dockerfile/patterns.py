r"""The patterns in ``${V#x}``, ``${V%x}`` and ``${V/x/y}``: ``*`` is any text, ``?`` any character, ``\`` an escape.

BuildKit's shell lexer turns a pattern into a regular expression, whose wildcards stop at the end of a line. Here, the
pieces between ``*`` are matched one by one: the earliest match of a piece leaves the most text for the next ones, so
no backtracking is needed.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["PatternError", "backwards", "replaced", "without_prefix", "without_suffix"]

_Pieces = list["re.Pattern[str]"]

_REFERENCE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


class PatternError(ValueError):
    """The pattern is invalid; the message is the lexer's reason."""


def without_prefix(value: str, pattern: str, *, greedy: bool) -> str:
    """Return the value without the shortest prefix that the pattern matches, or, if ``greedy``, the longest."""
    end = _end(_pieces(pattern), value, 0, greedy=greedy)
    return value if end is None else value[end:]


def without_suffix(value: str, pattern: str, *, greedy: bool) -> str:
    """Return the value without the shortest suffix that the pattern matches, or, if ``greedy``, the longest."""
    return without_prefix(value[::-1], backwards(pattern), greedy=greedy)[::-1]


def replaced(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """Return the value with the first, longest match of the pattern replaced, or with all matches replaced.

    If all are replaced, ``$0`` in the replacement stands for the match, as in Go's ``regexp``.
    """
    pieces = _pieces(pattern)
    done: list[str] = []
    at = copied_to = 0
    while at <= len(value):
        result = _search(pieces, value, at)
        if result is None:
            break
        start, end = result
        done.append(value[copied_to:start])
        if not everywhere:
            return "".join((*done, replacement, value[end:]))
        if end > copied_to or start == 0:  # an empty match right after a match does not count
            done.append(_expanded(replacement, value[start:end]))
        copied_to = end
        at = at + 1 if at + 1 > end else end
    return "".join(done) + value[copied_to:]


def _expanded(replacement: str, whole: str) -> str:
    def reference(result: re.Match[str]) -> str:
        if result[0] == "$$":
            return "$"
        return whole if "0" in (result[1], result[2]) else ""

    return _REFERENCE.sub(reference, replacement)


def _pieces(pattern: str) -> _Pieces:
    """Return the pieces between the ``*`` of a pattern, at least one."""
    texts = [""]
    chars = iter(pattern.removeprefix("\ufeff"))  # like Go's scanner
    for char in chars:
        if char == "*":
            texts.append("")
        elif char == "?":
            texts[-1] += "."
        elif char == "\\":
            char = next(chars, "\ufffd")
            if char not in "*?\\}/":
                raise PatternError(f"invalid escape '\\{char}'")
            texts[-1] += re.escape(char)
        else:
            texts[-1] += re.escape(char)
    return [re.compile(text) for text in texts]


def backwards(pattern: str) -> str:
    """Return the pattern reversed, with each backslash still before the same character."""
    return "".join(reversed(re.findall(r"\\.|.", pattern, re.DOTALL)))


def _end(pieces: _Pieces, text: str, start: int, *, greedy: bool) -> int | None:
    """Return the end of the match that starts at an index; None if there is none."""
    first, *others = pieces
    match = first.match(text, start)
    for number, piece in enumerate(others, 1):
        if match is None:
            return None
        at = match.end()
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        if greedy and number == len(others):
            places = (piece.match(text, place) for place in range(line_end, at - 1, -1))
            match = next(filter(None, places), None)
        else:
            match = piece.search(text, at)
            if match is not None and match.start() > line_end:
                return None
    return None if match is None else match.end()


def _search(pieces: _Pieces, text: str, at: int) -> tuple[int, int] | None:
    """Return the first match at or after an index, with the farthest end."""
    while at <= len(text):
        match = pieces[0].search(text, at)
        if match is None:
            return None
        start = match.start()
        end = _end(pieces, text, start, greedy=True)
        if end is not None:
            return start, end
        # If it does not match here, it does not match later in this line either.
        line_end = text.find("\n", start)
        if line_end < 0:
            return None
        at = line_end + 1
    return None
