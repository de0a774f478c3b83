"""The Docker Engines that the tests run on: the installed one, and those that are unpacked in a folder.

``.ci/daemons`` unpacks the packages of Debian 13 there. You can add other engines, each in a separate folder with
``usr/sbin/dockerd``. If an engine lacks a program, such as runc, the installed one is used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cacheview.model import StoreKind

__all__ = ["ENGINES", "INSTALLED", "EngineKind"]

DEBIAN: Final = "debian-13"
"""The folder that ``.ci/daemons`` creates."""

_FOLDERS: Final = ("usr/sbin", "usr/bin")


@dataclass(frozen=True)
class EngineKind:
    """An engine and its store.

    Attributes:
        name: its name in test IDs.
        store: the kind of its image store.
        folder: where its programs are unpacked; None if they are installed.
    """

    name: str
    store: StoreKind
    folder: Path | None = None

    @property
    def is_debian(self) -> bool:
        """Whether it is installed, or unpacked by ``.ci/daemons``."""
        return self.folder is None or self.folder.name == DEBIAN

    @property
    def path(self) -> tuple[str, ...]:
        """Folders to search for programs before the PATH."""
        return () if self.folder is None else tuple(str(self.folder / name) for name in _FOLDERS)


INSTALLED: Final = EngineKind("installed", StoreKind.GRAPH_DRIVER)


def unpacked() -> Path:
    """Return the folder of the engines that are not installed."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.environ.get("CACHEVIEW_ENGINES") or Path(home, "cacheview-engines"))


def _engines() -> tuple[EngineKind, ...]:
    folder = unpacked()
    names = {DEBIAN, *(path.parents[2].name for path in folder.glob("*/usr/sbin/dockerd"))}
    kinds = ((StoreKind.GRAPH_DRIVER, "graph-driver"), (StoreKind.CONTAINERD, "containerd"))
    others = [EngineKind(f"{name}-{word}", kind, folder / name) for name in sorted(names) for kind, word in kinds]
    return (INSTALLED, *others)


ENGINES: Final = _engines()
"""Includes Debian's engine even if it is not unpacked: then its tests are skipped, or fail, with the reason."""
