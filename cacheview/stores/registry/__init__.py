"""Images in a registry as a store: what a ``docker pull`` would bring. Only manifests and configs are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedLocation
    from cacheview.stores.reading import Reading

__all__ = ["open_registry"]


def open_registry(target: str, reading: Reading) -> OpenedLocation:
    """Read the images that ``target`` names, which is the part of a location after ``registry:``.

    Raises:
        DataError: none of them can be read. The message says what, where, and what to do.
        Canceled: ``reading.progress`` canceled the work.
    """
    from cacheview.stores.registry.opening import open_target

    return open_target(target, reading)
