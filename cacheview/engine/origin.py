"""Infers whether an image was built here if the store does not report the mark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from cacheview.engine.doubts import doubts_about
from cacheview.engine.ruleset import RuleSet
from cacheview.model import Image, StoreKind

__all__ = ["Evidence", "ImageOrigin", "Likelihood", "origin_of"]


class Likelihood(Enum):
    """The likelihood that an image was built here."""

    YES = "most likely"
    NO = "most likely not"
    UNCLEAR = "unclear"


class Evidence(Enum):
    """The evidence for the origin of an image."""

    OLD_DAEMON = "it was created by a daemon that does not record its own builds"
    PARENT_UNKNOWN = "the parent is not known"
    PARENT = "it records a parent"
    PARENT_OR_LOADED = "it records a parent, which `docker load` may have restored"
    NO_PARENT = "it does not record a parent"


@dataclass(frozen=True, slots=True)
class ImageOrigin:
    """Whether an image most likely has the mark "built here", and the evidence.

    ``version``: of the Docker Engine that created it.
    """

    likely: Likelihood
    evidence: Evidence
    version: str = ""


_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})")

_FIRST_WITH_MARK = {(23, 0): 10, (24, 0): 9, (25, 0): 2}
"""The first patch release of each release branch whose graph drivers write the mark (``SetBuiltLocally`` of
``image/store.go``). Earlier branches never write it, later ones always.
"""


def origin_of(image: Image, rules: RuleSet) -> ImageOrigin:
    """Infer the origin from the Docker Engine that created the image, and from the recorded parent."""
    version, is_graph_driver = image.config.docker_version, rules.store is StoreKind.GRAPH_DRIVER
    if is_graph_driver and version and _writes_mark(version) is False:
        return ImageOrigin(Likelihood.NO, Evidence.OLD_DAEMON, version)
    if doubts_about(image, "parent"):
        return ImageOrigin(Likelihood.UNCLEAR, Evidence.PARENT_UNKNOWN)
    if image.parent is not None:
        return ImageOrigin(Likelihood.YES, Evidence.PARENT_OR_LOADED if is_graph_driver else Evidence.PARENT)
    return ImageOrigin(Likelihood.UNCLEAR, Evidence.NO_PARENT)


def _writes_mark(version: str) -> bool | None:
    """Return whether this version of Docker Engine writes the mark in a graph-driver store; None: not a version."""
    match = _VERSION.match(version)
    if match is None:
        return None
    major, minor, patch = (int(part) for part in match.groups())
    first = _FIRST_WITH_MARK.get((major, minor))
    return patch >= first if first is not None else (major, minor) > max(_FIRST_WITH_MARK)
