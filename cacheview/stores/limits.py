"""Limits on the cost of reading a store. Real stores stay far below them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for hostile or broken data. Exceeding one is a problem or an error, and memory never runs out.

    `cacheview.stores.budget.Budget` counts against them, and increases them for larger files.

    Attributes:
        document: bytes of one JSON document, or of one value in a line of a suite.
        line: bytes of a line of a suite that is read at once. In longer lines, lists are read element by element.
        held: bytes of a suite's lines whose cases stay in memory. Other cases are read again when they are shown.
        documents: bytes of all JSON documents kept for one store.
        unpacked: bytes decompressed from a file, including skipped ones.
        members: entries of one archive.
        names: characters of the names of these entries.
        lines: lines of one suite, including empty ones.
        errors: lines of a suite with a JSON object that is not a case.
        images: images of one store, or cases of one suite.
        probes: probes of all cases of one suite.
        references: ``--cache-from`` references of one probe.
        history: history entries of one image.
        histories: history entries of all images.
        layers: layers of all images.
        variants: manifests of all multi-platform images.
        memory: estimated bytes of memory of JSON documents and the objects created from them.
        seconds: seconds of processor time.
        nesting: depth of indexes within indexes.
    """

    document: int = 64 * _MIB
    line: int = _MIB
    held: int = 32 * _MIB
    documents: int = 256 * _MIB
    unpacked: int = 2048 * _MIB
    members: int = 500_000
    names: int = 32 * _MIB
    lines: int = 12_000_000
    errors: int = 100_000
    images: int = 200_000
    probes: int = 500_000
    references: int = 20_000
    history: int = 100_000
    histories: int = 2_000_000
    layers: int = 2_000_000
    variants: int = 2_000_000
    memory: int = 512 * _MIB
    seconds: float = 45.0
    nesting: int = 4

    def refused_history(self, entries: int) -> str:
        """Return why an image is refused with this many history entries (``has 3 …``); empty if it is not."""
        if entries <= self.history:
            return ""
        return f"has {entries:,} entries, but at most {self.history:,} can be read"


DEFAULT_LIMITS = Limits()
