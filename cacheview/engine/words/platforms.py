"""The notes of a comparison of platforms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cacheview.platforms.step import NoteKind, PlatformNote

__all__ = ["platform_note"]

_NOTES: Final[Mapping[NoteKind, str]] = {
    NoteKind.WRITTEN: "written {value!r}",
    NoteKind.NOT_RECORDED: "not recorded",
    NoteKind.UNKNOWN_BUILDER: "{value} is unknown: it matches nothing, not even itself",
    NoteKind.IGNORED_FEATURE: "win32k is ignored",
    NoteKind.ANY_VERSION: "a builder without a full version matches every version",
    NoteKind.NO_VERSION: "an image without a version runs everywhere",
    NoteKind.NOT_FULL_VERSION: "not a full version: counts as 0.0.0",
    NoteKind.COMPARED_AS: "compared as {value} and {other}",
    NoteKind.OVERWRITTEN: "{value}, with the third and later parts from the builder's version",
}


def platform_note(note: PlatformNote | None) -> str:
    """A note in words; empty for none."""
    return "" if note is None else _NOTES[note.kind].format(value=note.value, other=note.other)
