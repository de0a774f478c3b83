"""Finds the source of each file in the layer of a ``COPY`` or ``ADD``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.glob import Glob, has_wildcards
from cacheview.dockerfile.context.tree import ForbiddenPathError, Tree, TreeNode
from cacheview.dockerfile.dispatch import CopySources
from cacheview.layers.entry import WHITEOUT, LayerEntry
from cacheview.layers.files import LayerFiles
from cacheview.layers.listing import Listing
from cacheview.model import Image

__all__ = ["CopySource", "by_source_path"]

_MIN_LAYERS: Final = 2  # layers: that of the step, and one below


def by_source_path(
    listing: Listing, image: Image, layers: LayerFiles, copy: CopySources, now: Mapping[str, Entry]
) -> dict[str, LayerEntry]:
    """Return the entries of a step's layer, by the path that they were copied from.

    Args:
        listing: of the layer, which is the last one of the image.
        now: the current files.

    Raises:
        LayerUnavailableError, LayerError: a layer below, which may contain links in the destination, cannot be read.
    """
    config = image.config.config
    below = posixpath.normpath(posixpath.join("/", config.WorkingDir if config else "", copy.destination)).lstrip("/")
    result = _below(listing, below, copy, now)
    if result or len(image.diff_ids) < _MIN_LAYERS:
        return result
    root = layers.root(image.diff_ids[:-1])  # the destination may contain a link from the layers below
    nodes = {path: TreeNode(Entry(path, file.entry.kind, 0, target=file.entry.target)) for path, file in root.items()}
    try:
        return _below(listing, Tree(nodes).resolve(below), copy, now)
    except ForbiddenPathError:
        return result


def _below(listing: Listing, below: str, copy: CopySources, now: Mapping[str, Entry]) -> dict[str, LayerEntry]:
    sources = [CopySource(source, now) for source in copy.sources]
    by_path: dict[str, LayerEntry] = {}
    for entry in listing.entries:
        if entry.name.startswith(WHITEOUT):
            continue
        paths = list(_source_paths(entry, below, sources, is_folder=copy.destination.endswith("/")))
        # If there are several sources, one that has it now, or else one that has not provided another file.
        path = next((path for path in paths if path in now), None) or next(
            (path for path in paths if path not in by_path), ""
        )
        if path:
            by_path[path] = entry
    return by_path


class CopySource:
    """One source of an instruction: a pattern, a folder or a file."""

    def __init__(self, text: str, now: Mapping[str, Entry]) -> None:
        path = text.removeprefix("/").removeprefix("./")
        self.glob = Glob(path) if has_wildcards(path) else None
        self.path = "" if posixpath.normpath(path or ".") == "." else posixpath.normpath(path)
        self.folder = posixpath.dirname(self.path)
        current = now.get(self.path)
        self.is_folder = not self.path or (current is not None and current.kind is EntryKind.DIRECTORY)
        self.is_file = current is not None and current.kind is not EntryKind.DIRECTORY
        self.matched = [name for name in now if self.glob.matches(name)] if self.glob is not None else []
        self.matched_folders = [name for name in self.matched if now[name].kind is EntryKind.DIRECTORY]

    def paths(self, rel: str) -> Iterator[str]:
        """Yield the paths in the context that may have become a path below the destination."""
        first = rel.partition("/")[0]
        if self.glob is not None:
            yield from (path for path in self.matched if posixpath.basename(path) == rel and rel)
            yield from (posixpath.join(folder, rel) for folder in self.matched_folders if rel)
            candidate = posixpath.join(self.folder, first)
            if first and not has_wildcards(self.folder) and self.glob.matches(candidate):
                yield posixpath.join(self.folder, rel)
            return
        if not self.is_folder and rel and rel == posixpath.basename(self.path):
            yield self.path
        if not self.is_file and rel:
            yield posixpath.join(self.path, rel)


def _source_paths(entry: LayerEntry, below: str, sources: Sequence[CopySource], *, is_folder: bool) -> Iterator[str]:
    if entry.path == below and not is_folder and entry.kind is not EntryKind.DIRECTORY:
        yield from (source.path for source in sources if source.glob is None and not source.is_folder)
        for source in sources:
            if source.glob is not None and len(source.matched) == 1:
                yield source.matched[0]
    if below and not entry.path.startswith(f"{below}/"):
        return
    rel = entry.path[len(below) + 1 :] if below else entry.path
    for source in sources:
        yield from source.paths(rel)
