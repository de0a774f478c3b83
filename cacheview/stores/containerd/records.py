"""containerd's image records and content, with one interface for a socket and a root folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["CONFIG_REFERENCE", "BlobTimeoutError", "ContentStore", "ImageRecord", "Namespace", "StoreUnavailableError"]

from cacheview.model import DataError
from cacheview.stores.problems import Problems

CONFIG_REFERENCE = "containerd.io/gc.ref.content.moby/container.config"
"""The label on an image config's blob with the digest of the container config.

Source: moby 28.5.2 daemon/containerd/image_builder.go.
"""


class StoreUnavailableError(DataError):
    """The content store no longer responds: nothing else can be read from it."""


class BlobTimeoutError(DataError):
    """One response did not arrive in time; others may."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One name in containerd's image store.

    Attributes:
        name: a full reference; ``moby-dangling@DIGEST`` is what a Docker Engine calls an unnamed image.
        digest: digest of the manifest or index that the name points to.
        media_type: media type of the manifest or index.
        size: size of the manifest or index in bytes.
        labels: labels, in which Docker records the origin of an image.
    """

    name: str
    digest: str
    media_type: str = ""
    size: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)


class ContentStore(Protocol):
    """The blobs of one namespace."""

    def read(self, digest: str) -> bytes | None:
        """Return a blob, not verified; None if there is none.

        Raises:
            StoreUnavailableError: no other blob can be read either.
            BlobTimeoutError: the blob did not arrive in time.
            DataError: the blob cannot be read, or is too large.
        """

    def labels(self, digest: str) -> Mapping[str, str]:
        """Return the labels of a blob, including `CONFIG_REFERENCE` if it has one; empty if there is no such blob.

        Raises what `read` raises.
        """


class Namespace(ContentStore, Protocol):
    """The images of one containerd namespace, as they are now."""

    def records(self) -> tuple[Sequence[ImageRecord], Problems]:
        """Return all image records by name, and the problems with the list. Raises what `read` raises."""
