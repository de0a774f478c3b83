"""The files of the layers of one store: listings and sums, read on demand and cached."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Final, Generic, TypeVar

from cacheview.layers.entry import LayerEntry
from cacheview.layers.layer_memory import LayerMemory
from cacheview.layers.listing import Listing, RootFile, root_of
from cacheview.layers.source import LayerSource, Report
from cacheview.model.effort import separate_limits

__all__ = ["LayerFiles", "SumRequest", "first_bytes"]

SumRequest = tuple[str, LayerEntry, bytes]
"""A checksum to compute: the layer with the content, the entry there that has it, and the bytes hashed before it."""

_Name = TypeVar("_Name")
_MAX_KEPT_FILE_BYTES: Final = 1 << 20  # of a file that is kept while it is needed under several names


def _silent(_bytes: int, _what: str) -> None:
    pass


class _UnreadFile(Generic[_Name]):
    """A file to read, and the names for its sums, each with the bytes before the content."""

    __slots__ = ("entry", "names")

    def __init__(self, entry: LayerEntry) -> None:
        self.entry = entry
        self.names: list[tuple[bytes, _Name]] = []


class LayerFiles:
    """Listings and sums for one store.

    Args:
        source: provides the content.
        memory: earlier results, to which new ones are added.
        report: called while a layer is read; it may raise any exception to stop.
    """

    def __init__(self, source: LayerSource, memory: LayerMemory | None = None, report: Report = _silent) -> None:
        self._source = source
        self.memory = memory if memory is not None else LayerMemory()
        self._report = report
        self._roots: dict[tuple[tuple[str, ...], tuple[int, ...]], Mapping[str, RootFile]] = {}

    def listing(self, diff_id: str) -> Listing:
        """Return the entries of a layer. Raises `LayerUnavailableError`, `LayerError`."""
        listing = self.memory.listing(diff_id)
        if listing is None:
            with separate_limits():  # layers have their own limits
                listing = Listing(diff_id, tuple(self._source.entries(diff_id, self._report)))
            self.memory.keep(listing, on_disk=self._source.has_stable_numbers(diff_id))
        return listing

    def root(self, diff_ids: Sequence[str], committed: Sequence[int] = ()) -> Mapping[str, RootFile]:
        """Return the files of an image with these layers, bottom first; ``committed``: see `root_of`.

        Raises like `listing`.
        """
        key = (tuple(diff_ids), tuple(committed))
        if key not in self._roots:  # the last one is used repeatedly
            self._roots = {key: root_of([self.listing(diff_id) for diff_id in diff_ids], committed)}
        return self._roots[key]

    def unpacked_folder(self, path: str, file: RootFile) -> LayerEntry | None:
        """Return a folder for which a layer has no entry, as it is in the store; None: not known.

        Raises `LayerUnavailableError`, `LayerError`.
        """
        return self._source.unpacked_folder(file.implied_by, path, file.entry if file.diff_id else None)

    def sums(self, requests: Iterable[SumRequest]) -> dict[tuple[str, int, bytes], str]:
        """Return the sha256 of some bytes followed by the content of a file, for each request.

        Returns:
            hex digits by layer, entry number and the bytes before the content.

        Raises:
            LayerUnavailableError, LayerError: like `listing`.
        """
        keyed = (((diff_id, entry.number, before), (diff_id, entry, before)) for diff_id, entry, before in requests)
        return self.sums_by(keyed)

    def sums_by(self, requests: Iterable[tuple[_Name, SumRequest]]) -> dict[_Name, str]:
        """Return the same as `sums`, each under a given name. Files are read in one pass over each layer."""
        named_sums: dict[_Name, str] = {}
        unread: dict[str, dict[int, _UnreadFile[_Name]]] = {}
        for name, (diff_id, entry, before) in requests:
            cached = self.memory.sums(diff_id).get(_key(entry.number, before)) if entry.size else _digest(before)
            if cached is not None:
                named_sums[name] = cached
            else:
                unread.setdefault(diff_id, {}).setdefault(entry.number, _UnreadFile(entry)).names.append((before, name))
        for diff_id, files in unread.items():
            with separate_limits():
                self._read(diff_id, files, named_sums)
        return named_sums

    def content(self, diff_id: str, entry: LayerEntry, limit: int) -> bytes:
        """Return the beginning of a file's content. Raises `LayerUnavailableError`, `LayerError`."""
        if not entry.size or limit <= 0:
            return b""
        with closing(self._source.contents(diff_id, {entry.number: entry}, self._report)) as files:
            return first_bytes(itertools.chain.from_iterable(pieces for _, pieces in files), limit)

    def contents(
        self, requests: Iterable[tuple[_Name, tuple[str, LayerEntry]]]
    ) -> Iterator[tuple[_Name, Iterable[bytes]]]:
        """Yield files of layers with their content under the given names. Read each to its end before the next.

        Each layer is read once, and once more for each further name of a large file. Raises like `listing`.
        """
        left = list(requests)
        while left:
            passes: dict[str, dict[int, LayerEntry]] = {}
            names: dict[tuple[str, int], list[_Name]] = {}
            again = []
            for name, (diff_id, entry) in left:
                if not entry.size:
                    yield name, ()
                elif (diff_id, entry.number) in names and entry.size > _MAX_KEPT_FILE_BYTES:
                    again.append((name, (diff_id, entry)))
                else:
                    passes.setdefault(diff_id, {})[entry.number] = entry
                    names.setdefault((diff_id, entry.number), []).append(name)
            for diff_id, files in passes.items():
                with closing(self._source.contents(diff_id, files, self._report)) as result:
                    for number, pieces in result:
                        first, *others = names[diff_id, number]
                        kept = [b"".join(pieces)] if others else pieces
                        yield first, kept
                        yield from ((other, kept) for other in others)
            left = again

    def _read(self, diff_id: str, files: dict[int, _UnreadFile[_Name]], named_sums: dict[_Name, str]) -> None:
        """Read files of a layer, freeing each after it has been read."""
        self.listing(diff_id)  # sums are stored with it
        entries = {number: unread.entry for number, unread in files.items()}
        for number, pieces in self._source.contents(diff_id, entries, self._report):
            names = files.pop(number).names
            digests = {before: hashlib.sha256(before) for before, _ in names}
            for piece in pieces:
                for digest in digests.values():
                    digest.update(piece)
            sums = {before: digest.hexdigest() for before, digest in digests.items()}
            named_sums.update((name, sums[before]) for before, name in names)
            self.memory.keep_sums(diff_id, {_key(number, before): value for before, value in sums.items()})


def first_bytes(pieces: Iterable[bytes], limit: int) -> bytes:
    """Return the beginning of content that arrives in pieces. Raises the errors of reading it."""
    result = bytearray()
    for piece in pieces:
        result += piece[: limit - len(result)]
        if len(result) >= limit:
            break
    return bytes(result)


def _digest(before: bytes) -> str:
    return hashlib.sha256(before).hexdigest()


def _key(number: int, before: bytes) -> str:
    """Return the key of a cached sum: the file, and the bytes before its content."""
    return f"{number}:{_digest(before)[:32]}"
