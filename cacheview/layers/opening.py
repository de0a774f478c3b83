"""Opens the layers of a store, at the location that the store names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cacheview.layers.archive import archive_layers, folder_layers
from cacheview.layers.containerd import folder_layers as containerd_folder_layers
from cacheview.layers.containerd import socket_layers
from cacheview.layers.data_root import data_root_layers
from cacheview.layers.source import LayerSource, LayerUnavailableError
from cacheview.layers.unavailable import why_unavailable
from cacheview.model import ImageStore
from cacheview.stores.containerd.namespaces import split_target
from cacheview.stores.containerd.root import find_root
from cacheview.stores.locations import CONTAINERD, DATA_ROOT, parse_location

__all__ = ["open_layers"]


def open_layers(store: ImageStore, check_canceled: Callable[[], object] = lambda: None) -> LayerSource:
    """Return the layers of a store. So far, only their locations are read.

    ``check_canceled`` is called a few times a second in the meantime; it may raise any exception to stop.

    Raises:
        LayerUnavailableError: the store does not provide them; with the reason and what to do.
        DataError: the location cannot be read.
    """
    if not store.layers_at:
        raise LayerUnavailableError(*why_unavailable(store))
    place = parse_location(store.layers_at)
    if place.source is DATA_ROOT:
        return data_root_layers(Path(place.target))
    if place.source is CONTAINERD:
        text, namespace = split_target(place.target)
        path = Path(text)
        if path.is_socket():
            return socket_layers(path, namespace, store.images)
        return containerd_folder_layers(find_root(path), namespace, store.images)
    if os.path.isdir(store.layers_at):
        return folder_layers(Path(store.layers_at))
    return archive_layers(Path(store.layers_at), check_canceled=check_canceled)
