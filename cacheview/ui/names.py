"""What a person calls a location."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from cacheview.stores import locations
from cacheview.stores.locations import parse_location

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedLocation

__all__ = ["DEMO", "ENGINE", "described", "is_live", "name_of", "shortened", "start_folder", "title_of"]

DEMO: Final = locations.DEMO.prefix
"""The location of the bundled demo."""

ENGINE: Final = locations.ENGINE.prefix
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


def title_of(opened: OpenedLocation) -> str:
    """Which store is open, for the title of the window: of an engine its release, its machine and its address.

    Of what has no name of its own (the usual containerd) where it is, otherwise `name_of` its location.
    """
    if opened.address:
        release = opened.cases[0].store.release
        version = f" {release.version}" if release is not None and release.version else ""
        return f"Docker Engine{version}{_machine(opened)} at {opened.address}"
    is_usual = opened.path and not parse_location(opened.location).target
    return f"{name_of(opened.location)} at {opened.path}" if is_usual else name_of(opened.location)


def described(opened: OpenedLocation) -> str:
    """The same with what kind of store it is, for the status bar."""
    if opened.address:
        return f"{opened.title}{_machine(opened)}, at {opened.address}"
    if opened.path:
        return f"{opened.title}, at {opened.path}"
    place = parse_location(opened.location)
    name = "" if place.source.is_single else place.target or name_of(opened.location)
    if place.source is locations.FILE:
        name = name_of(opened.location)
    return ", ".join(filter(None, (name, opened.title)))


def _machine(opened: OpenedLocation) -> str:
    """What an engine is called: by itself, and by the docker CLI."""
    on = f" on {opened.name}" if opened.name else ""
    return f"{on} (context {opened.context})" if opened.context else on


def shortened(text: str, most: int) -> str:
    """Cut in the middle where it is longer: both ends of a path or an address say what it is."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"


def name_of(location: str) -> str:
    """The last part of a path; ``demo`` for the bundled demo; of a live store what it is, and which."""
    place = parse_location(location)
    if place.source.title:
        return f"{place.source.kind} {place.target}" if place.target else place.source.title
    return os.path.basename(location.rstrip("/\\")) or location
