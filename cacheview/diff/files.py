"""The files of a step on both sides: those that differ, and what these have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from cacheview.diff.senders import same_client
from cacheview.diff.side import BuildSide
from cacheview.dockerfile.context.entry import Entry
from cacheview.layers.changes import Aspect, ChangeMark, FileChange, FileState
from cacheview.layers.current_files import CurrentFiles
from cacheview.model import DataError
from cacheview.replay.causes import FileCause, FileCauseKind, causes_of, unexplained
from cacheview.replay.differences import FileDifferences, differences
from cacheview.replay.file_words import in_words

__all__ = ["CONTENT_UNKNOWN", "FileComparer", "FilesDiffer", "FilesUnknown"]

CONTENT_UNKNOWN: Final = "it is not known whether the content also differs"

_HEADER_ASPECTS = {Aspect.HEADER, Aspect.OWNER, Aspect.ATTRIBUTES, Aspect.UNKNOWN}
"""Aspects that a client determines, if content was not compared."""

_REVERSED_MARKS = {ChangeMark.ADDED: ChangeMark.REMOVED, ChangeMark.REMOVED: ChangeMark.ADDED}


@dataclass(frozen=True)
class FilesDiffer:
    """Two sets of files.

    Attributes:
        changes: every file by path, including equal ones: before is A, now is B.
        causes: causes that several files have in common.
        clients: the clients of A and B if the files differ only in what clients determine, as far as that could be
            compared; otherwise None.
        doubt: why the files are only likely those of the step; empty: they certainly are.
    """

    changes: tuple[FileChange, ...]
    causes: tuple[FileCause, ...] = ()
    clients: tuple[str, str] | None = None
    doubt: str = ""

    @property
    def by_client(self) -> bool:
        """Whether only the clients cause the differences."""
        return self.clients is not None

    @cached_property
    def differing(self) -> tuple[FileChange, ...]:
        """The files that differ."""
        return tuple([change for change in self.changes if change.mark is not ChangeMark.SAME])

    @property
    def words(self) -> str:
        """The differences as a phrase; empty if only headers differ."""
        left = unexplained(self.differing, self.causes, minor=Aspect.UNKNOWN)
        phrase = in_words(list(map(_without_not_compared, left)), self.causes)
        if phrase and any(_is_open(change.aspects) for change in self.differing):
            phrase = f"{phrase}; {CONTENT_UNKNOWN}"
        return f"{phrase}; this is likely but not proven: {self.doubt}" if phrase and self.doubt else phrase


@dataclass(frozen=True)
class FilesUnknown:
    """The reason why it is unknown which files of two steps differ.

    Attributes:
        reason: why.
        remedy: what would make it known; empty if nothing would.
    """

    reason: str
    remedy: str = ""

    @property
    def words(self) -> str:
        """Reason and remedy, as a phrase."""
        return f"{self.reason}. To find out: {self.remedy}" if self.remedy else self.reason


def _without_not_compared(change: FileChange) -> FileChange:
    """Return the change without the aspect "not compared", if another aspect is known to differ."""
    if not _is_open(change.aspects):
        return change
    return change._replace(aspects=tuple(each for each in change.aspects if each is not Aspect.UNKNOWN))


def _is_open(aspects: tuple[Aspect, ...]) -> bool:
    return len(aspects) > 1 and Aspect.UNKNOWN in aspects


class FileComparer:
    """Compares files of two sides by checksum and header, and by content if one side can be read.

    Results are kept: several steps usually copy the same files.
    """

    def __init__(self, a: BuildSide, b: BuildSide) -> None:
        self._a = a
        self._b = b
        self._changes: dict[tuple[str, str | None, str | None], FileChange] = {}
        self._line_ends: dict[str, str] = {}
        self._without_entry: dict[str, bool] = {}

    def differ(self, sums_a: Mapping[str, str], sums_b: Mapping[str, str]) -> FilesDiffer:
        """Compare some files, given their checksums by path."""
        paths = sorted({**sums_a, **sums_b})  # fast, since they are nearly in order
        keys = {path: (path, sums_a.get(path), sums_b.get(path)) for path in paths}
        unknown = [path for path, key in keys.items() if key[1] != key[2] and key not in self._changes]
        if unknown:
            compared = self._compared(_of(sums_a, unknown), _of(sums_b, unknown))
            self._changes.update((keys[change.path], change) for change in compared.changes)
            self._line_ends.update(compared.line_ends)
            self._without_entry.update(compared.without_entry)
        changes = tuple(self._changes.get(key) or FileChange(path, ChangeMark.SAME) for path, key in keys.items())
        differing = [change for change in changes if change.aspects or change.differs]
        line_ends = _of(self._line_ends, (change.path for change in differing))
        without_entry = _of(self._without_entry, (change.path for change in differing))
        causes = causes_of(differing, line_ends=line_ends, without_entry=without_entry)
        is_by_client = _is_by_client(self._a, self._b, changes, causes)
        return FilesDiffer(changes, causes, (self._a.client, self._b.client) if is_by_client else None)

    def _compared(self, sums_a: Mapping[str, str], sums_b: Mapping[str, str]) -> FileDifferences:
        a, b = self._a, self._b
        if a.has_content and not b.has_content:  # the content of A, compared with the sums of B
            result = _compared(b, a, sums_b, sums_a)
            return FileDifferences(tuple(map(_reversed, result.changes)), {}, {})
        return _compared(a, b, sums_a, sums_b)


_V = TypeVar("_V")


def _of(values: Mapping[str, _V], paths: Iterable[str]) -> dict[str, _V]:
    return {path: values[path] for path in paths if path in values}


def _compared(before: BuildSide, now: BuildSide, old: Mapping[str, str], new: Mapping[str, str]) -> FileDifferences:
    files = now.files if now.files is None or now.has_content else _HeadersOnly(now.files)
    try:
        if before.files is None:
            return differences(old, {}, new, files)
        return differences(old, before.files.headers(old), new, files, states=before.files.states(old))
    except DataError:  # they can no longer be read
        return differences(old, {}, new, None)


@dataclass(frozen=True)
class _HeadersOnly:
    """Files whose content cannot be read: those of a record."""

    files: CurrentFiles

    def entries(self) -> Mapping[str, Entry]:
        return self.files.entries()

    def headers(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self.files.headers(paths)

    def states(self, paths: Iterable[str]) -> Mapping[str, FileState]:
        return self.files.states(paths)

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:  # noqa: ARG002
        return iter(())


def _reversed(change: FileChange) -> FileChange:
    return change._replace(mark=_REVERSED_MARKS.get(change.mark, change.mark), before=change.now, now=change.before)


def _is_by_client(a: BuildSide, b: BuildSide, changes: Sequence[FileChange], causes: Iterable[FileCause]) -> bool:
    """Return whether all files differ in their headers, and nothing else is known to differ."""
    if same_client(a.client, b.client):
        return False
    both = [change for change in changes if change.mark not in (ChangeMark.ADDED, ChangeMark.REMOVED)]
    differing = [change for change in both if change.aspects]
    if not differing or len(both) < len(changes):
        return False
    by_umask = {path for cause in causes if cause.kind is FileCauseKind.UMASK for path in cause.paths}
    is_all = all(change.aspects for change in both if change.before is None or not change.before.is_link)
    return all(
        set(change.aspects) <= _HEADER_ASPECTS
        or (is_all and change.path in by_umask and set(change.aspects) <= {*_HEADER_ASPECTS, Aspect.MODE})
        for change in differing
    )
