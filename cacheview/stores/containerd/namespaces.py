"""The choice of a containerd namespace."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from cacheview.model import DataError
from cacheview.stores.files import path_of

__all__ = ["DOCKER", "choose_namespace", "split_target"]

DOCKER = "moby"
"""The namespace of a Docker Engine, unless configured otherwise."""

# The rule of containerd's pkg/identifiers.
_NAMESPACE = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_MAX_NAME_CHARACTERS = 76
_MAX_SHOWN = 20
_MAX_SEARCHED = 100  # namespaces that are searched for images: each takes a call


def split_target(target: str) -> tuple[str, str]:
    """Split ``PATH#NAMESPACE``; each part is empty if not given. An existing path is never split.

    Raises:
        DataError: the part after ``#`` is not a valid namespace name.
    """
    if "#" not in target or os.path.lexists(path_of(target)):
        return target, ""
    path, _, namespace = target.rpartition("#")
    if namespace and not _is_name(namespace):
        raise DataError(f"{namespace[:100]!r} is not a valid namespace name", where=f"containerd:{target}")
    return path, namespace


def choose_namespace(
    names: Sequence[str], requested: str, has_images: Callable[[str], bool]
) -> tuple[str, tuple[str, ...]]:
    """Return the namespace to show, and notes on the choice; an empty name if there are no namespaces.

    Args:
        names: the existing namespaces.
        requested: the namespace to show; empty: Docker's, otherwise the first that has images.

    Raises:
        DataError: the requested namespace does not exist, or none has a name that containerd allows.
    """
    names = sorted(names)
    if requested and requested not in names:
        existing = (
            f"Existing namespaces: {_joined(names)}"
            if names
            else "There are no namespaces, because nothing has been stored"
        )
        raise DataError(f"there is no namespace {requested!r}. {existing}")
    if requested or not names:
        return requested, ()
    usable = list(filter(_is_name, names))
    if not usable:
        raise DataError(f"none of the namespaces has a name that containerd allows: {_joined(names)}")
    chosen = DOCKER if DOCKER in usable else next(filter(has_images, usable[:_MAX_SEARCHED]), usable[0])
    others = [name for name in names if name != chosen]
    notes = []
    if chosen != DOCKER:
        notes.append(f"Showing the namespace {chosen}, because there is no Docker Engine namespace ({DOCKER}).")
    if others:
        notes.append(f"There are other namespaces: {_joined(others)}. Add `#NAMESPACE` to the path to open one.")
    if chosen != DOCKER and len(usable) > _MAX_SEARCHED:
        notes.append(f"Only the first {_MAX_SEARCHED} namespaces were searched for images.")
    return chosen, tuple(notes)


def _is_name(text: str) -> bool:
    return len(text) <= _MAX_NAME_CHARACTERS and _NAMESPACE.fullmatch(text) is not None


def _joined(names: Sequence[str]) -> str:
    shown = [name if _is_name(name) else repr(name[:64]) for name in names[:_MAX_SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - _MAX_SHOWN} more" if len(names) > _MAX_SHOWN else "")
