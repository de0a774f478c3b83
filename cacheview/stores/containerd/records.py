"""What containerd reports of images, and the images that this makes: the same from a socket and from a root folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["CONFIG_REFERENCE", "BlobTimeoutError", "ContentStore", "ImageRecord", "LostError", "Namespace"]

from cacheview.model import DataError
from cacheview.stores.problems import Problems

CONFIG_REFERENCE = "containerd.io/gc.ref.content.moby/container.config"
"""The label of an image config's blob that reports the digest of the container config: moby 28.5.2
daemon/containerd/image_builder.go."""


class LostError(DataError):
    """The content store no longer responds: nothing else can be read from it either."""


class BlobTimeoutError(DataError):
    """One response did not arrive in time; others may."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One name in containerd's image store.

    Attributes:
        name: a full reference; ``moby-dangling@DIGEST`` is what a Docker Engine calls an unnamed image.
        digest: of the manifest or index that the name points to.
        media_type: of it.
        size: of it in bytes.
        labels: Docker keeps there what it knows of an image's origin.
    """

    name: str
    digest: str
    media_type: str = ""
    size: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)


class ContentStore(Protocol):
    """The blobs of one namespace."""

    def read(self, digest: str) -> bytes | None:
        """A blob, not verified; None if there is none.

        Raises:
            LostError: no other can be read either.
            LateError: it did not come in time.
            DataError: it cannot be read, or is too large.
        """

    def labels(self, digest: str) -> Mapping[str, str]:
        """The labels of a blob, `CONFIG_REFERENCE` among them if it has that; none where there is no such blob.

        Raises as `read`.
        """


class Namespace(ContentStore, Protocol):
    """The images of one namespace of containerd, as they are now."""

    def records(self) -> tuple[Sequence[ImageRecord], Problems]:
        """All image records by name, and problems with the list. Raises as `read`."""
