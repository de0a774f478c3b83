"""What the cache answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cacheview.engine.doubts import Doubted
from cacheview.model import Aspect, Image

__all__ = ["StageKind", "UnknownAnswer", "Verdict", "VerdictOutcome", "Why"]


class VerdictOutcome(Enum):
    """The daemon's five answers, and the sixth that is not one: what is known does not decide between them."""

    HIT = "hit"
    MISS = "miss"
    ERROR = "error"
    DIVERGES = "diverges"  # the daemon would never return
    PANIC = "panic"  # the daemon panics and the build fails
    UNKNOWN = "unknown"  # the store does not report enough


class StageKind(Enum):
    """The stages of a probe, in the daemon's order."""

    CACHE_FROM = "cache from"
    LOCAL = "local cache"
    DESCENT = "source check"
    HISTORY = "history cache"


class Why(Enum):
    """Why an answer is an error, a panic or divergence; and of a miss, that nothing was looked up at all."""

    REFERENCE_NOT_FOUND = "a --cache-from reference is not found"
    PARENT_NOT_FOUND = "the parent is not in the store"
    PARENT_OF_OTHER_PLATFORM = "the parent is for a different platform"
    RESTORE_FAILED = "the image of the step cannot be created from the source"
    RESTORED_BEFORE = "the image of the step exists from an earlier build"
    TOO_FEW_LAYERS = "the source's history has more steps with a layer than the source has layers"
    ASKS_ITSELF = "neither the source nor the local match records a parent"
    PARENT_CYCLE = "the recorded parents of the source form a cycle"
    SCRATCH_NOT_LOOKED_UP = "a step FROM scratch is not looked up"


@dataclass(frozen=True, slots=True)
class UnknownAnswer:
    """What an answer may be where it is not known.

    Attributes:
        as_known: the answer if every value were as the store reports it.
        outcomes: that are possible, the daemon's five alone; a value that is not known may allow all of them.
        images: that a hit may be of, the most likely first, as far as they are in the store.
        others: other images than these may be hit too.
        doubted: the doubts that it rests on, with how many images each concerns.
    """

    as_known: Verdict
    outcomes: frozenset[VerdictOutcome]
    images: tuple[Image, ...]
    others: bool
    doubted: tuple[Doubted, ...]

    @property
    def aspects(self) -> frozenset[Aspect]:
        """What of images is not known and decides."""
        return frozenset(each.doubt.aspect for each in self.doubted)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one probe.

    Attributes:
        image: what a hit returns; otherwise None. One that the cache created is not in the store.
        stage: which stage gave the answer; None for a miss and for what is not known.
        local: the local cache's answer, also where it did not count.
        sources: what ``--cache-from`` brought in, in order.
        error: the daemon's words for an error or a panic; otherwise empty.
        is_new: the cache created the image of the hit.
        perhaps: of an image that the cache created: the image of the store that it is, if an earlier build created that
            very image, which is not known; None: it is none of them.
        set_parent: by image id, the parent that the answer recorded in the store.
        narrowed: the source that is the only one from now on; None: the sources are as before.
        why: see `Why`; None if the outcome and the stage say it.
        source: the source whose history continues with the step, whatever came of it; None if there is none.
        unknown: of an unknown answer, what it may be; otherwise None.
    """

    outcome: VerdictOutcome
    image: Image | None = None
    stage: StageKind | None = None
    local: Image | None = None
    sources: tuple[Image, ...] = ()
    error: str = ""
    is_new: bool = False
    perhaps: Image | None = None
    set_parent: Mapping[str, str] = field(default_factory=dict)
    narrowed: Image | None = None
    why: Why | None = None
    source: Image | None = None
    unknown: UnknownAnswer | None = None

    @property
    def sources_after(self) -> tuple[Image, ...]:
        """The sources that the next probe of the same build is looked up in."""
        return self.sources if self.narrowed is None else (self.narrowed,)

    @property
    def as_known(self) -> Verdict:
        """The answer if every value were as the store reports it."""
        return self.unknown.as_known if self.unknown is not None else self
