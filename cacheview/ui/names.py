"""What a person calls a location."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cacheview.stores.opened import Opened

__all__ = ["DEMO", "ENGINE", "is_live", "name_of", "start_folder", "title_of"]

DEMO: Final = "demo:"
"""The location of the bundled demo. (The stores know it too; importing them takes longer than the first paint.)"""

ENGINE: Final = "engine:"
"""The location of the engine of the current context."""

_LIVE: Final = {
    ENGINE: ("Docker Engine", "engine"),
    "containerd:": ("containerd", "containerd"),
    "data-root:": ("Docker data root", "data root"),
}


def is_live(location: str) -> bool:
    """Whether a location names a daemon or its folders, rather than a file. Agrees with `stores.location`."""
    return location.startswith(tuple(_LIVE))


def start_folder() -> str:
    """Where a file dialog begins: in the folder that the program was started in; at home, if that is the root."""
    try:
        folder = os.getcwd()
    except OSError:  # it is gone by now
        folder = os.sep
    return folder if os.path.dirname(folder) != folder else os.path.expanduser("~")


def title_of(opened: Opened) -> str:
    """Which store is open: of an engine its release and its address, else `name_of` its location."""
    release = opened.cases[0].store.release
    if not opened.address:
        return name_of(opened.location)
    version = f" {release.version}" if release is not None and release.version else ""
    return f"Docker Engine{version} at {opened.address}"


def name_of(location: str) -> str:
    """The last part of a path; ``demo`` for the bundled demo; of a live store what it is, and which."""
    if location == DEMO:
        return "demo"
    for prefix, (usual, kind) in _LIVE.items():
        if location.startswith(prefix):
            return f"{kind} {location[len(prefix) :]}" if location != prefix else usual
    return os.path.basename(location.rstrip("/\\")) or location
