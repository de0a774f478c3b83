"""What a hazard is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cacheview.model import Image

__all__ = ["Hazard", "HazardKind"]


class HazardKind(Enum):
    """What can be surprising about a verdict that is right by the rules, by the name that people see."""

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
    CIRCLE = "circle of parents"


@dataclass(frozen=True, slots=True)
class Hazard:
    """A hazard where it occurs.

    Attributes:
        sentence: what is surprising, in words that a user of Docker understands.
        advice: what to do about it.
        image: the image that it is about.
        fields: the config fields that it is about; may be empty.
    """

    kind: HazardKind
    sentence: str
    advice: str
    image: Image
    fields: tuple[str, ...] = ()
