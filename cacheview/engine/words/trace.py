"""The notes of a trace on stages, candidates, sources and checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cacheview.engine.field_comparison import Element
from cacheview.model import Image
from cacheview.platforms.step import NoteKind, PlatformNote
from cacheview.wording import counted, plural

__all__ = [
    "ABSENT_CONFIG",
    "ASKS_ANSWER",
    "ASKS_ANSWER_FOREVER",
    "BUILT_HERE",
    "CYCLE_OF_PARENTS",
    "FROM_HISTORY",
    "LAYERS_OF_PARENT",
    "LOCAL_COUNTS",
    "MORE_ENTRIES",
    "NEVER_REACHED",
    "NEVER_WITHOUT_TIME",
    "NOT_FEWER_LAYERS",
    "NOT_LOOKED_UP",
    "NO_LOCAL_ANSWER",
    "NO_MATCH_BEFORE",
    "ONE_ENTRY_MORE",
    "ONE_LAYER_MORE",
    "OTHER_ZONE",
    "PARENT_MISSING_IS_ERROR",
    "PARENT_OF_OTHER_PLATFORM",
    "SCRATCH",
    "TIME_UNKNOWN",
    "UNKNOWN_CONFIG",
    "YEAR_ONE",
    "any_history_matches",
    "candidates",
    "command_entry",
    "counting_source",
    "cycle_of_source",
    "element",
    "entries_of_parent",
    "entry_differs",
    "local_answer_ignored",
    "matched_before",
    "matching_source",
    "next_step",
    "next_steps",
    "own_parent",
    "parent_missing",
    "platform_note",
    "replaced_by",
    "source_matches",
    "sources_of",
    "unread_value",
]

# Candidates of the local cache

ABSENT_CONFIG: Final = "the store has no container config for this image, so the config is treated as empty"
UNKNOWN_CONFIG: Final = "the store does not report the container config of this image"
FROM_HISTORY: Final = "from the image's last history entry, which the engine derives from the container config's Cmd"
YEAR_ONE: Final = "no time is recorded, so the time is treated as year 1"
TIME_UNKNOWN: Final = "the store does not report when this image was created"
NEVER_WITHOUT_TIME: Final = "an image without a creation time never matches"
NO_MATCH_BEFORE: Final = "no earlier match"
BUILT_HERE: Final = "recorded as built here"


def element(part: Element) -> str:
    """Return the note on an element of a config field; usually empty."""
    if part.matches is None:
        return "only the image's keys are looked up"
    return "this key is not in the probe, so its value is treated as empty" if part.reads_as_empty else ""


def candidates(count: int, matching: int, unknown: int) -> str:
    """Return how many candidates there are, how many match, and for how many this is not known."""
    text = f"{counted(count, 'candidate')}, {matching or 'no'} {plural(max(matching, 1), 'match', 'matches')}"
    return f"{text}, {unknown} unknown" if unknown else text


def replaced_by(newer: Image) -> str:
    """Explain that a match is not the answer because a newer one exists."""
    return f"replaced by {newer.short_id}, which is newer"


def matched_before(image: Image) -> str:
    """Explain that another match precedes this one."""
    return f"{image.short_id} matched earlier; only a strictly newer image replaces it"


def unread_value(value: object) -> str:
    """Explain that the image's JSON has a value that the store does not read."""
    return f"the image's JSON contains {value!r}, which the daemon does not read in this kind of store"


# Platforms

_PLATFORM_NOTES: Final[Mapping[NoteKind, str]] = {
    NoteKind.WRITTEN: "written as {value!r}",
    NoteKind.NOT_RECORDED: "not recorded",
    NoteKind.UNKNOWN_BUILDER: "{value} is unknown, so it matches nothing, not even itself",
    NoteKind.IGNORED_FEATURE: "win32k is ignored",
    NoteKind.ANY_VERSION: "a builder without a full version matches every version",
    NoteKind.NO_VERSION: "an image without a version runs everywhere",
    NoteKind.NOT_FULL_VERSION: "not a full version, so it is treated as 0.0.0",
    NoteKind.COMPARED_AS: "compared as {value} and {other}",
    NoteKind.OVERWRITTEN: "{value}, with its third and later parts taken from the builder's version",
}


def platform_note(note: PlatformNote | None) -> str:
    """Return a note in words; empty for none."""
    return "" if note is None else _PLATFORM_NOTES[note.kind].format(value=note.value, other=note.other)


# Sources of --cache-from, and whether the local match counts

