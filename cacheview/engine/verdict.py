"""What the cache answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cacheview.model import Image

__all__ = ["StageKind", "Verdict", "VerdictOutcome"]


class VerdictOutcome(Enum):
    """The five answers."""

    HIT = "hit"
    MISS = "miss"
    ERROR = "error"
    DIVERGES = "diverges"  # the daemon would never return
    PANIC = "panic"  # the build ends with a fault of the daemon


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
        image: what a hit returns; else None. One that the cache made anew is not in the store.
        stage: which stage gave the answer; None for a miss.
        local: the local cache's answer, also where it did not count.
        sources: what ``--cache-from`` brought in, in order.
        error: the daemon's words for an error or a panic; else empty.
        is_new: the image of the hit was made anew.
        set_parent: by image id, the parent that the answer recorded in the store.
        narrowed: the source that is the only one from now on; None: the sources are as before.
    """

    outcome: VerdictOutcome
    image: Image | None = None
    stage: StageKind | None = None
    local: Image | None = None
    sources: tuple[Image, ...] = ()
    error: str = ""
    is_new: bool = False
    set_parent: Mapping[str, str] = field(default_factory=dict)
    narrowed: Image | None = None

    @property
    def sources_after(self) -> tuple[Image, ...]:
        """The sources that the next probe of the same build is put to."""
        return self.sources if self.narrowed is None else (self.narrowed,)
