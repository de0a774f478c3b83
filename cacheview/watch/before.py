"""An engine's store just before a build. The images are listed immediately; their details may be read later.

Listing images is quick and records which were there, and under which names. The content of an image never changes, so
it may be read later, while the build runs. Only GET requests are sent, directly to the engine.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cacheview.model import DataError, Image
from cacheview.stores.docker_engine.client import EngineClient
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.stores.docker_engine.engine import Engine, ask_engine
from cacheview.stores.docker_engine.errors import ConnectionLostError
from cacheview.stores.docker_engine.opening import open_endpoint
from cacheview.stores.docker_engine.reader import EngineReader
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading

__all__ = ["EngineStore", "ImageListing"]

_REMOVED_BEFORE_READ: Final = "the image was removed before it could be read"
_MAX_REMOVED_IMAGES: Final = 1000


@dataclass(frozen=True)
class ImageListing:
    """The images of an engine at one moment by id, in the order of the store, with only the details in the list."""

    images: Mapping[str, Image]

    def full_id(self, short: str) -> str:
        """Return the id that begins with these digits; the given text if there is none, or more than one."""
        results = [image_id for image_id in self.images if short and image_id.startswith(f"sha256:{short}")]
        return results[0] if len(results) == 1 else short


class EngineStore:
    """Reads the store of one engine, for several threads at once.

    Raises `DataError` if the engine does not respond, both on creation and later.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._client: EngineClient | None = None
        self._case: OpenedCase | None = None
        self._parents: dict[str, str | None] = {}  # as in the list when `_case` was read
        try:
            self.engine: Engine = ask_engine(self._connected())
        except DataError:
            self.close()
            raise

    def _connected(self) -> EngineClient:
        with self._lock:
            if self._client is not None:
                return self._client
        new = EngineClient(self.endpoint)  # outside the lock: this takes time, and `close` must not wait
        with self._lock:
            shared = self._client = self._client or new
        if shared is not new:
            new.close()
        return shared

    def listing(self) -> ImageListing:
        """Return the current images."""
        try:
            return self._listing()
        except ConnectionLostError as error:
            if error.kind != "broken":
                raise
            return self._listing()  # the engine may have closed a connection that was kept since the last build

    def _listing(self) -> ImageListing:
        client = self._connected()
        reader = EngineReader(client, self.engine, Reading(), self.endpoint.location, "")
        try:
            return ImageListing(reader.images_from_list(reader.ask_list(Meter(None, None, "")), {}))
        except DataError:
            with self._lock:
                if self._client is client:
                    self._client = None
            client.close()
            raise

    def before(self, listing: ImageListing) -> OpenedCase:
        """Return the store as it was when it was listed. Images that were read before are not read again."""
        with self._reading:
            case = self._case
            if case is None or self._has_more(listing, case):
                case = self._read(case)
                self._parents = {image.id: image.parent for image in listing.images.values()}
                self._case = case
        images = tuple(_as_listed(image, case.store.by_id) for image in listing.images.values())
        return replace(case, store=replace(case.store, images=images))

    def _has_more(self, listing: ImageListing, case: OpenedCase) -> bool:
        by_id = case.store.by_id
        return any(
            image.id not in by_id or self._parents.get(image.id, image.parent) != image.parent
            for image in listing.images.values()
        )

    def _read(self, earlier: OpenedCase | None) -> OpenedCase:
        """Return the current store, and images of an earlier reading that are gone from it: they may be in the list."""
        case = open_endpoint(self.endpoint, self.endpoint.location, Reading()).cases[0]
        removed = [image for image in earlier.store.images if image.id not in case.store.by_id] if earlier else []
        return replace(case, store=replace(case.store, images=(*case.store.images, *removed[-_MAX_REMOVED_IMAGES:])))

    def close(self) -> None:
        """Close the connection. The next request opens a new one."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def _as_listed(listed: Image, by_id: Mapping[str, Image]) -> Image:
    """Return an image with its details, as far as known, and the names in the list."""
    image = by_id.get(listed.id)
    if image is None:
        doubts = tuple(
            doubt.model_copy(update={"reason": _REMOVED_BEFORE_READ, "remedy": ""}) for doubt in listed.doubts
        )
        return listed.model_copy(update={"doubts": doubts})
    return image if set(image.names) == set(listed.names) else image.model_copy(update={"names": listed.names})
