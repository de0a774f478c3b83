"""Which containers use the images of a store, where the store is that of a running engine."""

from __future__ import annotations

from typing import Final

from cacheview.model import Containers, DataError, ImageStore, StoreKind
from cacheview.stores.sources import ENGINE, parse_location

__all__ = ["containers_of"]

_UNKNOWN: Final = "which containers use its images is unknown"
_OPEN: Final = "Open the engine itself (engine:), which lists its containers; or say that no container uses an image"
_AGAIN: Final = "Ask again when the engine answers; or say that no container uses an image"


def containers_of(store: ImageStore) -> Containers:
    """The containers that use the images of a store: those of its engine, which is asked now; else they are unknown."""
    location = parse_location(store.location)
    if location.source is not ENGINE:
        return Containers(None, f"{_UNKNOWN}: the store does not list containers", _OPEN)
    from cacheview.stores.engine.containers import ask_containers

    by_name = store.release is None or store.release.kind is StoreKind.CONTAINERD
    try:
        return Containers(ask_containers(location.target, by_name=by_name))
    except DataError as error:
        return Containers(None, f"{_UNKNOWN}: {str(error)[:300]}", _AGAIN)
