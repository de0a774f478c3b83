"""The content of a layer, read once, and the root of an image made of several layers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from cacheview.dockerfile.context.entry import EntryKind
from cacheview.layers.containers import CONTAINER_FILES
from cacheview.layers.entry import OPAQUE, WHITEOUT, LayerEntry, LayerError
from cacheview.model.effort import paced

__all__ = ["Listing", "RootFile", "root_of"]

_IMPLIED_MODE = 0o755
_CONTAINER_LAYER = "container"
"""A placeholder for the diff id of a layer."""


@dataclass(frozen=True)
class Listing:
    """The entries of one layer, in its order.

    Attributes:
        diff_id: of the layer.
        entries: including whiteouts.
    """

    diff_id: str
    entries: tuple[LayerEntry, ...]


@dataclass(frozen=True, slots=True)
class RootFile:
    """One file of an image's root.

    Attributes:
        entry: from the uppermost layer; for a hard link, the entry of the file with the content, under this path.
        diff_id: the layer with its content; empty for a folder for which no layer has an entry.
        implied_by: for a folder, the uppermost layer that changes something in it without an entry for the folder
            itself, above the last one with an entry. How unpacking that changes the folder depends on the store.
    """

    entry: LayerEntry
    diff_id: str
    implied_by: str = ""

    @property
    def is_implied(self) -> bool:
        """Whether it is a folder that exists only for its content: the layers have neither its owner nor its mode."""
        return not self.diff_id


class _Root:
    """A root while layers are applied to it. The content of folders is listed when one is first removed."""

    def __init__(self) -> None:
        self.files: dict[str, RootFile] = {}
        self._inside: dict[str, dict[str, None]] | None = None
        self.written: set[str] | None = None  # by the current layer, with the folders above; None: not needed
        self.changed: set[str] = set()  # folders in which the current layer changes something
        self.layer = ""

    def begin(self, diff_id: str, *, hides: bool = False) -> None:
        """Begin to apply a layer. ``hides``: whether it has opaque folders."""
        self.layer = diff_id
        self.written = set() if hides else None
        self.changed = set()

    def add(self, path: str, file: RootFile) -> None:
        """Put a file in the place of an existing one; a folder keeps its content."""
        folder = path.rpartition("/")[0]
        missing = []
        while folder and not self._is_folder(folder):
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        for folder in reversed(missing):
            self.remove(folder)
            self._put(folder, RootFile(LayerEntry(-1, folder, EntryKind.DIRECTORY, _IMPLIED_MODE, 0, 0), ""))
        if self._is_folder(path) and file.entry.kind is not EntryKind.DIRECTORY:
            self.remove(path)
        self._put(path, file)
        self.write_in(path.rpartition("/")[0])
        while self.written is not None and path and path not in self.written:
            self.written.add(path)
            path = path.rpartition("/")[0]

    def write_in(self, folder: str) -> None:
        """Note that the current layer changes something in a folder."""
        while folder and folder not in self.changed:
            self.changed.add(folder)
            existing = self.files.get(folder)
            if existing is not None and existing.diff_id != self.layer:
                self.files[folder] = replace(existing, implied_by=self.layer)
            folder = folder.rpartition("/")[0]

    def _is_folder(self, path: str) -> bool:
        existing = self.files.get(path)
        return existing is not None and existing.entry.kind is EntryKind.DIRECTORY

    def _put(self, path: str, file: RootFile) -> None:
        self.files[path] = file
        if self._inside is not None:
            self._inside.setdefault(path.rpartition("/")[0], {})[path] = None

    @property
    def inside(self) -> dict[str, dict[str, None]]:
        """Paths by folder."""
        if self._inside is None:
            self._inside = {}
            for path in self.files:
                self._inside.setdefault(path.rpartition("/")[0], {})[path] = None
        return self._inside

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with its content."""
        if path not in self.files:
            return
        if not self._is_folder(path) and self._inside is None:
            del self.files[path]
            return
        self.inside[path.rpartition("/")[0]].pop(path, None)
        left = [path]
        while left:
            current = left.pop()
            self.files.pop(current, None)
            left.extend(self.inside.pop(current, ()))

    def clear(self, folder: str) -> None:
        """Remove the content of a folder that is from lower layers."""
        assert self.written is not None
        left = [folder]
        while left:
            for path in list(self.inside.get(left.pop(), ())):
                if path in self.written:
                    left.append(path)
                else:
                    self.remove(path)

    def begin_container(self) -> None:
        """Add the files of `CONTAINER_FILES`, as when a container starts."""
        self.begin(_CONTAINER_LAYER)
        for path, entry in CONTAINER_FILES.items():
            folder = path.rpartition("/")[0]
            for each in (folder, path):
                if each in self.files and not self._is_folder(each):
                    self.remove(each)
            if folder and folder not in self.files:
                self.add(
                    folder, RootFile(LayerEntry(-1, folder, EntryKind.DIRECTORY, _IMPLIED_MODE, 0, 0), _CONTAINER_LAYER)
                )
            if path not in self.files:
                self._put(path, RootFile(entry, _CONTAINER_LAYER))


def root_of(layers: Sequence[Listing], committed: Collection[int] = ()) -> Mapping[str, RootFile]:
    """Return the files of an image, with its layers applied bottom first.

    moby: ``UnpackLayer`` of ``pkg/archive/diff.go``.

    ``committed``: indexes of layers that were unpacked on the files with which a container starts.

    Raises:
        LayerError: the target of a hard link is not a file.
    """
    root = _Root()
    for place, layer in enumerate(layers):
        if place in committed:
            root.begin_container()
        root.begin(layer.diff_id, hides=any(entry.name == OPAQUE for entry in layer.entries))
        for entry in paced(layer.entries):
            if not entry.name.startswith(WHITEOUT):
                root.add(entry.path, _file(root, entry, layer.diff_id))
            elif entry.name == OPAQUE:
                root.clear(entry.folder)
                root.write_in(entry.folder)
            elif not entry.path.startswith(f"{WHITEOUT}{WHITEOUT}"):  # others are files of AUFS itself
                hidden = entry.name.removeprefix(WHITEOUT)
                root.remove(f"{entry.folder}/{hidden}" if entry.folder else hidden)
                root.write_in(entry.folder)
    return root.files


def _file(root: _Root, entry: LayerEntry, diff_id: str) -> RootFile:
    if not entry.hard_link:
        return RootFile(entry, diff_id)
    first = root.files.get(entry.hard_link)
    if first is None or first.entry.kind is EntryKind.DIRECTORY:
        raise LayerError(f"a hard link in the layer does not point to a file: {entry.path[:200]!r}")
    return RootFile(replace(first.entry, path=entry.path), first.diff_id)
