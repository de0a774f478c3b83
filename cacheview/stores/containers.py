"""The containers that use the images of a store, if the store belongs to an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cacheview.model import Container, Containers, DataError, ImageStore, StoreKind
from cacheview.stores.locations import DATA_ROOT, ENGINE, parse_location

__all__ = ["containers_of"]

_CONTAINERS_UNKNOWN: Final = "cacheview cannot tell which containers use the images"
_NOT_LISTED: Final = "the store does not list containers"
_OPEN_ENGINE: Final = (
    "Open the engine itself (engine:), which lists its containers, or assume that no container uses any of the images"
)
_TRY_AGAIN: Final = "Try again later, or assume that no container uses any of the images"


def containers_of(store: ImageStore) -> Containers:
    """Return the containers that use the images of a store now; unknown if the store has no engine or data root."""
    try:
        containers = _read_containers(store)
    except DataError as error:
        return Containers(None, f"{_CONTAINERS_UNKNOWN}: {str(error)[:300]}", _TRY_AGAIN)
    if containers is None:
        return Containers(None, f"{_CONTAINERS_UNKNOWN}: {_NOT_LISTED}", _OPEN_ENGINE)
    return Containers(containers)


def _read_containers(store: ImageStore) -> tuple[Container, ...] | None:
    """The containers of an engine or data root; None for other stores. Raises `DataError`."""
    location, layers = parse_location(store.location), parse_location(store.layers_at)
    if location.source is ENGINE:
        from cacheview.stores.docker_engine.containers import ask_containers

        by_name = store.release is None or store.release.kind is StoreKind.CONTAINERD
        return ask_containers(location.target, by_name=by_name)
    if location.source is DATA_ROOT and layers.source is DATA_ROOT:
        from cacheview.stores.data_root_containers import data_root_containers

        return data_root_containers(Path(layers.target))
    return None
