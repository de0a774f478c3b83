"""What sums the files of ``COPY --from``: the files of an image, out of the layers of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from cacheview.dockerfile.context import NotKnownError, SourcesSum
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refused import RefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums
from cacheview.model import DataError, Image

__all__ = ["NO_IMAGE_FILES", "ImageFiles", "StoreImageFiles"]


class ImageFiles(Protocol):
    """Sums files of images."""

    def sum(self, image: Image | None, copy: CopySources) -> SourcesSum:
        """The checksum of a ``COPY --from`` an image; None: from scratch, which has no files.

        Raises:
            RefusedError: the builder stops here.
            NotKnownError: the layers cannot be read, or do not tell: why, and what to do.
        """


class _NoImageFiles:
    def sum(self, image: Image | None, copy: CopySources) -> SourcesSum:  # noqa: ARG002
        raise NotKnownError("the layers of the image are not read")


NO_IMAGE_FILES: Final[ImageFiles] = _NoImageFiles()
"""Of a store whose layers are not at hand."""


class StoreImageFiles:
    """Sums files of the images of one store.

    Args:
        layers: opens the layers when the first file is asked for. Raises `DataError`.
        release: the builder that sums.
    """

    def __init__(self, layers: Callable[[], LayerFiles], release: BuilderRelease) -> None:
        self._open = layers
        self._release = release
        self._layers: LayerFiles | DataError | None = None
        self._images: dict[tuple[str, ...], ImageSums] = {}

    def sum(self, image: Image | None, copy: CopySources) -> SourcesSum:
        diff_ids = image.diff_ids if image is not None else ()
        try:
            if diff_ids not in self._images:
                self._images[diff_ids] = ImageSums(self.layers(), diff_ids, self._release)
            return self._images[diff_ids].of_sources(copy.sources, destination=copy.destination)
        except (NotKnownError, RefusedError):
            raise
        except DataError as error:
            raise NotKnownError(f"{error.where}: {error.what}" if error.where else error.what) from error

    def layers(self) -> LayerFiles:
        """The layers of the store. Raises `DataError` where they cannot be had: why, and what to do."""
        if self._layers is None:
            try:
                self._layers = self._open()
            except DataError as error:
                self._layers = error  # asked for once, however many steps need it
        if isinstance(self._layers, DataError):
            raise self._layers
        return self._layers
