"""Releases of Docker: the two kinds of image stores, versions, and which engine a store belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["COMMIT_71EBFC7", "DockerVersion", "Release", "StoreKind"]

COMMIT_71EBFC7: Final = "71ebfc7"
"""A commit of moby between 24.0 and 25.0, whose containerd store and builder are known here beside the releases."""

_STAGES: Final = ("dev", "alpha", "beta", "rc", "")
"""What comes before a release, in order; the empty one is the release."""

_NEWEST: Final = 99_999
"""Stands for the ``x`` of ``29.x``."""

_VERSION: Final = re.compile(
    r"(?:docker-)?v?([0-9]{1,5})\.(x|[0-9]{1,5})(?:\.([0-9]{1,5}))?(?:-(alpha|beta|rc|dev)\.?([0-9]{0,5}))?(?![0-9.])",
    re.IGNORECASE,
)


class StoreKind(StrEnum):
    """The two kinds of image stores, with the word that people know each by."""

    GRAPH_DRIVER = "graph driver"
    CONTAINERD = "containerd"

    @property
    def store_title(self) -> str:
        """What a store of this kind is called."""
        return "containerd store" if self is StoreKind.CONTAINERD else "graph-driver store"


@dataclass(frozen=True, order=True, slots=True)
class DockerVersion:
    """A version of Docker Engine, in the order of the releases.

    Attributes:
        number: major, minor and patch.
        stage, count: of what comes before the release: its place in the order of stages, and its number.
    """

    number: tuple[int, int, int]
    stage: int = len(_STAGES) - 1
    count: int = 0

    @classmethod
    def parse(cls, text: str) -> DockerVersion | None:
        """A version as ``docker version`` shows it, or a tag of moby; None if the text does not begin with one.

        ``24.0.7``, ``v25.0.0-rc.3``, ``docker-v29.0.0``, ``20.10.24+dfsg1``, ``20.10.7-0ubuntu5~20.04.2``. ``29.x`` is
        the newest of 29, and what a packager adds does not count.
        """
        match = _VERSION.match(text.strip())
        if match is None:
            return None
        major, minor, patch, stage, count = match.groups()
        if minor in ("x", "X"):
            return cls((int(major), _NEWEST, _NEWEST))
        number = int(major), int(minor), int(patch or 0)
        return cls(number, _STAGES.index((stage or "").lower()), int(count or 0))

    @property
    def is_final(self) -> bool:
        """Whether it is a release, not what came before one."""
        return self.stage == len(_STAGES) - 1

    def __str__(self) -> str:
        major, minor, patch = self.number
        if minor == _NEWEST:
            return f"{major}.x"
        stage = _STAGES[self.stage]
        return f"{major}.{minor}.{patch}" + (f"-{stage}.{self.count}" if stage else "")


@dataclass(frozen=True, slots=True)
class Release:
    """Which engine a store belongs to, as far as it reports.

    Attributes:
        kind: of its image store.
        version: as ``docker version`` shows it; empty: not known.
        commit: that the engine was built from; empty: not known.
    """

    kind: StoreKind
    version: str = ""
    commit: str = ""
