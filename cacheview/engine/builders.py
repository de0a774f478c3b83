"""The builder that plain ``docker build`` uses with an engine, and a note about it.

docker/cli: ``BuildKitEnabled`` of ``cli/command/cli.go`` (since 23.0: BuildKit if the daemon advertises it or is not a
Windows daemon; 20.10: only if the daemon advertises it). moby: ``BuilderVersion`` of
``api/server/router/build/build.go`` (since 23.0 the daemon advertises BuildKit, except on Windows).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cacheview.engine.words import builders as words

if TYPE_CHECKING:
    from cacheview.model import ImageStore

__all__ = ["builder_note", "uses_buildkit"]

_ADVERTISED_SINCE: Final = 23


def uses_buildkit(store: ImageStore) -> bool | None:
    """Return whether plain ``docker build`` uses BuildKit with the daemon of a store.

    None: this depends on the CLI, or no daemon reported its release and operating system.
    """
    if not store.engine_os:
        return None
    if store.engine_os == "windows":
        return False
    major = _major(store)
    return True if major is not None and major >= _ADVERTISED_SINCE else None


def builder_note(store: ImageStore) -> str:
    """Return one line that a user of ``docker build`` should know about the cache of a store; may be empty."""
    if not store.engine_os:
        return ""
    uses = uses_buildkit(store)
    if uses is None:
        return words.DEPENDS_ON_CLI
    return words.BUILDKIT if uses else words.WINDOWS


def _major(store: ImageStore) -> int | None:
    match = re.match(r"(?:docker-)?v?([0-9]{1,4})\.", store.release.version) if store.release is not None else None
    return int(match[1]) if match else None
