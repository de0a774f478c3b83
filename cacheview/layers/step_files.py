"""The files that a ``COPY`` or ``ADD`` was made with, found again in the layer that the step made.

A layer has the files under their destination, owned by root. From the sources of the instruction follows what each was
called in the build context, and from each way that clients write headers what its sum was. If the checksum over them
is the one in the image's history, the files are proven to be those that were sent; otherwise they are likely.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from cacheview.dockerfile.context.entry import Entry, Kind
from cacheview.dockerfile.context.glob import Glob, has_wildcards
from cacheview.dockerfile.context.gopath import parents
from cacheview.dockerfile.context.notknown import NotKnownError
from cacheview.dockerfile.context.packed import HeaderStyle
from cacheview.dockerfile.context.sources import SourcesSum, sum_folder, sum_sources
from cacheview.dockerfile.context.tree import Node, Tree
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refused import RefusedError
from cacheview.layers.entry import WHITEOUT, LayerEntry
from cacheview.layers.files import LayerFiles, Wanted
from cacheview.layers.listing import Listing
from cacheview.model import Image, Problem

__all__ = ["RecoveredFiles", "recover_files"]

_STYLES: Final = (
    HeaderStyle(),
    HeaderStyle(type_bits=True),
    HeaderStyle(owner=True, capability=False),
    HeaderStyle(owner=True, capability=False, hard_links=False, slash=False),
)
"""The ways that clients fill headers, without those that a layer cannot show (a umask is in its modes already)."""

_FOLDER_MODES: Final = (0o755, 0o775, 0o700, 0o750, 0o777, 0o770, 0o2775)
_USUAL_OWNERS: Final = ((1000, 1000), (1001, 1001), (1000, 0), (501, 20))
_MOST_FOLDERS: Final = 2  # of sources whose mode is found by trying
_MOST_WAYS: Final = 12  # owners and styles together: each is another sum over all content


@dataclass(frozen=True)
class RecoveredFiles:
    """What a step was made with, by its layer.

    Attributes:
        sources: the checksum that the files give, and each file with its own.
        headers: by path, what was summed before the content of each.
        is_proven: the checksum is the one that the daemon stored.
        style: how the headers are written that give it.
        owner: user and group in them.
        reason: why the files are only likely those that were sent; empty where they are proven.
        entries: by path in the context, what the layer has.
        diff_id: of the layer.
    """

    sources: SourcesSum
    headers: Mapping[str, bytes]
    is_proven: bool
    style: HeaderStyle
    owner: tuple[int, int]
    reason: str
    entries: Mapping[str, LayerEntry]
    diff_id: str


def recover_files(
    layers: LayerFiles, image: Image, copy: CopySources, stored: str, now: Mapping[str, Entry]
) -> RecoveredFiles:
    """Find the files of the step that made an image.

    Args:
        layers: of the store.
        image: what the step made; its last layer is the step's.
        copy: the instruction, as it is now.
        stored: the checksum in the image's history, such as ``dir:…``.
        now: the context as it is now, by path: it says which sources are folders, and whose files are.

    Raises:
        NotKnownError: the layer does not show the files, with the reason.
        LayerUnavailableError, LayerError: it cannot be read.
    """
    if not image.history or image.history[-1].empty_layer or not image.diff_ids:
        raise NotKnownError("the image records no layer for this step")
    listing = layers.listing(image.diff_ids[-1])
    entries = _by_context_path(listing, copy, image, now)
    if not entries:
        raise NotKnownError("none of the sources is in the layer of the step")
    return _Recovery(layers, listing.diff_id, copy, stored, entries, now).best()


def _by_context_path(
    listing: Listing, copy: CopySources, image: Image, now: Mapping[str, Entry]
) -> dict[str, LayerEntry]:
    """What the layer has, by the path in the context."""
    config = image.config.config
    below = posixpath.normpath(posixpath.join("/", config.WorkingDir if config else "", copy.destination)).lstrip("/")
    sources = [_Source(source, now) for source in copy.sources]
    found: dict[str, LayerEntry] = {}
    for entry in listing.entries:
        if entry.name.startswith(WHITEOUT):
            continue
        for path in _context_paths(entry, below, sources, is_folder=copy.destination.endswith("/")):
            if path in now or path not in found:
                found[path] = entry
                break
    return found


class _Source:
    """One source of an instruction: a pattern, a folder or a file."""

    def __init__(self, text: str, now: Mapping[str, Entry]) -> None:
        path = text.removeprefix("/").removeprefix("./")
        self.glob = Glob(path) if has_wildcards(path) else None
        self.path = "" if posixpath.normpath(path or ".") == "." else posixpath.normpath(path)
        self.above = posixpath.dirname(self.path)
        known = now.get(self.path)
        self.is_folder = not self.path or (known is not None and known.kind is Kind.DIRECTORY)
        self.is_file = known is not None and known.kind is not Kind.DIRECTORY
        self.matched = [name for name in now if self.glob.matches(name)] if self.glob is not None else []
        self.matched_folders = [name for name in self.matched if now[name].kind is Kind.DIRECTORY]

    def paths(self, rel: str) -> Iterator[str]:
        """The paths in the context that may have become a path below the destination."""
        first = rel.partition("/")[0]
        if self.glob is not None:
            yield from (path for path in self.matched if posixpath.basename(path) == rel and rel)
            yield from (posixpath.join(folder, rel) for folder in self.matched_folders if rel)
            candidate = posixpath.join(self.above, first)
            if first and not has_wildcards(self.above) and self.glob.matches(candidate):
                yield posixpath.join(self.above, rel)
            return
        if not self.is_folder and rel and rel == posixpath.basename(self.path):
            yield self.path
        if not self.is_file and rel:
            yield posixpath.join(self.path, rel)


def _context_paths(entry: LayerEntry, below: str, sources: Sequence[_Source], *, is_folder: bool) -> Iterator[str]:
    if entry.path == below and not is_folder and entry.kind is not Kind.DIRECTORY:
        yield from (source.path for source in sources if source.glob is None and not source.is_folder)
        for source in sources:
            if source.glob is not None and len(source.matched) == 1:
                yield source.matched[0]
    if below and not entry.path.startswith(f"{below}/"):
        return
    rel = entry.path[len(below) + 1 :] if below else entry.path
    for source in sources:
        yield from source.paths(rel)


class _Recovery:
    """The ways in which the files may have been sent, tried one after the other."""

    def __init__(
        self,
        layers: LayerFiles,
        diff_id: str,
        copy: CopySources,
        stored: str,
        entries: Mapping[str, LayerEntry],
        now: Mapping[str, Entry],
    ) -> None:
        self.layers = layers
        self.diff_id = diff_id
        self.copy = copy
        self.stored = stored
        self.entries = entries
        self.now = now
        self.by_layer_path = {entry.path: path for path, entry in entries.items()}
        self.by_path = {entry.path: entry for entry in entries.values()}
        self.folders = self._source_folders()

    def best(self) -> RecoveredFiles:
        """The files in the way that gives the stored checksum, else in that of the Docker CLI."""
        ways = list(self._ways())[:_MOST_WAYS]
        self.layers.sums(wanted for style, owner in ways for wanted in self._wanted(style, owner))  # one pass for all
        first: RecoveredFiles | None = None
        for style, owner in ways:
            for modes in self._folder_modes():
                sent = _Sent(self, style, owner, modes)
                try:
                    sources = sent.sum()
                except RefusedError as error:
                    raise NotKnownError(f"the layer lacks a source of the instruction: {error.what}") from None
                is_proven = sources.text == self.stored
                if first is None or is_proven:
                    first = RecoveredFiles(
                        sources, sent.headers, is_proven, style, owner, "", self.entries, self.diff_id
                    )
                if is_proven:
                    return first
        assert first is not None
        return replace(first, reason=self._why_not_proven())

    def _why_not_proven(self) -> str:
        if self.copy.name == "ADD" and any(
            path.endswith((".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")) for path in self.copy.sources
        ):
            return "ADD unpacks archives, so the layer has what was in them"
        if self.copy.owner:
            return "--chown and the client's headers leave no trace of the owners that were sent"
        return "another client may have sent them, or a source was another one then"

    def _ways(self) -> Iterator[tuple[HeaderStyle, tuple[int, int]]]:
        for style in _STYLES:
            if not style.owner:
                yield style, (0, 0)
        owners = dict.fromkeys([*((entry.uid, entry.gid) for entry in self.now.values()), *_USUAL_OWNERS])
        for owner, style in product(list(owners)[:4], _STYLES):
            if style.owner:
                yield style, owner

    def _source_folders(self) -> list[str]:
        """Folders that are sources: they count with their own mode, which the layer does not have."""
        folders: dict[str, None] = {}
        for text in self.copy.sources:
            source = _Source(text, self.now)
            named = source.matched_folders if source.glob is not None else [source.path] if not source.is_file else []
            folders.update(dict.fromkeys(name for name in named if name and name not in self.entries))
        return [name for name in folders if any(path.startswith(f"{name}/") for path in self.entries)]

    def _folder_modes(self) -> Iterator[Mapping[str, int]]:
        choices = []
        for folder in self.folders:
            known = self.now.get(folder)
            modes = dict.fromkeys([*([known.mode] if known is not None else []), *_FOLDER_MODES])
            choices.append(list(modes) if len(self.folders) <= _MOST_FOLDERS else list(modes)[:1])
        for modes_of in product(*choices):
            yield dict(zip(self.folders, modes_of, strict=True))

    def content(self, entry: LayerEntry) -> LayerEntry:
        """The entry with the content: of a hard link the file that it is another name of."""
        return self.by_path.get(entry.hard_link, entry) if entry.hard_link else entry

    def header(self, path: str, entry: LayerEntry, style: HeaderStyle, owner: tuple[int, int]) -> bytes:
        file = self.content(entry)
        first = self.by_layer_path.get(entry.hard_link) if entry.hard_link and style.hard_links else None
        mode = entry.mode if not entry.hard_link else file.mode
        known = self.now.get(path)
        if known is not None and known.mode & 0o777 == mode & 0o777 and entry.kind is Kind.FILE:
            mode = known.mode  # the bits that a change of the owner clears
        sent = Entry(
            path,
            entry.kind,
            mode,
            file.size if entry.kind is Kind.FILE else 0,
            entry.target,
            device=entry.device,
            capability=entry.capability,
            uid=owner[0],
            gid=owner[1],
        )
        return style.member(sent, first).header.summed()

    def _wanted(self, style: HeaderStyle, owner: tuple[int, int]) -> Iterator[Wanted]:
        for path, entry in self.entries.items():
            if entry.kind is Kind.FILE and not (entry.hard_link and style.hard_links):
                yield self.diff_id, self.content(entry), self.header(path, entry, style, owner)


class _Sent:
    """The files as one way of sending has them: a `SummedTree`."""

    def __init__(
        self, recovery: _Recovery, style: HeaderStyle, owner: tuple[int, int], modes: Mapping[str, int]
    ) -> None:
        self._recovery = recovery
        self._style = style
        self.headers = {path: recovery.header(path, entry, style, owner) for path, entry in recovery.entries.items()}
        nodes = {
            path: Node(Entry(path, entry.kind, entry.mode, entry.size, entry.target), self.headers[path])
            for path, entry in recovery.entries.items()
        }
        for path, mode in modes.items():
            sent = Entry(path, Kind.DIRECTORY, mode, uid=owner[0], gid=owner[1])
            self.headers[path] = style.member(sent).header.summed()
            nodes[path] = Node(sent, self.headers[path])
        for path in list(nodes):
            for above in parents(path):
                if above not in nodes:
                    nodes[above] = Node(Entry(above, Kind.DIRECTORY, 0))
        self.tree = Tree(nodes)

    def sum(self) -> SourcesSum:
        copy = self._recovery.copy
        return sum_sources(self, copy.sources, instruction=copy.name, destination=copy.destination)

    def of_folder(self, real: str) -> SourcesSum:
        problems: dict[str, Problem] = {}
        return sum_folder(self, real, problems)

    def sums_of(self, paths: Iterable[str]) -> dict[str, str]:
        recovery = self._recovery
        wanted: dict[str, Wanted] = {}
        for path in paths:
            header = self.headers.get(path)
            if header is None:
                continue
            entry = recovery.entries.get(path)
            has_content = (
                entry is not None and entry.kind is Kind.FILE and not (entry.hard_link and self._style.hard_links)
            )
            file = recovery.content(entry) if entry is not None and has_content else _NOTHING
            wanted[path] = (recovery.diff_id, file, header)
        sums = recovery.layers.sums(wanted.values())
        return {path: sums[diff_id, entry.number, header] for path, (diff_id, entry, header) in wanted.items()}

    def without_sum(self, path: str, real: str) -> str:  # noqa: ARG002
        return path

    def not_found(self, path: str) -> str:
        return f"{path} is not in the layer"


_NOTHING: Final = LayerEntry(-1, "", Kind.DIRECTORY, 0, 0, 0)
