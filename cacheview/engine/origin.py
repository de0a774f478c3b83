"""Whether an image was built here, as far as it can be inferred where the store does not report the mark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from cacheview.engine.doubts import doubts_about
from cacheview.engine.ruleset import RuleSet
from cacheview.model import Image, StoreKind

__all__ = ["Likely", "Origin", "origin_of"]


class Likely(Enum):
    """What most likely is so."""

    YES = "most likely"
    NO = "most likely not"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Origin:
    """Whether an image has the mark "built here", most likely, and why: a sentence."""

    likely: Likely
    reason: str


_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})")

_FIRST_WITH_MARK = {(23, 0): 10, (24, 0): 9, (25, 0): 2}
"""By release branch, the first patch release whose graph drivers write the mark (``SetBuiltLocally`` of
``image/store.go``); branches before have none, later ones always."""


def origin_of(image: Image, rules: RuleSet) -> Origin:
    """Infer it from the engine that created the image, and from the recorded parent."""
    version = image.config.docker_version
    if rules.store is StoreKind.GRAPH_DRIVER and version and _writes_mark(version) is False:
        return Origin(Likely.NO, f"Docker {version} created it, which did not yet record what it built")
    if doubts_about(image, "parent"):
        return Origin(Likely.UNCLEAR, "the store does not report its parent")
    if image.parent is not None:
        never = "which no pull or load does"
        if rules.store is StoreKind.GRAPH_DRIVER:
            never = "which no pull does, and a load only of images saved together with their parent"
        return Origin(Likely.YES, f"it records a parent, {never}")
    return Origin(
        Likely.UNCLEAR, "it records no parent: a first step FROM scratch has none, nor has what was pulled or loaded"
    )


def _writes_mark(version: str) -> bool | None:
    """Whether an engine of this version writes the mark in a graph-driver store; None: the version says nothing."""
    found = _VERSION.match(version)
    if found is None:
        return None
    major, minor, patch = (int(part) for part in found.groups())
    first = _FIRST_WITH_MARK.get((major, minor))
    return patch >= first if first is not None else (major, minor) > max(_FIRST_WITH_MARK)
