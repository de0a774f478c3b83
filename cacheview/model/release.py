"""Releases of Docker: the two kinds of image stores, versions, and the engine that a store belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["COMMIT_71EBFC7", "DockerVersion", "Release", "StoreKind"]

COMMIT_71EBFC7: Final = "71ebfc7"
"""A commit of moby between 24.0 and 25.0, whose containerd store and builder are supported in addition to the releases.
"""

_STAGES: Final = ("dev", "alpha", "beta", "rc", "")
"""The stages before a release, in order; the empty one is the release."""

_NEWEST_NUMBER: Final = 99_999
"""The number used for the ``x`` in ``29.x``."""

_VERSION: Final = re.compile(
    r"(?:docker-)?v?([0-9]{1,5})\.(x|[0-9]{1,5})(?:\.([0-9]{1,5}))?(?:-(alpha|beta|rc|dev)\.?([0-9]{0,5}))?(?![0-9.])",
    re.IGNORECASE,
)


class StoreKind(StrEnum):
    """The two kinds of image stores, each with the name that people use."""

    GRAPH_DRIVER = "graph driver"
    CONTAINERD = "containerd"

    @property
    def store_title(self) -> str:
        """The name for a store of this kind."""
        return "containerd store" if self is StoreKind.CONTAINERD else "graph-driver store"


@dataclass(frozen=True, order=True, slots=True)
class DockerVersion:
    """A version of Docker Engine, in the order of the releases.

    Attributes:
        number: major, minor and patch.
        stage: index of the stage before the release.
        count: number of the prerelease within its stage.
    """

    number: tuple[int, int, int]
    stage: int = len(_STAGES) - 1
    count: int = 0

    @classmethod
    def parse(cls, text: str) -> DockerVersion | None:
        """Parse a version as ``docker version`` shows it, or a tag of moby; None if the text does not begin with one.

        Examples: ``24.0.7``, ``v25.0.0-rc.3``, ``docker-v29.0.0``, ``20.10.24+dfsg1``, ``20.10.7-0ubuntu5~20.04.2``.
        ``29.x`` is the newest release of 29. Suffixes that packagers add are ignored.
        """
        match = _VERSION.match(text.strip())
        if match is None:
            return None
        major, minor, patch, stage, count = match.groups()
        if minor in ("x", "X"):
            return cls((int(major), _NEWEST_NUMBER, _NEWEST_NUMBER))
        number = int(major), int(minor), int(patch or 0)
        return cls(number, _STAGES.index((stage or "").lower()), int(count or 0))

    @property
    def is_final(self) -> bool:
        """Whether it is a release rather than a prerelease."""
        return self.stage == len(_STAGES) - 1

    def __str__(self) -> str:
        major, minor, patch = self.number
        if minor == _NEWEST_NUMBER:
            return f"{major}.x"
        stage = _STAGES[self.stage]
        return f"{major}.{minor}.{patch}" + (f"-{stage}.{self.count}" if stage else "")


@dataclass(frozen=True, slots=True)
class Release:
    """The engine that a store belongs to, as far as known.

    Attributes:
        kind: of its image store.
        version: as ``docker version`` shows it; empty: not known.
        commit: the commit that the engine was built from; empty: not known.
    """

    kind: StoreKind
    version: str = ""
    commit: str = ""
