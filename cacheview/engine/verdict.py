"""What the cache answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cacheview.model import Image

__all__ = ["StageKind", "Verdict", "VerdictOutcome"]


class VerdictOutcome(Enum):
    """The four answers."""

    HIT = "hit"
    MISS = "miss"
    ERROR = "error"
    DIVERGES = "diverges"  # the daemon would never return


class StageKind(Enum):
    """The stages of a probe, in the daemon's order."""

    CACHE_FROM = "cache from"
    LOCAL = "local cache"
    DESCENT = "source check"
    HISTORY = "history cache"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one probe.

    Attributes:
        image: what a hit returns; else None.
        stage: which stage gave the answer; None for a miss.
        local: the local cache's answer, also where it did not count.
        sources: what ``--cache-from`` brought in, in order.
        error: the daemon's words for an error; else empty.
    """

    outcome: VerdictOutcome
    image: Image | None = None
    stage: StageKind | None = None
    local: Image | None = None
    sources: tuple[Image, ...] = ()
    error: str = ""
