"""How much a store may hold before reading it is refused: real stores stay far below."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps for hostile or broken data. What exceeds one is a problem or an error, never a full memory.

    Attributes:
        document: bytes of one JSON document, or of one line of a suite.
        documents: bytes of all JSON documents kept of one archive.
        members: entries of one archive.
        images: images of one store, or cases of one suite.
        history: history entries of one image.
        nesting: indexes within indexes.
    """

    document: int = 64 * _MIB
    documents: int = 1024 * _MIB
    members: int = 2_000_000
    images: int = 200_000
    history: int = 100_000
    nesting: int = 4


DEFAULT_LIMITS = Limits()
