"""Which Docker Engines the tests run on: the machine's own, and those that are unpacked in a folder.

``.ci/daemons`` unpacks the packages of Debian 13 there; other engines may lie beside them, each in a folder of its own
with ``usr/sbin/dockerd``. What one lacks, such as runc, is the machine's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cacheview.model import StoreKind

__all__ = ["ENGINES", "INSTALLED", "EngineKind"]

DEBIAN: Final = "debian-13"
"""The folder that ``.ci/daemons`` makes."""

_FOLDERS: Final = ("usr/sbin", "usr/bin")


@dataclass(frozen=True)
class EngineKind:
    """An engine and its store.

    Attributes:
        name: for people.
        store: of its images.
        folder: where its programs are unpacked; None: they are installed.
    """

    name: str
    store: StoreKind
    folder: Path | None = None

    @property
    def is_debian(self) -> bool:
        """Whether it is one that ``.ci/daemons`` brings."""
        return self.folder is None or self.folder.name == DEBIAN

    @property
    def path(self) -> tuple[str, ...]:
        """Where to look for programs before the machine's own folders."""
        return () if self.folder is None else tuple(str(self.folder / name) for name in _FOLDERS)


INSTALLED: Final = EngineKind("installed", StoreKind.GRAPH_DRIVER)


def unpacked() -> Path:
    """The folder of the engines that are not installed."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.environ.get("CACHEVIEW_ENGINES") or Path(home, "cacheview-engines"))


def _engines() -> tuple[EngineKind, ...]:
    folder = unpacked()
    names = {DEBIAN, *(path.parents[2].name for path in folder.glob("*/usr/sbin/dockerd"))}
    kinds = ((StoreKind.GRAPH_DRIVER, "graph-driver"), (StoreKind.CONTAINERD, "containerd"))
    others = [EngineKind(f"{name}-{word}", kind, folder / name) for name in sorted(names) for kind, word in kinds]
    return (INSTALLED, *others)


ENGINES: Final = _engines()
"""Debian's is among them also where it is not unpacked: then its tests are skipped, or fail, and say why."""
