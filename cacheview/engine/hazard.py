"""The kinds of hazards of a verdict and of a whole store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cacheview.model import Image

__all__ = ["STORE_HAZARDS", "VERDICT_HAZARDS", "Hazard", "HazardKind"]


class HazardKind(Enum):
    """A surprising fact about a correct verdict, or about a store.

    The values are the names in JSON and suites; `HAZARD_TITLES` has those for people. `VERDICT_HAZARDS` and
    `STORE_HAZARDS` are those that a verdict and a store can have; some are in both.
    """

    FURTHER_STEPS = "further steps"
    TIE = "tie of created"
    LABEL_WILDCARD = "label wildcard"
    JOIN_COLLISION = "join collision"
    UNCOMPARED_FIELD = "field not compared"
    LOCAL_DISCARDED = "local match thrown away"
    SHUT_OUT = "local cache shut out"
    PULLED_FOR_SCRATCH = "pulled image for scratch"
    DIVERGENCE = "divergence"
    MARK_MISSING = "mark missing"
    LOADED = "loaded without parents"
    RESTORE_FAILS = "restore fails the build"
    EMPTY_CONFIG = "empty config"
    MOVED_PARENT = "parent moved"
    PARENT_CYCLE = "circle of parents"
    PRUNE = "prune removes parents"
    PARENT_MISSING = "parent missing"
    LEGACY_ONLY = "hit before an upgrade only"
    NO_TIME = "no time of creation"
    LAYERS_MISSING = "more steps than layers"


_ONLY_STORE_HAZARDS = frozenset(
    {
        HazardKind.PRUNE,
        HazardKind.LEGACY_ONLY,
        HazardKind.NO_TIME,
        HazardKind.LAYERS_MISSING,
    }
)

VERDICT_HAZARDS = frozenset(HazardKind) - _ONLY_STORE_HAZARDS
"""The kinds that `hazards` reports about a verdict."""

STORE_HAZARDS = _ONLY_STORE_HAZARDS | {
    HazardKind.PARENT_CYCLE,
    HazardKind.MARK_MISSING,
    HazardKind.TIE,
    HazardKind.LABEL_WILDCARD,
    HazardKind.EMPTY_CONFIG,
    HazardKind.LOADED,
    HazardKind.PARENT_MISSING,
}
"""The kinds that `audit` reports about a store, without a probe."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """A hazard of a verdict.

    Attributes:
        sentence: the surprising fact, in words that a user of Docker understands.
        advice: what to do about it.
        image: the image that it is about.
        fields: the config fields that it is about; may be empty.
    """

    kind: HazardKind
    sentence: str
    advice: str
    image: Image
    fields: tuple[str, ...] = ()
