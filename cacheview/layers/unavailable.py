"""The stores that do not provide layers, and what to do. Reads nothing."""

from __future__ import annotations

from typing import Final

from cacheview.model import ImageStore
from cacheview.stores.locations import DEMO, ENGINE, FILE, REGISTRY, parse_location

__all__ = ["is_downloadable", "why_no_layers", "why_unavailable"]

_OTHER_STORES: Final = (
    "the layers of this store cannot be read",
    "Save the image with `docker save`, and open the archive",
)
_UNAVAILABLE: Final = {
    ENGINE: (
        "the Docker API provides layers only as part of a whole image",
        "Run cacheview as root, so that it can read the engine's data root. Alternatively, open an archive created "
        "with `docker save`, or download the image (`--download-layers`)",
    ),
    REGISTRY: (
        "layers are not downloaded from a registry",
        "Pull the image with `docker pull`, and open the engine",
    ),
    DEMO: ("the demo has no layers", ""),
    FILE: ("a suite has no layers", "Open the store that the suite was saved from"),
}


def why_unavailable(store: ImageStore) -> tuple[str, str]:
    """Return why a store has no location with layers, and what to do (which may be empty)."""
    return _UNAVAILABLE.get(parse_location(store.location).source, _OTHER_STORES)


def is_downloadable(store: ImageStore) -> bool:
    """Return whether a store is a running engine, which provides layers only as part of a whole image."""
    return not store.layers_at and parse_location(store.location).source is ENGINE


def why_no_layers(store: ImageStore) -> str:
    """Return why no layer of a store can be read in any way, and what to do; empty: some may be readable."""
    if store.layers_at or is_downloadable(store):
        return ""
    return ": ".join(part[:1].lower() + part[1:] for part in why_unavailable(store) if part)
