"""Opens a location of any kind of store. Nothing is written anywhere."""

from __future__ import annotations

import os

from cacheview.model import DataError, Platform, Release
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.locations import parse_location
from cacheview.stores.opened_location import OpenedLocation
from cacheview.stores.platforms import DEFAULT_PLATFORM
from cacheview.stores.progress import Progress
from cacheview.stores.reading import Partial, Reading

__all__ = ["open_store"]


def open_store(
    location: str | os.PathLike[str],
    *,
    platform: Platform | None = None,
    puller: Release | None = None,
    progress: Progress | None = None,
    partial: Partial | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> OpenedLocation:
    """Read a store: an archive (plain or compressed), a layout folder, a suite file, or any kind in `LOCATION_KINDS`.

    Args:
        platform: the platform of a multi-platform image to show, if available; None: linux/amd64.
        puller: the engine that would pull images from a registry; None: a new one with a containerd store.
        progress: called with the bytes read from a file, or the images read from a live store; may raise `Canceled` to
            stop.
        partial: called with the part of a live store that is known so far.

    Raises:
        DataError: nothing in the store can be read. The message says what, where, and what to do. The readable part of
            a damaged store is returned, with problems.
        Canceled: ``progress`` canceled the work.
    """
    text = os.fspath(location)
    try:
        place = parse_location(text)
        reading = Reading(platform or DEFAULT_PLATFORM, progress, partial, Budget(limits), puller)
        opened = place.source.open(place.target, reading)
        reading.budget.shared.clear()
    except LimitError as error:
        raise DataError(str(error), where=text) from error
    return opened
