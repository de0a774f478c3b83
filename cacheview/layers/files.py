"""The files of the layers of one store: listings and sums, read when they are asked for and remembered."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing

from cacheview.layers.entry import LayerEntry
from cacheview.layers.listing import Listing, RootFile, root_of
from cacheview.layers.remembered import LayerMemory
from cacheview.layers.source import LayerSource, Report

__all__ = ["LayerFiles", "Wanted", "first_bytes"]

Wanted = tuple[str, LayerEntry, bytes]
"""A sum that is asked for: the layer with the content, the entry there that has it, and what is summed before it."""


def _silent(_bytes: int, _what: str) -> None:
    pass


class LayerFiles:
    """Listings and sums over one store.

    Args:
        source: where the content comes from.
        memory: what is known already, and what to add to.
        report: called while a layer is read; it may raise anything, to stop.
    """

    def __init__(self, source: LayerSource, memory: LayerMemory | None = None, report: Report = _silent) -> None:
        self._source = source
        self.memory = memory if memory is not None else LayerMemory()
        self._report = report
        self._roots: dict[tuple[str, ...], Mapping[str, RootFile]] = {}

    def listing(self, diff_id: str) -> Listing:
        """The entries of a layer. Raises `LayerUnavailableError`, `LayerError`."""
        known = self.memory.listing(diff_id)
        if known is None:
            known = Listing(diff_id, tuple(self._source.entries(diff_id, self._report)))
            self.memory.keep(known)
        return known

    def root(self, diff_ids: Sequence[str]) -> Mapping[str, RootFile]:
        """The files of an image with these layers, bottom first. Raises as `listing`."""
        key = tuple(diff_ids)
        if key not in self._roots:
            self._roots = {key: root_of([self.listing(diff_id) for diff_id in diff_ids])}  # the last is asked for again
        return self._roots[key]

    def sums(self, wanted: Iterable[Wanted]) -> dict[tuple[str, int, bytes], str]:
        """The sha256 of some bytes followed by the content of a file, for each that is asked for.

        Returns:
            hex digits by layer, entry number and the bytes before the content.

        Raises:
            LayerUnavailableError, LayerError: as `listing`.
        """
        found: dict[tuple[str, int, bytes], str] = {}
        unread: dict[str, dict[int, tuple[LayerEntry, list[bytes]]]] = {}
        for diff_id, entry, before in wanted:
            known = self.memory.sums(diff_id).get(_key(entry.number, before)) if entry.size else _digest(before)
            if known is not None:
                found[diff_id, entry.number, before] = known
                continue
            heads = unread.setdefault(diff_id, {}).setdefault(entry.number, (entry, []))[1]
            if before not in heads:
                heads.append(before)
        for diff_id, files in unread.items():
            found.update(self._read(diff_id, files))
        return found

    def content(self, diff_id: str, entry: LayerEntry, most: int) -> bytes:
        """The first bytes of a file's content. Raises `LayerUnavailableError`, `LayerError`."""
        if not entry.size or most <= 0:
            return b""
        with closing(self._source.contents(diff_id, {entry.number: entry}, self._report)) as files:
            return first_bytes(itertools.chain.from_iterable(pieces for _, pieces in files), most)

    def _read(
        self, diff_id: str, files: Mapping[int, tuple[LayerEntry, list[bytes]]]
    ) -> dict[tuple[str, int, bytes], str]:
        self.listing(diff_id)  # sums are remembered beside it
        found: dict[tuple[str, int, bytes], str] = {}
        entries = {number: entry for number, (entry, _) in files.items()}
        for number, pieces in self._source.contents(diff_id, entries, self._report):
            heads = files[number][1]
            digests = [hashlib.sha256(before) for before in heads]
            for piece in pieces:
                for digest in digests:
                    digest.update(piece)
            for before, digest in zip(heads, digests, strict=True):
                found[diff_id, number, before] = digest.hexdigest()
        self.memory.keep_sums(diff_id, {_key(number, before): value for (_, number, before), value in found.items()})
        return found


def first_bytes(pieces: Iterable[bytes], most: int) -> bytes:
    """The beginning of a content that comes in pieces. Raises what reading it raises."""
    found = bytearray()
    for piece in pieces:
        found += piece[: most - len(found)]
        if len(found) >= most:
            break
    return bytes(found)


def _digest(before: bytes) -> str:
    return hashlib.sha256(before).hexdigest()


def _key(number: int, before: bytes) -> str:
    """A sum's name in what is remembered: the file, and what stands before its content."""
    return f"{number}:{_digest(before)[:32]}"
