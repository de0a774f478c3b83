"""The changes of one layer to the files of those below it: the files that it adds, changes and removes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cacheview.layers.changes import ChangeMark, FileChange, FileState, aspects_of
from cacheview.layers.entry import OPAQUE, WHITEOUT, LayerEntry, LayerError
from cacheview.layers.files import LayerFiles, SumRequest
from cacheview.layers.listing import Listing, RootFile
from cacheview.model import Image

__all__ = ["LayerChanges", "layer_changes", "layer_step"]


@dataclass(frozen=True)
class LayerChanges:
    """The changes of a layer.

    Attributes:
        changes: by path; folders that it only passes through count as unchanged.
        problem: why the previous files are not known; empty: they are.
    """

    changes: tuple[FileChange, ...]
    problem: str = ""
    _before: Mapping[str, RootFile] = field(default_factory=dict, repr=False, compare=False)
    _now: Mapping[str, RootFile] = field(default_factory=dict, repr=False, compare=False)

    def contents(self, files: LayerFiles, path: str, limit: int) -> tuple[bytes | None, bytes | None]:
        """Return the beginning of a file, before and now; None: there is none, or it is not a file.

        Raises `LayerError`.
        """
        before, now = (_content(files, each.get(path), limit) for each in (self._before, self._now))
        return before, now


def layer_step(image: Image) -> int | None:
    """Return the index of the history entry of an image's uppermost layer; None: there is no layer."""
    steps = [place for place, entry in enumerate(image.history) if not entry.empty_layer]
    return steps[-1] if steps and image.diff_ids else None


def layer_changes(files: LayerFiles, diff_ids: Sequence[str]) -> LayerChanges:
    """Return the changes of the uppermost layer to the others.

    Args:
        files: of the store.
        diff_ids: bottom first.

    Raises:
        LayerUnavailableError, LayerError: the uppermost layer cannot be read.
    """
    top = files.listing(diff_ids[-1])
    try:
        before = files.root(diff_ids[:-1]) if len(diff_ids) > 1 else {}
        now = files.root(diff_ids)
    except LayerError as error:
        return LayerChanges(_without_others(top), error.what)
    paths = dict.fromkeys(entry.path for entry in top.entries if entry.path in now)
    same = _same_contents(files, [path for path in paths if path in before], before, now)
    changes = [_change(path, before.get(path), now[path], same.get(path, True)) for path in paths]
    changes += [
        FileChange(path, ChangeMark.REMOVED, (), entry_state(before[path].entry)) for path in before.keys() - now.keys()
    ]
    changes.sort(key=lambda change: change.path)
    return LayerChanges(tuple(changes), "", before, now)


def _without_others(top: Listing) -> tuple[FileChange, ...]:
    """Return the content of a layer if those below it are not known."""
    by_path: dict[str, FileChange] = {}
    for entry in top.entries:
        if not entry.name.startswith(WHITEOUT):
            by_path[entry.path] = FileChange(entry.path, ChangeMark.WRITTEN, (), None, entry_state(entry))
        elif entry.name != OPAQUE and not entry.path.startswith(f"{WHITEOUT}{WHITEOUT}"):
            hidden = entry.name.removeprefix(WHITEOUT)
            path = f"{entry.folder}/{hidden}" if entry.folder else hidden
            by_path[path] = FileChange(path, ChangeMark.REMOVED)
    return tuple(by_path[path] for path in sorted(by_path))


def _change(path: str, before: RootFile | None, now: RootFile, has_same_content: bool | None) -> FileChange:
    if before is None:
        return FileChange(path, ChangeMark.ADDED, (), None, entry_state(now.entry))
    if before.is_implied:
        return FileChange(path, ChangeMark.SAME, (), None, entry_state(now.entry))
    states = entry_state(before.entry), entry_state(now.entry)
    aspects = aspects_of(*states, has_same_content=has_same_content)
    return FileChange(path, ChangeMark.CHANGED if aspects else ChangeMark.SAME, aspects, *states)


def _same_contents(
    files: LayerFiles, paths: Sequence[str], before: Mapping[str, RootFile], now: Mapping[str, RootFile]
) -> Mapping[str, bool | None]:
    """Return whether files of equal size have the same content; None: one of them cannot be read."""
    pairs = {path: (before[path], now[path]) for path in paths if _may_be_same(before[path].entry, now[path].entry)}
    requests: list[SumRequest] = [(each.diff_id, each.entry, b"") for pair in pairs.values() for each in pair]
    try:
        sums = files.sums(requests)
    except LayerError:
        return dict.fromkeys(pairs)
    return {
        path: sums[first.diff_id, first.entry.number, b""] == sums[second.diff_id, second.entry.number, b""]
        for path, (first, second) in pairs.items()
    }


def _may_be_same(before: LayerEntry, now: LayerEntry) -> bool:
    is_file = entry_state(before).is_file and entry_state(now).is_file
    return is_file and before.size == now.size and before.size > 0


def entry_state(entry: LayerEntry) -> FileState:
    """Return the state of a file in its layer."""
    return FileState(
        entry.kind.value,
        entry.mode,
        entry.uid,
        entry.gid,
        entry.size,
        entry.target,
        entry.device,
        entry.capability,
    )


def _content(files: LayerFiles, file: RootFile | None, limit: int) -> bytes | None:
    if file is None or not entry_state(file.entry).is_file:
        return None
    return files.content(file.diff_id, file.entry, limit)
