"""Facts that a build needs from the layers of images: checksums of ``COPY --from``, and owner names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from cacheview.dockerfile.context import SourcesSum, UnknownError
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.engine import RuleSet
from cacheview.layers.containers import committed_layers
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums
from cacheview.layers.owner_names import check_owner
from cacheview.model import DataError, Image, ImageStore, StoreKind

__all__ = ["NO_IMAGE_FILES", "ImageFiles", "StoreImageFiles", "unpacked_in"]


class ImageFiles(Protocol):
    """Computes the checksums of files in images."""

    def sum(self, image: Image | None, copy: CopySources) -> SourcesSum:
        """Return the checksum of a ``COPY --from`` an image; None: from scratch, which has no files.

        Raises:
            BuildRefusedError: the builder refuses the step.
            UnknownError: the layers cannot be read or do not show the files; it says why, and what to do.
        """

    def check_owner(self, image: Image | None, owner: str) -> None:
        """Look up the names of a ``--chown`` in the image that its step builds on; see `layers.owner_names`.

        Raises what `sum` raises.
        """


class _NoImageFiles(ImageFiles):
    def sum(self, image: Image | None, copy: CopySources) -> SourcesSum:  # noqa: ARG002
        raise UnknownError("the image's layers were not read")

    def check_owner(self, image: Image | None, owner: str) -> None:  # noqa: ARG002
        raise UnknownError("the image's layers were not read")


NO_IMAGE_FILES: Final[ImageFiles] = _NoImageFiles()
"""The image files of a store whose layers are not available."""


def unpacked_in(store: ImageStore, rules: RuleSet) -> ImageStore | None:
    """Return the store for `StoreImageFiles` if its engine unpacks layers over the files a container began with."""
    return store if rules.store is StoreKind.CONTAINERD else None


class StoreImageFiles(ImageFiles):
    """Computes the checksums of files in the images of one store.

    Args:
        layers: opens the layers when the first file is needed. Raises `DataError`.
        release: the builder's release.
        store: the store of an engine that unpacks layers over the files a container began with, see
            `layers.containers`; None: the engine does not.
    """

    def __init__(
        self, layers: Callable[[], LayerFiles], release: BuilderRelease, store: ImageStore | None = None
    ) -> None:
        self._open = layers
        self._release = release
        self._layers: LayerFiles | DataError | None = None
        self._store = store
        self._images: dict[tuple[tuple[str, ...], tuple[int, ...]], ImageSums] = {}

    def sum(self, image: Image | None, copy: CopySources) -> SourcesSum:
        with _as_unknown():
            return self.of(image).of_sources(copy.sources, destination=copy.destination)

    def check_owner(self, image: Image | None, owner: str) -> None:
        with _as_unknown():
            check_owner(owner, self.of(image), self._release)

    def of(self, image: Image | None) -> ImageSums:
        """Return the files of an image; None: from scratch. Raises `DataError`."""
        diff_ids = image.diff_ids if image is not None else ()
        committed = committed_layers(image, self._store) if image is not None and self._store is not None else ()
        key = (diff_ids, committed)
        if key not in self._images:
            self._images[key] = ImageSums(self.layers(), diff_ids, self._release, committed)
        return self._images[key]

    def layers(self) -> LayerFiles:
        """Return the layers of the store. Raises `DataError` if they are not available; it says why, and what to do."""
        if self._layers is None:
            try:
                self._layers = self._open()
            except DataError as error:
                self._layers = error.without_traceback()  # opened once, however many steps need it
        if isinstance(self._layers, DataError):
            raise self._layers.without_traceback()
        return self._layers


@contextmanager
def _as_unknown() -> Iterator[None]:
    """Convert an error that prevents reading the layers into an `UnknownError`."""
    try:
        yield
    except (UnknownError, BuildRefusedError):
        raise
    except DataError as error:
        raise UnknownError(f"{error.where}: {error.what}" if error.where else error.what) from error
