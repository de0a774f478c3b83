"""What a person calls a location."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from cacheview.stores import sources
from cacheview.stores.sources import parse_location

if TYPE_CHECKING:
    from cacheview.stores.opened import Opened

__all__ = ["DEMO", "ENGINE", "is_live", "name_of", "start_folder", "title_of"]

DEMO: Final = sources.DEMO.prefix
"""The location of the bundled demo."""

ENGINE: Final = sources.ENGINE.prefix
"""The location of the engine of the current context."""


def is_live(location: str) -> bool:
    """Whether a location names a daemon or its folders, rather than a file."""
    return parse_location(location).source.is_live


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
    place = parse_location(location)
    if place.source.title:
        return f"{place.source.kind} {place.target}" if place.target else place.source.title
    return os.path.basename(location.rstrip("/\\")) or location
