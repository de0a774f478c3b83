"""The files that a ``COPY`` or ``ADD`` was built with, found in the layer that the step created.

A layer has the files under their destination, owned by root. The sources of the instruction show the name of each where
it was copied from: the build context, or the image of ``--from``. Each way in which clients write headers, or releases
hash files of images, gives a possible sum. If their checksum is the one in the image's history, the files are proven to
be those that were copied; otherwise they are likely.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from cacheview.dockerfile.context.clients import Client
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.gopath import parents
from cacheview.dockerfile.context.sources import SourcesSum, folder_places, sum_places, sum_sources
from cacheview.dockerfile.context.tree import ForbiddenPathError
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.layers.current_files import CurrentFiles, CurrentSources
from cacheview.layers.entry import LayerEntry
from cacheview.layers.files import LayerFiles, Wanted
from cacheview.layers.header_styles import IMAGE_STYLES, SENDER_STYLES, SenderStyle, clients_of
from cacheview.layers.step_paths import by_source_path
from cacheview.model import Image

__all__ = ["RecoveredFiles", "recover_files"]

_FOLDER_MODES: Final = (0o755, 0o775, 0o700, 0o750, 0o777, 0o770, 0o2775)
_UMASK: Final = 0o022
_ROOT: Final = (0, 0)
_USUAL_OWNERS: Final = ((1000, 1000), (1001, 1001), (1000, 0), (501, 20))
_MOST_FOLDERS: Final = 2  # folders that are sources, whose modes are found by trying
_LONGEST: Final = 200
_MANY: Final = 5_000  # files for which each way needs much memory
_MOST: Final = 20_000  # files that are compared; with more, memory is above 200 MB
_FOR_MANY: Final = ("docker-cli", "docker-cli-23", "docker-py")
_MOST_OWNERS: Final = 4  # of those that files have now; each is another sum of all content


_Owner = tuple[int, int] | None


@dataclass(frozen=True)
class RecoveredFiles:
    """The files that a step was built with, according to its layer.

    Attributes:
        sources: the checksum of the files, and each file with its own sum.
        headers: the bytes hashed before the content of each, by path.
        is_proven: whether the checksum is the one that the daemon stored.
        ways: the ways to write headers that give the checksum; for files that are only likely, that of the Docker CLI.
        reason: why the files are only likely; empty if they are proven.
        entries: the entries of the layer, by path in the context.
        diff_id: of the layer.
    """

    sources: SourcesSum
    headers: Mapping[str, bytes]
    is_proven: bool
    ways: tuple[SenderStyle, ...]
    reason: str
    entries: Mapping[str, LayerEntry]
    diff_id: str

    @property
    def clients(self) -> tuple[Client, ...]:
        """The clients whose headers give the stored checksum; empty: not known."""
        return clients_of(self.ways) if self.is_proven else ()

    def content_of(self, path: str) -> LayerEntry | None:
        """Return the entry of the layer with the content of a file; None: there is none."""
        entry = self.entries.get(path)
        if entry is not None and entry.hard_link:
            entry = next((each for each in self.entries.values() if each.path == entry.hard_link), None)
        return entry if entry is not None and entry.kind is EntryKind.FILE else None


def recover_files(
    layers: LayerFiles, image: Image, copy: CopySources, stored: str, now: CurrentFiles
) -> RecoveredFiles:
    """Find the files of the step that created an image.

    Args:
        layers: of the store.
        image: the result of the step; its last layer is the step's.
        copy: the current instruction.
        stored: the checksum in the image's history, such as ``dir:…``.
        now: the current files to copy from. They show which sources are folders, the owners of files, and the targets
            of links that are not in the layer.

    Raises:
        UnknownError: the layer does not show the files; with the reason.
        LayerUnavailableError, LayerError: it cannot be read.
    """
    if not image.history or image.history[-1].empty_layer or not image.diff_ids:
        raise UnknownError("the image does not record a layer for this step")
    listing = layers.listing(image.diff_ids[-1])
    if len(listing.entries) > _MOST:
        raise UnknownError(f"the step's layer has {len(listing.entries):,} files; at most {_MOST:,} are compared")
    sources = CurrentSources(copy, now)
    entries = sources.led_to(by_source_path(listing, image, layers, copy, sources.by_their_names()))
    if not entries:
        raise UnknownError("the step's layer contains none of the sources")
    return _Recovery(layers, listing.diff_id, copy, stored, entries, sources).best()


class _Recovery:
    """The ways in which the files may have been sent, tried one after another."""

    def __init__(
        self,
        layers: LayerFiles,
        diff_id: str,
        copy: CopySources,
        stored: str,
        entries: Mapping[str, LayerEntry],
        copied: CurrentSources,
    ) -> None:
        self.layers = layers
        self.diff_id = diff_id
        self.copy = copy
        self.stored = stored
        self.entries = entries
        self.copied = copied
        self.now = now = copied.entries
        self.by_layer_path = {entry.path: path for path, entry in entries.items()}
        self.by_path = {entry.path: entry for entry in entries.values()}
        counted = Counter((entry.uid, entry.gid) for entry in now.values())
        self.owners = [owner for owner, _ in counted.most_common(_MOST_OWNERS)]
        self.filled = {above for path in entries for above in parents(path)}
        self.folders = self._source_folders()
        self.tree = copied.with_others(entries, self.folders)
        self._places: dict[str, Sequence[tuple[str, str]]] = {}

    def best(self) -> RecoveredFiles:
        """Return the files in the ways that give the stored checksum, otherwise in the first one."""
        first: RecoveredFiles | None = None
        for owner, ways in self._owners():
            tried = [_FilesAsSent(self, way, owner) for way in ways]
            self._sum(tried)
            proven: RecoveredFiles | None = None
            for sent in tried:
                result = self._in_way(sent)
                if result.is_proven:
                    proven = result if proven is None else replace(proven, ways=(*proven.ways, sent.way))
                first = first or result
            if proven is not None:
                return proven
        assert first is not None
        # The former target of a link out of the layer is not known, but may be the current target.
        out = {path for path, entry in self.entries.items() if self._leads_out(path, entry)}
        files = tuple((path, path if path in out else result) for path, result in first.sources.files)
        return replace(first, sources=replace(first.sources, files=files), reason=self._why_not_proven(out))

    def _sum(self, tried: Sequence[_FilesAsSent]) -> None:
        """Hash the files in some ways, in one pass over the layer."""
        wanted = ((each, name) for each in enumerate(tried) for name in each[1].wanted())
        named = (((place, path), result) for (place, _), (path, result) in wanted)
        for (place, path), result in self.layers.sums_by(named).items():
            tried[place].sums[path] = result

    def _in_way(self, sent: _FilesAsSent) -> RecoveredFiles:
        first: RecoveredFiles | None = None
        for modes in self._folder_modes(sent.way):
            sent.set_folders(modes)
            try:
                sources = sent.sum()
            except BuildRefusedError as error:
                raise UnknownError(f"the layer does not contain a source of the instruction: {error.what}") from None
            is_proven = sources.text == self.stored
            if is_proven or first is None:
                headers = self.copied.headers(path for path, _ in sources.files if path not in sent.headers)
                headers = {**headers, **sent.headers}
                result = RecoveredFiles(sources, headers, is_proven, (sent.way,), "", self.entries, self.diff_id)
                if is_proven:
                    return result
                first = result
        assert first is not None
        return first

    def _why_not_proven(self, out: Collection[str]) -> str:
        if ":" not in self.stored:
            return "ADD downloaded them, so their headers came from the download"
        if self.copy.name == "ADD" and any(
            path.endswith((".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")) for path in self.copy.sources
        ):
            return "ADD unpacks archives, so the layer has their content instead"
        if self.copy.owner:
            return "because of --chown, the layer does not show which owners the client sent"
        mine = (self.now[path] for path in self.entries if path in self.now)
        if self.copy.from_ and any((entry.uid, entry.gid) != (0, 0) for entry in mine):
            return "COPY does not keep the owners that the files had in the image"
        if out:
            return f"a link counts as its target, and {min(out)[:_LONGEST]} points outside the copied files"
        if self.copy.from_:
            return "owners, folder modes or other sources may have been different in the image"
        return "a different client may have sent them, or the source may have been different"

    def _leads_out(self, path: str, entry: LayerEntry) -> bool:
        """Return whether an entry is a link to a file that was not copied, so the layer does not have it."""
        if entry.kind is not EntryKind.SYMLINK:
            return False
        try:
            real = self.tree.resolve(path)
        except ForbiddenPathError:  # the builder leaves it out
            return False
        return real in self.now and real not in self.entries and real not in self.folders

    def _owners(self) -> Iterator[tuple[_Owner, tuple[SenderStyle, ...]]]:
        """Yield owners in the order to try them, with the ways that write them; None: the current owner of each file.

        Root comes first, with all ways: for its files, ways that write an owner and those that write none are the same.
        """
        is_many = len(self.entries) > _MANY
        ways: tuple[SenderStyle, ...] = IMAGE_STYLES
        if not self.copy.from_:
            ways = tuple(way for way in SENDER_STYLES if way.clients[0] in _FOR_MANY) if is_many else SENDER_STYLES
        yield _ROOT, ways
        writing = tuple(way for way in ways if way.style.sends_owner)
        owned = {(known.uid, known.gid) for path in self.entries if (known := self.now.get(path)) is not None}
        if owned - {_ROOT}:
            yield None, writing
        if is_many:
            return
        guesses = () if self.copy.from_ else _USUAL_OWNERS  # no owners are usual for files in an image
        for owner in dict.fromkeys([*self.owners, *guesses]):
            if owner != _ROOT and {owner} != owned:
                yield owner, writing

    def _source_folders(self) -> list[str]:
        """Return folders that are sources: they are hashed with their own mode, which the layer does not have."""
        folders: dict[str, None] = {}
        for source in self.copied.sources:
            named = source.matched_folders if source.glob is not None else [source.path] if not source.is_file else []
            folders.update(dict.fromkeys(name for name in named if name and name not in self.entries))
        return [name for name in folders if any(path.startswith(f"{name}/") for path in self.entries)]

    def _folder_modes(self, way: SenderStyle) -> Iterator[Mapping[str, int]]:
        if not way.sends_folders:
            yield dict.fromkeys(self.folders, 0o755)
            return
        choices = []
        for folder in self.folders:
            known = self.now.get(folder)
            now = [known.mode, known.mode & ~_UMASK] if known is not None else []
            modes = dict.fromkeys([*now, *_FOLDER_MODES])
            choices.append(list(modes) if len(self.folders) <= _MOST_FOLDERS else list(modes)[:1])
        for modes_of in product(*choices):
            yield dict(zip(self.folders, modes_of, strict=True))

    def of_folder(self, sent: _FilesAsSent, real: str) -> SourcesSum:
        """Return the checksum of a folder. The targets of links in it are resolved once for all ways."""
        places = self._places.get(real)
        if places is None:
            places = self._places[real] = folder_places(self.tree, real, {})
        return sum_places(sent, places)

    def owner(self, path: str, owner: _Owner) -> tuple[int, int]:
        """Return the owner of a file: the one to try, or if that is None, its current one."""
        if owner is not None:
            return owner
        known = self.now.get(path)
        return (known.uid, known.gid) if known is not None else self.owners[0] if self.owners else (0, 0)

    def content(self, entry: LayerEntry) -> LayerEntry:
        """Return the entry with the content: for a hard link, the file for which it is another name."""
        return self.by_path.get(entry.hard_link, entry) if entry.hard_link else entry

    def header(self, path: str, entry: LayerEntry, way: SenderStyle, owner: _Owner) -> bytes:
        """Return the bytes hashed before the content of a file; empty: it was sent without a header."""
        file = self.content(entry)
        has_first = entry.hard_link and way.style.sends_hard_links
        first = self.by_layer_path.get(entry.hard_link) if has_first else None
        mode = entry.mode if not entry.hard_link else file.mode
        known = self.now.get(path)
        if known is not None and known.mode & 0o777 == mode & 0o777 and entry.kind is EntryKind.FILE:
            mode = known.mode  # the bits that a change of the owner clears
        uid, gid = self.owner(path, owner)
        sent = Entry(
            path,
            entry.kind,
            mode,
            file.size if entry.kind is EntryKind.FILE else 0,
            entry.target,
            device=entry.device,
            capability=entry.capability,
            uid=uid,
            gid=gid,
        )
        return way.header(sent, first, is_empty=path not in self.filled)


class _FilesAsSent:
    """The files as sent in one way: a `TreeChecksums`.

    Attributes:
        headers: the bytes hashed before the content of each.
        sums: of each, once they are known.
    """

    def __init__(self, recovery: _Recovery, way: SenderStyle, owner: _Owner) -> None:
        self._recovery = recovery
        self._owner = owner
        self.way = way
        self.headers = {path: recovery.header(path, entry, way, owner) for path, entry in recovery.entries.items()}
        self.sums: dict[str, str] = {}
        self.tree = recovery.tree

    def wanted(self) -> Iterator[tuple[str, Wanted]]:
        """Yield the files to hash, by path."""
        recovery = self._recovery
        for path, header in self.headers.items():
            entry = recovery.entries.get(path)
            if header and entry is not None:
                has_content = entry.kind is EntryKind.FILE and not (entry.hard_link and self.way.style.sends_hard_links)
                yield path, (recovery.diff_id, recovery.content(entry) if has_content else _NOTHING, header)

    def set_folders(self, modes: Mapping[str, int]) -> None:
        """Set the folders that are sources, and their modes."""
        for path, mode in modes.items():
            uid, gid = self._recovery.owner(path, self._owner)
            header = self.way.header(Entry(path, EntryKind.DIRECTORY, mode, uid=uid, gid=gid), None, is_empty=False)
            self.headers[path] = header
            self.sums.pop(path, None)
            if header:
                self.sums[path] = hashlib.sha256(header).hexdigest()

    def sum(self) -> SourcesSum:
        copy = self._recovery.copy
        return sum_sources(self, copy.sources, instruction=copy.name, destination=copy.destination)

    def of_folder(self, real: str) -> SourcesSum:
        return self._recovery.of_folder(self, real)

    def sums_of(self, paths: Iterable[str]) -> dict[str, str]:
        result, beside = {}, []
        for path in paths:
            if path in self.sums:
                result[path] = self.sums[path]
            elif path not in self.headers:
                beside.append(path)
        return result | self._recovery.copied.sums_of(beside, self.way) if beside else result

    def without_sum(self, path: str, real: str) -> str:
        return real if self._recovery.copy.from_ else path

    def not_found(self, path: str) -> str:
        return f"{path} is not in the layer"


_NOTHING: Final = LayerEntry(-1, "", EntryKind.DIRECTORY, 0, 0, 0)