NO_LOCAL_ANSWER: Final = "the local cache has no match"
ASKS_ANSWER: Final = "the source does not record a parent, so the daemon checks the local match's own parent"
ASKS_ANSWER_FOREVER: Final = (
    "neither the source nor the local match records a parent, so the daemon recurses until its stack overflows"
)
CYCLE_OF_PARENTS: Final = "the parents form a cycle, so the daemon recurses until its stack overflows"


def sources_of(sources: int, references: int) -> str:
    """Return how many sources the references bring in."""
    return f"{counted(sources, 'source')} from {counted(references, 'reference')}"


def local_answer_ignored(answer: Image, kin: str, *, unknown: bool) -> str:
    """Explain that no source is built on the local match; with ``unknown``, that none is known to be.

    ``kin``: "its parent" or "an ancestor".
    """
    if unknown:
        return f"no source is known to have {answer.short_id} as {kin}, so the local match might be ignored"
    return f"no source has {answer.short_id} as {kin}, so the local match is ignored"


def counting_source(source: Image, answer: Image, kin: str) -> str:
    """Explain that a source is built on the local match. ``kin``: "its parent" or "an ancestor"."""
    return f"{source.title} has {answer.short_id} as {kin}"


def cycle_of_source(source: Image) -> str:
    """Explain that the daemon loops forever because of a cycle."""
    return f"the parents of {source.title} form a cycle, so the daemon recurses until its stack overflows"


def own_parent(answer: Image) -> str:
    """Explain that the daemon loops forever because it checks the local match against itself."""
    return f"the daemon checks over and over whether {answer.short_id} is its own parent"


# Histories and layers

LOCAL_COUNTS: Final = "the local match is accepted"
NEVER_REACHED: Final = "the daemon never gets this far"
PARENT_MISSING_IS_ERROR: Final = "the parent is not in the store, which is an error with --cache-from"
PARENT_OF_OTHER_PLATFORM: Final = (
    "the parent is for a platform other than the builder's, which is an error with --cache-from"
)
MORE_ENTRIES: Final = "the source must have more entries than the parent"
NOT_FEWER_LAYERS: Final = "the source must have at least as many layers as the parent"
LAYERS_OF_PARENT: Final = "the parent's layers, compared with the source's first layers"
OTHER_ZONE: Final = "the same instant in different time zones; the daemon treats the two times as different"
NOT_LOOKED_UP: Final = "not looked up"
SCRATCH: Final = "FROM scratch is never looked up, so it is always a miss"
ONE_ENTRY_MORE: Final = "the image must have one more entry than the parent"
ONE_LAYER_MORE: Final = "the image must have one more layer than the parent, so a step without a layer never matches"


def source_matches(source: Image, *, creates_image: bool) -> str:
    """Explain that the history of a source continues with the step.

    ``creates_image``: whether the daemon creates an image of only this step.
    """
    return (
        f"{source.title} continues with this "
        f"command{', so a new image for this step is created' if creates_image else ''}"
    )


def matching_source(sources: int, unknown: int) -> str:
    """Explain that no source certainly matches. ``unknown`` is the number of sources that may."""
    return f"{counted(sources, 'source')}, {f'{unknown} may match' if unknown else 'no match'}"


def any_history_matches(*, has_parent: bool) -> str:
    """Explain that there is nothing to compare a source with."""
    why = "the parent has neither history nor layers" if has_parent else "there is no parent"
    return f"{why}, so any source with a history matches"


def entries_of_parent(other: str) -> str:
    """Return which entries are compared. ``other`` is their owner: the source or the image."""
    return f"the parent's entries, compared with the {other}'s first entries"


def entry_differs(number: int) -> str:
    """Return which entry is the first that differs. ``number`` counts from 0."""
    return f"entry {number} differs"


def command_entry(other: str, number: int) -> str:
    """Return which entry is compared. ``other`` is its owner: the source or the image; ``number`` counts from 0."""
    return f"the {other}'s entry {number}, compared with the words of the probe's Cmd joined by single spaces"


def next_step(image: Image) -> str:
    """Explain that the image is the answer."""
    return f"{image.title} is the next step"


def next_steps(count: int, role: str, unknown: int) -> str:
    """Explain that none of the candidates or sources is certainly the next step.

    ``unknown`` is the number that may be.
    """
    return f"{counted(count, role)}, {f'{unknown} may be the next step' if unknown else 'no next step'}"


def parent_missing(*, is_error: bool) -> str:
    """Explain that the parent is not in the store. ``is_error``: whether this is an error rather than a miss."""
    return f"the parent is not in the store, which is {'an error' if is_error else 'a miss'}"
