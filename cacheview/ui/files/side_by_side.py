"""Both versions of a file, line by line and side by side. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from cacheview.layers.changes import FileChange, change_in_words
from cacheview.ui.plain import one_line, visible

__all__ = ["SideBySide", "side_by_side"]

_MAX_LINES: Final = 4000
_MAX_LINE_CHARACTERS: Final = 500


@dataclass(frozen=True)
class SideBySide:
    """Two texts, with equal lines next to each other.

    Attributes:
        path: path of the file.
        problem: why there are no texts; empty: there are.
        before, now: the lines; both sides have the same number of them.
        marked: the numbers of the lines that differ, from 0.
        note: a note about omitted parts; may be empty.
    """

    path: str
    problem: str = ""
    before: tuple[str, ...] = ()
    now: tuple[str, ...] = ()
    marked: frozenset[int] = frozenset()
    note: str = ""


def side_by_side(
    change: FileChange, before: bytes | None, now: bytes | None, problem: str = "", *, limit: int
) -> SideBySide:
    """Compare two versions of a file, of which at most ``limit`` bytes each are shown."""
    name = one_line(change.path)
    if before is None and now is None:
        return SideBySide(change.path, problem or f"{name} has no content: {change_in_words(change)}.")
    texts = [_text(data, limit) for data in (before, now)]
    if any(text is None for text in texts):
        return SideBySide(change.path, f"{name} is not text: {change_in_words(change)}.")
    is_cut = any(data is not None and len(data) > limit for data in (before, now))
    lines = [text.split("\n") if text else [] for text in texts if text is not None]
    is_cut = is_cut or any(len(each) > _MAX_LINES for each in lines)
    old, new, marked = _aligned(*(each[:_MAX_LINES] for each in lines))
    note = f"Only the beginning is shown. {problem}" if is_cut else problem
    return SideBySide(change.path, "", tuple(old), tuple(new), frozenset(marked), note.strip())


def _text(data: bytes | None, limit: int) -> str | None:
    """Return the text; None: it is not text. A character that is incomplete at the cut is dropped."""
    if data is None:
        return ""
    if b"\0" in data:
        return None
    try:
        return data[:limit].decode("utf-8", "ignore" if len(data) > limit else "strict")
    except UnicodeDecodeError:
        return None


def _aligned(before: list[str], now: list[str]) -> tuple[list[str], list[str], list[int]]:
    old: list[str] = []
    new: list[str] = []
    marked: list[int] = []
    for tag, first, last, begin, end in SequenceMatcher(None, before, now, autojunk=True).get_opcodes():
        count = max(last - first, end - begin)
        if tag != "equal":
            marked += range(len(old), len(old) + count)
        old += [*map(_line, before[first:last]), *[""] * (count - (last - first))]
        new += [*map(_line, now[begin:end]), *[""] * (count - (end - begin))]
    return old, new, marked


def _line(text: str) -> str:
    """Return a line as it is shown, with a visible sign for a carriage return at its end."""
    return visible(text[:_MAX_LINE_CHARACTERS].replace("\t", "    "))
