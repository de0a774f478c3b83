"""The files of two layers, each made by one step of an image."""

from __future__ import annotations

from collections.abc import Mapping

from cacheview.diff.files import FilesDiffer
from cacheview.diff.side import BuildSide, SideStep
from cacheview.layers.changes import FileChange, FileState, Mark, aspects_of
from cacheview.layers.entry import LayerEntry
from cacheview.layers.files import LayerFiles
from cacheview.model import DataError
from cacheview.replay.causes import causes_of

__all__ = ["layers_differ"]


def layers_differ(a: BuildSide, b: BuildSide, mine: SideStep, other: SideStep) -> FilesDiffer | None:
    """What differs between the layers that two steps made; None: they cannot be read, or a side is not an image."""
    if a.layers is None or b.layers is None or not mine.diff_id or not other.diff_id:
        return None
    try:
        before, now = _entries(a.layers(), mine.diff_id), _entries(b.layers(), other.diff_id)
        sums_a = _sums(a.layers(), mine.diff_id, before, now)
        sums_b = _sums(b.layers(), other.diff_id, now, before)
    except DataError:
        return None
    changes = [
        _change(path, before.get(path), now.get(path), sums_a.get(path) == sums_b.get(path))
        for path in sorted(before.keys() | now.keys())
    ]
    return FilesDiffer(tuple(changes), causes_of(changes, is_of_image=True))


def _entries(files: LayerFiles, diff_id: str) -> Mapping[str, LayerEntry]:
    return {entry.path: entry for entry in files.listing(diff_id).entries}


def _sums(
    files: LayerFiles, diff_id: str, own: Mapping[str, LayerEntry], others: Mapping[str, LayerEntry]
) -> Mapping[str, str]:
    """The sums of the files that both layers have in one size."""
    alike = [
        path
        for path, entry in own.items()
        if path in others and _state(entry).is_file and others[path].size == entry.size and entry.size
    ]
    return files.sums_by((path, (diff_id, own[path], b"")) for path in alike)


def _change(path: str, before: LayerEntry | None, now: LayerEntry | None, has_same_content: bool) -> FileChange:
    was, is_now = (_state(entry) if entry is not None else None for entry in (before, now))
    if was is None or is_now is None:
        return FileChange(path, Mark.ADDED if was is None else Mark.REMOVED, (), was, is_now)
    aspects = aspects_of(was, is_now, has_same_content=has_same_content)
    return FileChange(path, Mark.CHANGED if aspects else Mark.SAME, aspects, was, is_now)


def _state(entry: LayerEntry) -> FileState:
    return FileState(
        entry.kind.value, entry.mode, entry.uid, entry.gid, entry.size, entry.target, entry.device, entry.capability
    )
