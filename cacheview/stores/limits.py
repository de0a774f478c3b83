"""How much reading a store may cost before it is stopped: real stores stay far below."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps for hostile or broken data. What exceeds one is a problem or an error, never a full memory.

    `cacheview.stores.budget.Budget` counts against them, and gives larger files more.

    Attributes:
        document: bytes of one JSON document, or of one value in a line of a suite.
        line: bytes of a line of a suite that are read at once; of longer ones, lists are read element by element.
        held: bytes of the lines of a suite whose cases are held; the others are read again when they are looked at.
        documents: bytes of all JSON documents kept of one store.
        unpacked: bytes that come out of a compressed file, those that are skipped among them.
        members: entries of one archive.
        names: characters of their names.
        lines: of one suite, empty ones among them.
        errors: JSON objects on lines that are not a case.
        images: images of one store, or cases of one suite.
        probes: of all cases of one suite.
        references: ``--cache-from`` references of one probe.
        history: history entries of one image.
        histories: history entries of all images.
        layers: of all images.
        variants: manifests of all multi-platform images.
        memory: bytes that JSON documents and the objects made from them are estimated to take.
        seconds: of processor time.
        nesting: indexes within indexes.
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


DEFAULT_LIMITS = Limits()
