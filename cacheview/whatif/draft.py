"""A store that is being changed, and the changes so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise, takewhile

from cacheview.model import Image, ImageStore, StoreKind

__all__ = ["Draft", "RefusedChange", "Removed", "RemovedFor", "Tagged", "Untagged"]


class RefusedChange(Exception):  # noqa: N818 - the daemon refuses, which is not an error of this program
    """The daemon refuses the change, with this error."""


class RemovedFor(Enum):
    """The reason for the removal of an image."""

    REQUESTED = "asked"  # its value in JSON
    DANGLING = "dangling"
    UNUSED = "unused"
    PARENT = "parent"
    REPLACED = "replaced"
    NOT_SAVED = "not saved"
    OTHER_STORE = "other store"


@dataclass(frozen=True, slots=True)
class Removed:
    """An image that no longer exists, in its last state, and the reason."""

    image: Image
    reason: RemovedFor


@dataclass(frozen=True, slots=True)
class Untagged:
    """A name that no longer exists. ``image`` is the id that it referred to."""

    name: str
    image: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """A name that an image now has. ``before`` is the id that it referred to; empty: it is new."""

    name: str
    image: str
    before: str = ""


class Draft:
    """The images of a store that is being changed, in their current state."""

    def __init__(self, store: ImageStore, kind: StoreKind) -> None:
        self._store = store
        self._kind = kind
        self._images = dict(store.by_id)
        self._layer_content = dict(store.layer_content)
        self._names = {name: image.id for image in reversed(store.images) for name in image.names}
        self._children: dict[str, dict[str, None]] = {}
        for image in store.images:
            self._children.setdefault(image.parent or "", {})[image.id] = None
        self.removed: list[Removed] = []
        self.untagged: list[Untagged] = []
        self.tagged: list[Tagged] = []
        self.added: list[Image] = []

    @property
    def images(self) -> tuple[Image, ...]:
        """All images in their current state."""
        return tuple(self._images.values())

    def get(self, image_id: str) -> Image | None:
        """Return the image with this id in its current state."""
        return self._images.get(image_id)

    def named(self, name: str) -> Image | None:
        """Return the image with a full name."""
        return self._images.get(self._names.get(name, ""))

    def has_children(self, image_id: str) -> bool:
        """Return whether images record it as their parent."""
        return bool(self._children.get(image_id))

    @property
    def as_store(self) -> ImageStore:
        """The current store. Its images are sorted as in a store of its kind if they were before."""
        images, key = self.images, _order(self._kind)
        if all(key(first) <= key(second) for first, second in pairwise(self._store.images)):
            images = tuple(sorted(images, key=key))
        return replace(self._store, images=images, layer_content=self._layer_content)

    # Changes

    def remove(self, image_id: str, reason: RemovedFor) -> None:
        """Remove an image with all its names."""
        image = self._images[image_id]
        for name in image.names:
            self.untag(name)
        del self._images[image_id]
        self._children.get(image.parent or "", {}).pop(image_id, None)
        self.removed.append(Removed(self._store.by_id.get(image_id, image), reason))

    def untag(self, name: str) -> None:
        """Remove a name from its image."""
        image = self._images[self._names.pop(name)]
        self.put(image.model_copy(update={"names": tuple(each for each in image.names if each != name)}))
        self.untagged.append(Untagged(name, image.id))

    def tag(self, name: str, image_id: str) -> None:
        """Give an image a name, which any other image loses."""
        before = self._names.get(name, "")
        if before == image_id:
            return
        if before:
            old = self._images[before]
            self.put(old.model_copy(update={"names": tuple(each for each in old.names if each != name)}))
        image = self._images[image_id]
        self._names[name] = image_id
        self.put(image.model_copy(update={"names": (*image.names, name)}))
        self.tagged.append(Tagged(name, image_id, before))

    def add(self, image: Image) -> None:
        """Add an image without a name, which brings the content of its layers."""
        self._bring_layers(image)
        self._images[image.id] = image
        self._children.setdefault(image.parent or "", {})[image.id] = None
        self.added.append(image)

    def _bring_layers(self, image: Image) -> None:
        """Note that the content of an image's layers has arrived, except for layers that are already unpacked.

        containerd neither fetches nor labels the content of a layer if the snapshot of the layer and those below it
        exists (``unpack`` of ``core/unpack/unpacker.go``), so the content stays as it was.
        """
        unpacked = 0
        if self._layer_content:
            for other in self._images.values():
                if other.unpacked:
                    same = zip(image.diff_ids, other.diff_ids, strict=False)
                    unpacked = max(unpacked, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], same)))
        for diff_id in image.diff_ids[unpacked:]:
            self._layer_content.pop(diff_id, None)

    def put(self, image: Image) -> None:
        """Replace an image with its new state."""
        before = self._images[image.id]
        if before.parent != image.parent:
            self._children.get(before.parent or "", {}).pop(image.id, None)
            self._children.setdefault(image.parent or "", {})[image.id] = None
        self._images[image.id] = image

    def empty(self, reason: RemovedFor, kept: Iterable[str] = ()) -> None:
        """Remove all images except ``kept``."""
        kept_ids = set(kept)
        for image in self.images:
            if image.id not in kept_ids:
                self.remove(image.id, reason)


def _order(kind: StoreKind) -> Callable[[Image], tuple[bool, str, str]]:
    """Return the function that returns the key by which a store sorts an image."""
    if kind is StoreKind.GRAPH_DRIVER:
        return lambda image: (False, "", image.id)
    return lambda image: (not image.names, min(image.names, default=""), image.id)
