"""What a ``COPY`` or ``ADD`` copies from, as it is now: links that lead to its sources, and files beside them.

A source counts under the name of what it leads to, and a link in a folder as the file that it leads to, which the layer
of the step need not have. That it is still the file of then is a guess that a checksum proves.
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

_MOST_READ: Final = 256 << 20  # bytes of files beside those that were copied


class CurrentFiles(Protocol):
    """The files that an instruction copies from: those of a build context, or of an image."""

    def entries(self) -> Mapping[str, Entry]:
        """All of them, by path."""

    def headers(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """By path, what is hashed before the content of each, as far as it has a header of its own."""

    def states(self, paths: Iterable[str]) -> Mapping[str, FileState]:
        """By path, the state in these headers, as far as it is there."""

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Files by path with their content, each to be used up before the next is asked for. Raises `DataError`."""


class CurrentSources:
    """The sources of one instruction.

    Attributes:
        entries: all files of now, by path.
        sources: those of the instruction, each under the name of what it leads to.
    """

    def __init__(self, copy: CopySources, now: CurrentFiles) -> None:
        self._now = now
        self.entries = now.entries()
        self._tree = Tree(_nodes((path, entry.kind, entry.target) for path, entry in self.entries.items()), {})
        self._led: dict[str, str] = {}  # what sources and matches of patterns lead to through links, by their names
        self.sources: list[CopySource] = []
        for text in copy.sources:
            source = CopySource(text, self.entries)
            for path in source.matched if source.glob is not None else (source.path,):
                real = self._resolved(path)
                if real != path:
                    self._led[path] = real
            led = self._led.get(source.path) if source.glob is None else None
            self.sources.append(source if led is None else CopySource(led, self.entries))
        self._read = 0
        self._sums: dict[tuple[str, bytes], str] = {}

    def _resolved(self, path: str) -> str:
        try:
            return self._tree.resolve(path)
        except ForbiddenPathError:  # it was another file then
            return path

    def by_their_names(self) -> Mapping[str, Entry]:
        """The files by path, and what sources lead to under the names of these."""
        by_key = {path: self.entries[real] for path, real in self._led.items() if real in self.entries}
        return {**self.entries, **by_key} if by_key else self.entries

    def led_to(self, entries: Mapping[str, LayerEntry]) -> dict[str, LayerEntry]:
        """Files by path, each under the path of what it is, without links."""
        return {self._led.get(path) or self._without_links(path): entry for path, entry in entries.items()}

    def _without_links(self, path: str) -> str:
        folder, slash, name = path.rpartition("/")
        return f"{self._resolved(folder)}{slash}{name}".lstrip("/")

    def with_others(self, entries: Mapping[str, LayerEntry], folders: Iterable[str]) -> Tree:
        """The files that were copied, instead of those that are copied now, among the other ones."""
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
        """As `CurrentFiles`: of links that are sources, which count as what they lead to."""
        links = [path for path in paths if path in self._led and path in self.entries]
        return self._now.headers(links) if links else {}

    def sums_of(self, paths: Iterable[str], way: SenderStyle) -> dict[str, str]:
        """Sums of files beside those that were copied, as one way writes their headers; what cannot be read is left
        out."""
        headers = {path: way.header(self.entries[path], None, is_empty=False) for path in paths if path in self.entries}
        wanted = []
        for path, header in headers.items():
            entry = self.entries[path]
            if not header or (path, header) in self._sums:
                continue
            if entry.kind is not EntryKind.FILE:
                self._sums[path, header] = hashlib.sha256(header).hexdigest()
            elif self._read + entry.size <= _MOST_READ:
                self._read += entry.size
                wanted.append(path)
        try:
            for path, pieces in self._now.contents(wanted):
                digest = hashlib.sha256(headers[path])
                for piece in pieces:
                    digest.update(piece)
                self._sums[path, headers[path]] = digest.hexdigest()
        except DataError:  # gone meanwhile, or its layer cannot be read: nothing is proven by it
            pass
        return {path: self._sums[path, header] for path, header in headers.items() if (path, header) in self._sums}


def _nodes(files: Iterable[tuple[str, EntryKind, str]]) -> dict[str, TreeNode]:
    """What a tree needs of files: what they are, and where they lead. Equal ones are one."""
    shared: dict[tuple[EntryKind, str], TreeNode] = {}
    nodes = {}
    for path, kind, target in files:
        node = shared.get((kind, target))
        if node is None:
            node = shared[kind, target] = TreeNode(Entry("", kind, 0, target=target))
        nodes[path] = node
    return nodes
