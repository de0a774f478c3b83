"""The live stores that this machine seems to have, without connecting to any. No Qt."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Final

from cacheview.stores.locations import CONTAINERD, DATA_ROOT
from cacheview.stores.usual import CONTAINERD_ROOT, DOCKER_ROOT
from cacheview.ui.names import ENGINE

__all__ = ["KnownStore", "known_stores"]

_CONTAINERD: Final = ("/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock")
_CONTAINERD_ROOTS: Final = (CONTAINERD_ROOT, "/var/lib/docker/containerd/daemon")
_DATA_ROOTS: Final = (DOCKER_ROOT, "~/.local/share/docker")


@dataclass(frozen=True, slots=True)
class KnownStore:
    """A store that can be opened: its location, and its name for people.

    ``tip``: the tool tip; may be empty. ``address``: the address of an engine; empty for other stores.
    """

    location: str
    label: str
    tip: str = ""
    address: str = ""


def known_stores() -> tuple[KnownStore, ...]:
    """Return the engines by context and by socket, then containerd, then Docker's data roots.

    This may take a moment: the engine's modules are imported, and files are read.
    """
    return (*_engines(), *_folders())


def _engines() -> list[KnownStore]:
    from cacheview.stores.docker_engine.contexts import endpoints

    results = []
    for endpoint in endpoints():
        location = ENGINE if endpoint.is_current else endpoint.location
        label = endpoint.title
        if endpoint.is_current:
            label += ", from DOCKER_HOST" if endpoint.origin == "DOCKER_HOST" else ", the current context"
        results.append(KnownStore(location, label, endpoint.host, endpoint.host))
    return results


def _folders() -> list[KnownStore]:
    if sys.platform == "win32":
        return []
    kinds = (
        (_CONTAINERD, CONTAINERD.prefix, CONTAINERD.title),
        (_CONTAINERD_ROOTS, CONTAINERD.prefix, "containerd's folder"),
        (_DATA_ROOTS, DATA_ROOT.prefix, DATA_ROOT.title),
    )
    return [
        KnownStore(f"{prefix}{place}", f"{what} at {place}", _why_unavailable(place))
        for places, prefix, what in kinds
        for place in map(os.path.expanduser, places)
        if os.path.exists(place)
    ]


def _why_unavailable(place: str) -> str:
    return "" if os.access(place, os.R_OK) else "Permission denied. Run as root, or join the group that has access"
