"""The files of a step on both sides: which differ, and what many of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cacheview.diff.senders import same_client
from cacheview.diff.side import BuildSide
from cacheview.layers.changes import Aspect, FileChange, Mark
from cacheview.layers.copied_now import FilesNow
from cacheview.model import DataError
from cacheview.replay.causes import Cause, CauseKind, causes_of
from cacheview.replay.differences import Differences, differences
from cacheview.replay.file_words import in_words

__all__ = ["FilesDiffer", "files_differ"]

_OF_HEADERS = {Aspect.HEADER, Aspect.OWNER, Aspect.ATTRIBUTES, Aspect.UNKNOWN}
"""What a client writes, with content that was not compared."""

_BACK = {Mark.ADDED: Mark.REMOVED, Mark.REMOVED: Mark.ADDED}


@dataclass(frozen=True)
class FilesDiffer:
    """Two sets of files.

    Attributes:
        changes: every file, the same ones among them, by path: before is A, now is B.
        causes: what many files have in common.
        by_client: what differs is what the two clients write, as far as it could be compared.
    """

    changes: tuple[FileChange, ...]
    causes: tuple[Cause, ...] = ()
    by_client: bool = False

    @property
    def differing(self) -> tuple[FileChange, ...]:
        """The files that are not the same."""
        return tuple(change for change in self.changes if change.differs)

    @property
    def words(self) -> str:
        """What differs, as a phrase; empty: only headers do."""
        return in_words(self.changes, self.causes)


def files_differ(a: BuildSide, b: BuildSide, sums_a: Mapping[str, str], sums_b: Mapping[str, str]) -> FilesDiffer:
    """Compare files by their sums, their headers, and by their content where one side can be read.

    Args:
        sums_a, sums_b: by path.
    """
    forth = _compared(sums_a, sums_b, a.files, b.files)
    if any(Aspect.UNKNOWN in change.aspects for change in forth.changes):  # perhaps the other side can be read
        back = _compared(sums_b, sums_a, b.files, a.files)
        if _unknown(back) < _unknown(forth):
            forth = Differences(tuple(map(_turned, back.changes)), {}, forth.without_entry)
    causes = causes_of(forth.changes, line_ends=forth.line_ends, without_entry=forth.without_entry)
    return FilesDiffer(forth.changes, causes, _is_by_client(a, b, forth, causes))


def _compared(
    before: Mapping[str, str], now: Mapping[str, str], old: FilesNow | None, new: FilesNow | None
) -> Differences:
    try:
        headers = old.headers(before) if old is not None else {}
    except DataError:
        headers = {}
    try:
        return differences(before, headers, now, new)
    except DataError:  # it cannot be read any more
        return differences(before, headers, now, None)


def _unknown(value: Differences) -> int:
    return sum(Aspect.UNKNOWN in change.aspects for change in value.changes)


def _turned(change: FileChange) -> FileChange:
    return replace(change, mark=_BACK.get(change.mark, change.mark), before=change.now, now=change.before)


def _is_by_client(a: BuildSide, b: BuildSide, found: Differences, causes: tuple[Cause, ...]) -> bool:
    """Whether every file that both sent has other headers, and nothing else is known to differ."""
    if same_client(a.client, b.client):
        return False
    both = [change for change in found.changes if change.mark not in (Mark.ADDED, Mark.REMOVED)]
    differing = [change for change in both if change.aspects]
    if not differing or len(both) < len(found.changes):
        return False
    by_umask = {path for cause in causes if cause.kind is CauseKind.UMASK for path in cause.paths}
    is_all = all(change.aspects for change in both if change.before is None or not change.before.is_link)
    return all(
        set(change.aspects) <= _OF_HEADERS
        or (is_all and change.path in by_umask and set(change.aspects) <= {*_OF_HEADERS, Aspect.MODE})
        for change in differing
    )
