"""The current sources of a ``COPY`` or ``ADD``: links in their paths, and other files that are the targets of links.

A source that is a link is hashed under the path of its target. A link in a folder is hashed as its target, which the
step's layer may lack. It is only assumed that the target has not changed since, until a checksum proves it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import parents
from cacheview.dockerfile.context.tree import ForbiddenPathError, Tree, TreeNode
from cacheview.dockerfile.dispatch import CopySources
from cacheview.layers.changes import FileState
from cacheview.layers.entry import LayerEntry
from cacheview.layers.header_styles import SenderStyle
from cacheview.layers.step_paths import CopySource
from cacheview.model import DataError

__all__ = ["CurrentFiles", "CurrentSources"]

_MAX_READ_BYTES: Final = 256 << 20  # of files other than those that were copied


class CurrentFiles(Protocol):
    """The files that an instruction copies from: those of a build context, or of an image."""

    def entries(self) -> Mapping[str, Entry]:
        """Return all files by path."""

    def headers(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """Return the bytes hashed before the content of each file that has its own header, by path."""

    def states(self, paths: Iterable[str]) -> Mapping[str, FileState]:
        """Return the states in these headers by path, as far as there are any."""

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield files by path with their content. Read each to its end before the next. Raises `DataError`."""


class CurrentSources:
    """The sources of one instruction.

    Attributes:
        entries: all current files, by path.
        sources: those of the instruction, each under the path of its target.
    """

    def __init__(self, copy: CopySources, now: CurrentFiles) -> None:
        self._now = now
        self.entries = now.entries()
        self._tree = Tree(_nodes((path, entry.kind, entry.target) for path, entry in self.entries.items()), {})
        self._targets: dict[str, str] = {}  # targets of sources and of matches of patterns, by name
        self.sources: list[CopySource] = []
        for text in copy.sources:
            source = CopySource(text, self.entries)
            for path in source.matched if source.glob is not None else (source.path,):
                real = self._resolved(path)
                if real != path:
                    self._targets[path] = real
            target = self._targets.get(source.path) if source.glob is None else None
            self.sources.append(source if target is None else CopySource(target, self.entries))
        self._read = 0
        self._sums: dict[tuple[str, bytes], str] = {}

    def _resolved(self, path: str) -> str:
        try:
            return self._tree.resolve(path)
        except ForbiddenPathError:  # it was a different file then
            return path

    def by_source_names(self) -> Mapping[str, Entry]:
        """Return the files by path, with the targets of sources also under the names of the sources."""
        by_key = {path: self.entries[real] for path, real in self._targets.items() if real in self.entries}
        return {**self.entries, **by_key} if by_key else self.entries

    def under_real_paths(self, entries: Mapping[str, LayerEntry]) -> dict[str, LayerEntry]:
        """Return the files under their real paths, in which links are resolved."""
        return {self._targets.get(path) or self._without_links(path): entry for path, entry in entries.items()}

    def _without_links(self, path: str) -> str:
        folder, slash, name = path.rpartition("/")
        return f"{self._resolved(folder)}{slash}{name}".lstrip("/")

    def with_others(self, entries: Mapping[str, LayerEntry], folders: Iterable[str]) -> Tree:
        """Return the files that were copied, with the current files except for those that would be copied now."""
        copied: set[str] = set()
        for source in self.sources:
            for path in source.matched if source.glob is not None else (source.path,):
                copied.update(self._tree.below(self._resolved(path)))
        others = ((path, entry.kind, entry.target) for path, entry in self.entries.items() if path not in copied)
        nodes = _nodes(others)
        nodes.update(_nodes((path, entry.kind, entry.target) for path, entry in entries.items()))
        above = {folder for path in [*nodes, *folders] for folder in parents(path)}
        nodes.update(_nodes((path, EntryKind.DIRECTORY, "") for path in {*above, *folders} if path not in nodes))
        return Tree(nodes, {})

    def headers(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """See `CurrentFiles`. Returns headers only for sources that are links, which are copied as their targets."""
        links = [path for path in paths if path in self._targets and path in self.entries]
        return self._now.headers(links) if links else {}

    def sums_of(self, paths: Iterable[str], style: SenderStyle) -> dict[str, str]:
        """Return sums of files other than those that were copied, with headers in this style.

        Files that cannot be read are left out.
        """
        headers = {
            path: style.header(self.entries[path], None, is_empty=False) for path in paths if path in self.entries
        }
        unread = []
        for path, header in headers.items():
            entry = self.entries[path]
            if not header or (path, header) in self._sums:
                continue
            if entry.kind is not EntryKind.FILE:
                self._sums[path, header] = hashlib.sha256(header).hexdigest()
            elif self._read + entry.size <= _MAX_READ_BYTES:
                self._read += entry.size
                unread.append(path)
        try:
            for path, pieces in self._now.contents(unread):
                digest = hashlib.sha256(headers[path])
                for piece in pieces:
                    digest.update(piece)
                self._sums[path, headers[path]] = digest.hexdigest()
        except DataError:  # deleted in the meantime, or in a layer that cannot be read: it proves nothing
            pass
        return {path: self._sums[path, header] for path, header in headers.items() if (path, header) in self._sums}


def _nodes(files: Iterable[tuple[str, EntryKind, str]]) -> dict[str, TreeNode]:
    """Return nodes of a tree with only the kinds and targets of files. Equal nodes are shared."""
    shared: dict[tuple[EntryKind, str], TreeNode] = {}
    nodes = {}
    for path, kind, target in files:
        node = shared.get((kind, target))
        if node is None:
            node = shared[kind, target] = TreeNode(Entry("", kind, 0, target=target))
        nodes[path] = node
    return nodes
