"""The differences, file by file, between the files that an image was built with and the current ones.

The checksum of a file is the digest of its header and content. So hashing the old header with the current content
yields the old checksum if and only if the content is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.layers.changes import Aspect, ChangeMark, FileChange, FileState, aspects_of
from cacheview.layers.current_files import CurrentFiles
from cacheview.layers.header_states import read_header
from cacheview.model import DataError

__all__ = ["FileDifferences", "change_of", "differences"]

_MAX_READ_BYTES: Final = 512 << 20  # of files that are read to compare their content
_MAX_TEXT_BYTES: Final = 4 << 20  # of a file whose line endings are compared


@dataclass(frozen=True)
class FileDifferences:
    """The differences between files.

    Attributes:
        changes: the changes of every file, sorted by path.
        line_ends: by path, how line endings changed, for files that differ only in these.
        without_entry: folders that lack their own entry in one tar, by path: True: in the old one, False: in the new.
    """

    changes: tuple[FileChange, ...]
    line_ends: Mapping[str, str]
    without_entry: Mapping[str, bool]


def differences(
    sums: Mapping[str, str],
    headers: Mapping[str, bytes],
    now: Mapping[str, str],
    files: CurrentFiles | None,
    *,
    is_certain: bool = True,
    states: Mapping[str, FileState] | None = None,
) -> FileDifferences:
    """Compare files by their sums, their headers, and, if these are not enough, their content.

    Args:
        sums, headers: the known sums and headers of the old files, by path.
        now: the current sums, by path.
        files: the current files; None: they cannot be read.
        is_certain: whether the old files are proven.
        states: the states in ``headers``, if known without parsing them.
    """
    return _FileByFile(sums, headers, now, files, is_certain, states).compare()


def change_of(
    path: str, before: FileState | None, now: FileState | None, *, has_same_content: bool | None
) -> FileChange:
    """Return the change of a file whose checksum has changed.

    Args:
        before, now: its state according to the old and the current header; None: not known.
        has_same_content: whether two files of the same size have the same content; None: not known.
    """
    if before is None or now is None:
        return FileChange(path, ChangeMark.CHANGED, (Aspect.UNKNOWN,), before, now)
    aspects = aspects_of(before, now, has_same_content=has_same_content)
    mark = ChangeMark.CHANGED if aspects else ChangeMark.SAME
    return FileChange(path, mark, aspects or (Aspect.HEADER,), before, now)


@dataclass
class _FileByFile:
    sums: Mapping[str, str]
    old: Mapping[str, bytes]
    now: Mapping[str, str]
    files: CurrentFiles | None
    is_certain: bool
    old_states: Mapping[str, FileState] | None
    new: Mapping[str, bytes] = field(default_factory=dict)
    states: dict[str, tuple[FileState | None, FileState | None]] = field(default_factory=dict)

    def compare(self) -> FileDifferences:
        paths = sorted({**self.sums, **self.now})  # nearly sorted already
        if self.files is not None:
            self.new = self.files.headers(paths)
        self.states = self._all_states(paths)
        has_same, line_ends = self._contents(paths)
        changes, without = [], {}
        for path in paths:
            change = self._change(path, has_same.get(path))
            changes.append(change)
            if change.aspects == (Aspect.HEADER,) and self._has_no_sum(path) and self._is_folder(path):
                without[path] = self.sums[path] == path
        return FileDifferences(tuple(changes), line_ends, without)

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        return self.files.entries() if self.files is not None else {}

    def _is_folder(self, path: str) -> bool:
        return path in self._entries and self._entries[path].kind is EntryKind.DIRECTORY

    @cached_property
    def _followed(self) -> set[tuple[str, str]]:
        """The checksums, before and now, of files that are not links."""
        both = [path for path in self.states if self._is_both(path) and not self._is_link(path)]
        return {(self.sums[path], self.now[path]) for path in both}

    def _is_both(self, path: str) -> bool:
        return path in self.sums and path in self.now

    def _has_no_sum(self, path: str) -> bool:
        """Whether the path is recorded instead of a checksum, before or now, because it was sent without a header."""
        return path in (self.sums[path], self.now[path])

    def _all_states(self, paths: Sequence[str]) -> dict[str, tuple[FileState | None, FileState | None]]:
        new = self.files.states(paths) if self.files is not None else {}
        if self.old_states is not None:
            return {path: (self.old_states.get(path), new.get(path)) for path in paths}
        return {path: (read_header(path, self.old.get(path, b"")), new.get(path)) for path in paths}

    def _is_link(self, path: str) -> bool:
        before, now = self.states[path]
        return (before is not None and before.is_link) or (now is not None and now.is_link)

    def _change(self, path: str, has_same: bool | None) -> FileChange:
        old_sum, new_sum = self.sums.get(path), self.now.get(path)
        before, after = self.states[path]
        if old_sum is None or new_sum is None:
            mark = ChangeMark.ADDED if old_sum is None else ChangeMark.REMOVED
            return FileChange(path, mark, (), before if old_sum else None, after if new_sum else None)
        if old_sum == new_sum:
            return FileChange(path, ChangeMark.SAME, (), before or after, after or before)
        if self._has_no_sum(path):
            if self._is_folder(path):
                return FileChange(path, ChangeMark.SAME, (Aspect.HEADER,), before, after)
            # A broken link, or a link to something outside the layer.
            return FileChange(
                path, ChangeMark.CHANGED if self.is_certain else ChangeMark.SAME, (Aspect.UNKNOWN,), before, after
            )
        if before is not None and before == after and before.is_link and (old_sum, new_sum) not in self._followed:
            return FileChange(path, ChangeMark.CHANGED, (Aspect.TARGET,), before, after)
        return change_of(path, before, after, has_same_content=has_same)

    def _contents(self, paths: Iterable[str]) -> tuple[Mapping[str, bool], Mapping[str, str]]:
        """Return which changed files have the same content, and how line endings differ; reads only so much."""
        left = _MAX_READ_BYTES
        to_read = []
        has_same: dict[str, bool] = {}
        line_ends: dict[str, str] = {}
        for path in paths:
            old_sum, new_sum = self.sums.get(path), self.now.get(path)
            if old_sum is None or new_sum is None or old_sum == new_sum or path in (old_sum, new_sum):
                continue
            before, after = self.states[path]
            if before is None or after is None or not (before.is_file and after.is_file):
                continue
            is_same_size = before.size == after.size
            if before == after and self.old[path] == self.new[path]:
                has_same[path] = False
            elif (is_same_size or _may_be_line_ends(before, after)) and after.size <= left:
                left -= after.size
                to_read.append(path)
        for path, pieces in self._read(to_read):
            old_sum, old_header = self.sums[path], self.old[path]
            before, after = self.states[path]
            assert before is not None
            assert after is not None
            try:
                if before.size == after.size:
                    has_same[path] = _has_sum(old_sum, old_header, pieces)
                elif phrase := _line_ends(b"".join(pieces), before.size, old_sum, old_header):
                    line_ends[path] = phrase
            except DataError:  # removed in the meantime: nothing more is known about it
                continue
        return has_same, line_ends

    def _read(self, paths: list[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
        if self.files is None or not paths:
            return
        try:
            yield from self.files.contents(paths)
        except DataError:  # a layer can no longer be read: nothing more is known about the rest
            return


def _may_be_line_ends(before: FileState, after: FileState) -> bool:
    smaller, larger = sorted((before.size, after.size))
    return smaller < larger <= min(2 * smaller, _MAX_TEXT_BYTES)  # each line is one byte longer


def _has_sum(checksum: str, header: bytes, content: Iterable[bytes]) -> bool:
    digest = hashlib.sha256(header)
    for piece in content:
        digest.update(piece)
    return digest.hexdigest() == checksum


def _line_ends(content: bytes, size: int, old_sum: str, old_header: bytes) -> str:
    """Return how the line endings changed, if a file with this size, sum and header differs only in these."""
    has_returns = b"\r\n" in content
    other = content.replace(b"\r\n", b"\n") if has_returns else content.replace(b"\n", b"\r\n")
    if len(other) != size or other == content or not _has_sum(old_sum, old_header, (other,)):
        return ""
    return "line endings changed from LF to CRLF" if has_returns else "line endings changed from CRLF to LF"
