"""The files that a ``COPY`` or ``ADD`` was built with, found in the layer that the step created.

A layer has the files under their destination, owned by root. The sources of the instruction show the name of each where
it was copied from: the build context, or the image of ``--from``. Each way in which clients write headers, or releases
hash files of images, gives each file a possible sum. If the checksum of these sums is the one in the image's history,
the files are proven to be those that were copied; otherwise they are likely.
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
from cacheview.layers.files import LayerFiles, SumRequest
from cacheview.layers.header_styles import IMAGE_STYLES, SENDER_STYLES, SenderStyle, clients_of
from cacheview.layers.step_paths import by_source_path
from cacheview.model import Image

__all__ = ["RecoveredFiles", "recover_files"]

_FOLDER_MODES: Final = (0o755, 0o775, 0o700, 0o750, 0o777, 0o770, 0o2775)
_UMASK: Final = 0o022
_ROOT_OWNER: Final = (0, 0)
_USUAL_OWNERS: Final = ((1000, 1000), (1001, 1001), (1000, 0), (501, 20))
_MAX_TRIED_FOLDERS: Final = 2  # source folders whose modes are found by trying
_MAX_CHARACTERS: Final = 200
_MAX_FILES_FOR_ALL_STYLES: Final = 5_000  # with more, each style needs much memory
_MAX_FILES: Final = 20_000  # with more, comparing takes above 200 MB of memory
_CLIENTS_FOR_MANY_FILES: Final = ("docker-cli", "docker-cli-23", "docker-py")
_MAX_OWNERS: Final = 4  # of those that files have now; for each, all content is hashed again


_Owner = tuple[int, int] | None


@dataclass(frozen=True)
class RecoveredFiles:
    """The files that a step was built with, according to its layer.

    Attributes:
        sources: the checksum of the files, and each file with its own sum.
        headers: the bytes hashed before the content of each, by path.
        is_proven: whether the checksum is the one that the daemon stored.
        styles: the header styles that result in the checksum; for files that are only likely, the style of the Docker
            CLI.
        reason: why the files are only likely; empty if they are proven.
        entries: the entries of the layer, by path in the context.
        diff_id: of the layer.
    """

    sources: SourcesSum
    headers: Mapping[str, bytes]
    is_proven: bool
    styles: tuple[SenderStyle, ...]
    reason: str
    entries: Mapping[str, LayerEntry]
    diff_id: str

    @property
    def clients(self) -> tuple[Client, ...]:
        """The clients whose headers result in the stored checksum; empty: not known."""
        return clients_of(self.styles) if self.is_proven else ()

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
    if len(listing.entries) > _MAX_FILES:
        raise UnknownError(
            f"the step's layer has {len(listing.entries):,} files, but at most {_MAX_FILES:,} can be compared"
        )
    sources = CurrentSources(copy, now)
    entries = sources.under_real_paths(by_source_path(listing, image, layers, copy, sources.by_source_names()))
    if not entries:
        raise UnknownError("the step's layer contains none of the sources")
    return _Recovery(layers, listing.diff_id, copy, stored, entries, sources).best()


class _Recovery:
    """Tries the header styles and owners with which the files may have been sent."""

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
        owner_counts = Counter((entry.uid, entry.gid) for entry in now.values())
        self.owners = [owner for owner, _ in owner_counts.most_common(_MAX_OWNERS)]
        self.filled = {above for path in entries for above in parents(path)}
        self.folders = self._source_folders()
        self.tree = copied.with_others(entries, self.folders)
        self._places: dict[str, Sequence[tuple[str, str]]] = {}

    def best(self) -> RecoveredFiles:
        """Return the files in the styles that result in the stored checksum, otherwise in the first one."""
        first: RecoveredFiles | None = None
        for owner, styles in self._owners():
            attempts = [_FilesAsSent(self, sender_style, owner) for sender_style in styles]
            self._sum(attempts)
            proven: RecoveredFiles | None = None
            for attempt in attempts:
                result = self._recover(attempt)
                if result.is_proven:
                    proven = (
                        result if proven is None else replace(proven, styles=(*proven.styles, attempt.sender_style))
                    )
                first = first or result
            if proven is not None:
                return proven
        assert first is not None
        # The earlier target of a link that points outside the layer is not known, but may be the current one.
        outside = {path for path, entry in self.entries.items() if self._points_outside(path, entry)}
        files = tuple((path, path if path in outside else result) for path, result in first.sources.files)
        return replace(first, sources=replace(first.sources, files=files), reason=self._why_not_proven(outside))

    def _sum(self, attempts: Sequence[_FilesAsSent]) -> None:
        """Hash the files of some attempts, in one pass over the layer."""
        requests = ((each, name) for each in enumerate(attempts) for name in each[1].requests())
        named = (((place, path), result) for (place, _), (path, result) in requests)
        for (place, path), result in self.layers.sums_by(named).items():
            attempts[place].sums[path] = result

    def _recover(self, attempt: _FilesAsSent) -> RecoveredFiles:
        first: RecoveredFiles | None = None
        for modes in self._folder_modes(attempt.sender_style):
            attempt.set_folders(modes)
            try:
                sources = attempt.sum()
            except BuildRefusedError as error:
                raise UnknownError(
                    f"the layer does not contain one of the instruction's sources: {error.what}"
                ) from None
            is_proven = sources.text == self.stored
            if is_proven or first is None:
                headers = self.copied.headers(path for path, _ in sources.files if path not in attempt.headers)
                headers = {**headers, **attempt.headers}
                result = RecoveredFiles(
                    sources, headers, is_proven, (attempt.sender_style,), "", self.entries, self.diff_id
                )
                if is_proven:
                    return result
                first = result
        assert first is not None
        return first

    def _why_not_proven(self, outside: Collection[str]) -> str:
        if ":" not in self.stored:
            return "ADD downloaded the files, so their headers came from the download"
        if self.copy.name == "ADD" and any(
            path.endswith((".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")) for path in self.copy.sources
        ):
            return "ADD unpacks archives, so the layer contains their content rather than the archives themselves"
        if self.copy.owner:
            return "because of --chown, the layer does not show which owners the client sent"
        copied = (self.now[path] for path in self.entries if path in self.now)
        if self.copy.from_ and any((entry.uid, entry.gid) != (0, 0) for entry in copied):
            return "COPY does not keep the owners of the files that it copies from another image"
        if outside:
            link = min(outside)[:_MAX_CHARACTERS]
            return f"the checksum of a link covers the link's target, but the target of {link} was not copied"
        if self.copy.from_:
            return (
                "in the image that the files were copied from, owners, folder modes or sources may have been different"
            )
        return "a different client may have sent the files, or the sources may have been different"

    def _points_outside(self, path: str, entry: LayerEntry) -> bool:
        """Return whether an entry is a link to a file that was not copied, so the layer does not have it."""
        if entry.kind is not EntryKind.SYMLINK:
            return False
        try:
            real = self.tree.resolve(path)
        except ForbiddenPathError:  # the builder leaves it out
            return False
        return real in self.now and real not in self.entries and real not in self.folders

    def _owners(self) -> Iterator[tuple[_Owner, tuple[SenderStyle, ...]]]:
        """Yield owners in the order to try them, with the styles that write them; None: the current owner of each file.

        Root comes first, with all styles: for its files, styles with and without an owner are the same.
        """
        is_many = len(self.entries) > _MAX_FILES_FOR_ALL_STYLES
        styles: tuple[SenderStyle, ...] = IMAGE_STYLES
        if not self.copy.from_:
            styles = (
                tuple(
                    sender_style for sender_style in SENDER_STYLES if sender_style.clients[0] in _CLIENTS_FOR_MANY_FILES
                )
                if is_many
                else SENDER_STYLES
            )
        yield _ROOT_OWNER, styles
        styles_with_owner = tuple(sender_style for sender_style in styles if sender_style.style.sends_owner)
        current_owners = {(file.uid, file.gid) for path in self.entries if (file := self.now.get(path)) is not None}
        if current_owners - {_ROOT_OWNER}:
            yield None, styles_with_owner
        if is_many:
            return
        guesses = () if self.copy.from_ else _USUAL_OWNERS  # no owners are usual for files in an image
        for owner in dict.fromkeys([*self.owners, *guesses]):
            if owner != _ROOT_OWNER and {owner} != current_owners:
                yield owner, styles_with_owner

    def _source_folders(self) -> list[str]:
        """Return folders that are sources: they are hashed with their own mode, which the layer does not have."""
        folders: dict[str, None] = {}
        for source in self.copied.sources:
            named = source.matched_folders if source.glob is not None else [source.path] if not source.is_file else []
            folders.update(dict.fromkeys(name for name in named if name and name not in self.entries))
        return [name for name in folders if any(path.startswith(f"{name}/") for path in self.entries)]

    def _folder_modes(self, sender_style: SenderStyle) -> Iterator[Mapping[str, int]]:
        if not sender_style.sends_folders:
            yield dict.fromkeys(self.folders, 0o755)
            return
        choices = []
        for folder in self.folders:
            current = self.now.get(folder)
            now = [current.mode, current.mode & ~_UMASK] if current is not None else []
            modes = dict.fromkeys([*now, *_FOLDER_MODES])
            choices.append(list(modes) if len(self.folders) <= _MAX_TRIED_FOLDERS else list(modes)[:1])
        for modes_of in product(*choices):
            yield dict(zip(self.folders, modes_of, strict=True))

    def of_folder(self, files: _FilesAsSent, real: str) -> SourcesSum:
        """Return the checksum of a folder. The targets of links in it are resolved once for all styles."""
        places = self._places.get(real)
        if places is None:
            places = self._places[real] = folder_places(self.tree, real, {})
        return sum_places(files, places)

    def owner(self, path: str, owner: _Owner) -> tuple[int, int]:
        """Return the owner of a file: the one to try, or if that is None, its current one."""
        if owner is not None:
            return owner
        current = self.now.get(path)
        return (current.uid, current.gid) if current is not None else self.owners[0] if self.owners else (0, 0)

    def content(self, entry: LayerEntry) -> LayerEntry:
        """Return the entry with the content: for a hard link, the file for which it is another name."""
        return self.by_path.get(entry.hard_link, entry) if entry.hard_link else entry

    def header(self, path: str, entry: LayerEntry, sender_style: SenderStyle, owner: _Owner) -> bytes:
        """Return the bytes hashed before the content of a file; empty: it was sent without a header."""
        file = self.content(entry)
        has_first = entry.hard_link and sender_style.style.sends_hard_links
        first = self.by_layer_path.get(entry.hard_link) if has_first else None
        mode = entry.mode if not entry.hard_link else file.mode
        current = self.now.get(path)
        if current is not None and current.mode & 0o777 == mode & 0o777 and entry.kind is EntryKind.FILE:
            mode = current.mode  # the bits that a change of the owner clears
        uid, gid = self.owner(path, owner)
        sent_entry = Entry(
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
        return sender_style.header(sent_entry, first, is_empty=path not in self.filled)


class _FilesAsSent:
    """The files as sent in one style: a `TreeChecksums`.

    Attributes:
        headers: the bytes hashed before the content of each.
        sums: of each, once they are known.
    """

    def __init__(self, recovery: _Recovery, sender_style: SenderStyle, owner: _Owner) -> None:
        self._recovery = recovery
        self._owner = owner
        self.sender_style = sender_style
        self.headers = {
            path: recovery.header(path, entry, sender_style, owner) for path, entry in recovery.entries.items()
        }
        self.sums: dict[str, str] = {}
        self.tree = recovery.tree

    def requests(self) -> Iterator[tuple[str, SumRequest]]:
        """Yield the files to hash, by path."""
        recovery = self._recovery
        for path, header in self.headers.items():
            entry = recovery.entries.get(path)
            if header and entry is not None:
                has_content = entry.kind is EntryKind.FILE and not (
                    entry.hard_link and self.sender_style.style.sends_hard_links
                )
                yield path, (recovery.diff_id, recovery.content(entry) if has_content else _NO_CONTENT, header)

    def set_folders(self, modes: Mapping[str, int]) -> None:
        """Set the folders that are sources, and their modes."""
        for path, mode in modes.items():
            uid, gid = self._recovery.owner(path, self._owner)
            header = self.sender_style.header(
                Entry(path, EntryKind.DIRECTORY, mode, uid=uid, gid=gid), None, is_empty=False
            )
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
        result, others = {}, []
        for path in paths:
            if path in self.sums:
                result[path] = self.sums[path]
            elif path not in self.headers:
                others.append(path)
        return result | self._recovery.copied.sums_of(others, self.sender_style) if others else result

    def without_sum(self, path: str, real: str) -> str:
        return real if self._recovery.copy.from_ else path

    def not_found(self, path: str) -> str:
        return f"{path} is not in the layer"


_NO_CONTENT: Final = LayerEntry(-1, "", EntryKind.DIRECTORY, 0, 0, 0)
