"""The panes' access to layers of the open store. An engine's images are downloaded only after permission."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.layers.engine import EngineLayers
    from cacheview.layers.source import LayerSource
    from cacheview.model import ImageStore

__all__ = ["LayerAccess"]


class LayerAccess:
    """Opens layers. It can be used in any thread."""

    def __init__(self) -> None:
        self._allowed: str | None = None
        self._engine: tuple[ImageStore, EngineLayers] | None = None
        self._lock = threading.Lock()

    def allow(self, store: ImageStore) -> None:
        """Permit downloads of this engine's images while it is open, since the user requested one."""
        self._allowed = store.location

    def open(self, store: ImageStore, check_canceled: Callable[[], object]) -> LayerSource:
        """Return the layers of a store. ``check_canceled``: see `open_layers`.

        Raises:
            DataError: the layers are not available.
        """
        from cacheview.layers.engine import EngineLayers
        from cacheview.layers.layer_memory import layer_cache
        from cacheview.layers.opening import open_layers

        if store.layers_at or store.location != self._allowed:
            return open_layers(store, check_canceled)
        with self._lock:
            if self._engine is None or self._engine[0] is not store:
                self._close()
                self._engine = (store, EngineLayers(store, layer_cache()))
            return self._engine[1]

    def close(self) -> None:
        """Delete the downloaded images. No thread may still be reading."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._engine is not None:
            self._engine[1].close()
        self._engine = None
