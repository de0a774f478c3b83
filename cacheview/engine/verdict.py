"""The answer of the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cacheview.engine.doubts import DoubtCount
from cacheview.model import Aspect, Image

__all__ = ["StageKind", "UnknownAnswer", "Verdict", "VerdictOutcome", "VerdictReason"]


class VerdictOutcome(Enum):
    """The daemon's five answers, and a sixth for when the known facts do not decide between them."""

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


class VerdictReason(Enum):
    """The reason for an error, a panic or divergence, or for a miss without any lookup."""

    REFERENCE_NOT_FOUND = "a --cache-from reference is not found"
    PARENT_NOT_FOUND = "the parent is not in the store"
    PARENT_OF_OTHER_PLATFORM = "the parent is for a different platform"
    RESTORE_FAILED = "the image of the step cannot be created from the source"
    RESTORED_BEFORE = "the image of the step already exists from an earlier build"
    TOO_FEW_LAYERS = "the source's history has more steps with a layer than the source has layers"
    ASKS_ITSELF = "neither the source nor the local match records a parent"
    PARENT_CYCLE = "the recorded parents of the source form a cycle"
    SCRATCH_NOT_LOOKED_UP = "a FROM scratch step is not looked up"


@dataclass(frozen=True, slots=True)
class UnknownAnswer:
    """The possible answers if the answer is not known.

    Attributes:
        as_known: the answer if every value were as the store reports it.
        outcomes: the possible ones, only of the daemon's five; an unknown value may allow all of them.
        images: the images in the store that may be hit, the most likely first.
        may_hit_others: whether other images may be hit too.
        doubts: the doubts that it depends on, each with the number of affected images.
    """

    as_known: Verdict
    outcomes: frozenset[VerdictOutcome]
    images: tuple[Image, ...]
    may_hit_others: bool
    doubts: tuple[DoubtCount, ...]

    @property
    def aspects(self) -> frozenset[Aspect]:
        """The unknown aspects of images that the answer depends on."""
        return frozenset(each.doubt.aspect for each in self.doubts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one probe.

    Attributes:
        image: the image of a hit; otherwise None. If the cache created it, it is not in the store.
        stage: the stage that gave the answer; None for a miss or an unknown answer.
        local: the local cache's answer, even if it did not count.
        sources: the images that ``--cache-from`` brought in, in order.
        error: the daemon's message for an error or a panic; otherwise empty.
        is_new: whether the cache created the image of the hit.
        perhaps: an image in the store that may be the answer instead of a new image, if it is not known whether an
            earlier build created exactly that image; None: there is none.
        set_parent: the parents that the answer recorded in the store, by image id.
        only_source: the only source from now on; None: the sources are unchanged.
        why: see `VerdictReason`; None if outcome and stage explain the answer.
        source: the source whose history continues with the step, for any outcome; None: there is none.
        unknown: the possible answers if the answer is unknown; otherwise None.
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
    only_source: Image | None = None
    why: VerdictReason | None = None
    source: Image | None = None
    unknown: UnknownAnswer | None = None

    @property
    def sources_after(self) -> tuple[Image, ...]:
        """The sources for the next probe of the same build."""
        return self.sources if self.only_source is None else (self.only_source,)

    @property
    def as_known(self) -> Verdict:
        """The answer if every value were as the store reports it."""
        return self.unknown.as_known if self.unknown is not None else self
