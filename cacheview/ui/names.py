"""Names of locations for people."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from cacheview.stores import locations
from cacheview.stores.locations import parse_location

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedLocation

__all__ = ["DEMO", "ENGINE", "described", "is_live", "name_of", "shortened", "start_folder", "title_of", "with_tilde"]

DEMO: Final = locations.DEMO.prefix
"""The location of the bundled demo."""

ENGINE: Final = locations.ENGINE.prefix
"""The location of the engine of the current context."""


def is_live(location: str) -> bool:
    """Whether a location is a daemon or its folders, not a file."""
    return parse_location(location).source.is_live


def start_folder() -> str:
    """Return the initial folder of file dialogs: the current folder, or the home folder if that is the root."""
    try:
        folder = os.getcwd()
    except OSError:  # the current folder no longer exists
        folder = os.sep
    return folder if os.path.dirname(folder) != folder else os.path.expanduser("~")


def title_of(opened: OpenedLocation) -> str:
    """Return the name of the open store for the window's title.

    For an engine, these are its release, machine and address. For a store without a name of its own (the usual
    containerd), it is its path; otherwise, it is `name_of` its location.
    """
    if opened.address:
        release = opened.cases[0].store.release
        version = f" {release.version}" if release is not None and release.version else ""
        return f"Docker Engine{version}{_machine(opened)} at {opened.address}"
    is_usual = opened.path and not parse_location(opened.location).target
    return f"{name_of(opened.location)} at {opened.path}" if is_usual else name_of(opened.location)


def described(opened: OpenedLocation) -> str:
    """Return the same name with the kind of store, for the status bar."""
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
    """Return the name that an engine has for itself, and the one that it has in the docker CLI."""
    on = f" on {opened.name}" if opened.name else ""
    return f"{on} (context {opened.context})" if opened.context else on


def shortened(text: str, limit: int) -> str:
    """Shorten a text in the middle, since both ends of a path or an address help to identify it."""
    if len(text) <= limit:
        return text
    head = (limit - 1) // 2
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def with_tilde(path: str) -> str:
    """Return a path as a shell prompt shows it: with ``~`` for the user's home folder."""
    home = os.path.expanduser("~").rstrip(os.sep)
    if not home or home == "~" or not f"{path}{os.sep}".startswith(f"{home}{os.sep}"):
        return path
    return f"~{path[len(home) :]}"


def name_of(location: str) -> str:
    """Return the last part of a path, ``demo`` for the bundled demo, or the kind and name of a live store."""
    place = parse_location(location)
    if place.source.title:
        return f"{place.source.kind} {place.target}" if place.target else place.source.title
    return os.path.basename(location.rstrip("/\\")) or location
