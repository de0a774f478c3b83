"""Describes a comparison of files in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cacheview.layers.changes import Aspect, ChangeMark, FileChange, change_in_words, changed_aspects
from cacheview.replay.causes import FileCause, FileCauseKind, unexplained
from cacheview.replay.file_comparison import FileComparison, FileEvidence
from cacheview.wording import counted

__all__ = ["evidence_in_words", "in_words", "sentences"]

_MAX_CHANGES: Final = 5
_MAX_PATH_CHARACTERS: Final = 200


def sentences(comparison: FileComparison) -> tuple[str, ...]:
    """Return sentences about the files: which differ, why, what to do, and how certain it is."""
    return tuple(_sentences(comparison))


def _sentences(comparison: FileComparison) -> Iterator[str]:
    title = comparison.image.title
    differ = f"The files differ from those that {title} was built from"
    if comparison.evidence is FileEvidence.NOT_READABLE:
        yield f"{differ}, but cacheview cannot tell which ones: {comparison.reason}."
        if comparison.remedy:
            yield f"To find out: {comparison.remedy}."
        yield from comparison.since
        return
    words = in_words(comparison.changes, comparison.causes)
    by_client = next((cause for cause in comparison.causes if cause.kind is FileCauseKind.CLIENT), None)
    if by_client is not None and len(comparison.causes) == 1 and not any(unexplained(comparison.changes, [by_client])):
        assert comparison.client is not None
        others = " or ".join(client.title for client in comparison.senders)
        yield (
            f"The files are the same as those that {title} was built from, but for that image, they were sent by a "
            f"different client ({others}). {comparison.client.title} sends different headers, which are part of the "
            f"checksum. {by_client.advice}"
        )
    elif words:
        likely = "likely " if comparison.evidence is FileEvidence.LIKELY else ""
        yield f"The files {likely}differ from those that {title} was built from: {words}."
        yield from dict.fromkeys(cause.advice for cause in comparison.causes if cause.advice)
    elif any(Aspect.HEADER in change.aspects for change in comparison.changes):
        yield f"{differ} only in their headers."
    elif comparison.evidence is FileEvidence.PROVEN:
        yield f"{differ}: they are in a different order, or come from different sources."
    else:
        yield f"There are no known differences from the files that {title} was built from."
    yield f"{evidence_in_words(comparison)}."


def evidence_in_words(comparison: FileComparison) -> str:
    """Return how certain the comparison is and why: ``Proven: …``."""
    word = comparison.evidence.value
    return f"{word[:1].upper()}{word[1:]}: {comparison.reason}"


def in_words(changes: Sequence[FileChange], causes: Iterable[FileCause]) -> str:
    """Return the differences as a phrase: causes, then single files; the rest is counted.

    Empty if only headers differ.
    """
    causes = tuple(causes)
    results = [f"{_path(cause.subject)}: {cause.phrase}" for cause in causes]
    added, removed = ChangeMark.ADDED, ChangeMark.REMOVED
    left = [change for change in unexplained(changes, causes) if change.aspects != (Aspect.HEADER,)]
    changed = [change for change in left if change.mark not in (added, removed)]
    results += map(_changed, changed[:_MAX_CHANGES])
    for mark in (added, removed):
        results += _in_folders([change for change in left if change.mark is mark], mark)
    further = len(results) + len(changed[_MAX_CHANGES:]) - _MAX_CHANGES
    return "; ".join(results[:_MAX_CHANGES]) + (f"; and {further:,} more" if further > 0 else "")


def _changed(change: FileChange) -> str:
    if change.mark is ChangeMark.CHANGED and not changed_aspects(change):
        return f"{_path(change.path)} differs"
    return f"{_path(change.path)}: {change_in_words(change)}"


def _in_folders(changes: Sequence[FileChange], mark: ChangeMark) -> Iterator[str]:
    """Yield files that were added or removed. If their folder was too, they are counted with the folder."""
    paths = {change.path for change in changes}
    inside: dict[str, int] = {}
    for path in paths:
        top = path
        while top.rpartition("/")[0] in paths:
            top = top.rpartition("/")[0]
        if top != path:
            inside[top] = inside.get(top, 0) + 1
    for change in changes:
        if change.path.rpartition("/")[0] in paths:
            continue
        count = inside.get(change.path, 0)
        more = f", with {counted(count, 'file')} in it" if count else ""
        yield f"{_path(change.path)}{'/' if count else ''} was {mark.value}{more}"


def _path(path: str) -> str:
    return path[:_MAX_PATH_CHARACTERS]
