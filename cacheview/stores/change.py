"""Changes in a store between two readings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cacheview.model import Image, ImageStore
from cacheview.model.effort import paced

__all__ = ["StoreChanges", "changes", "with_removed"]


@dataclass(frozen=True, slots=True)
class StoreChanges:
    """The difference between two readings of one store. False if there is none.

    Attributes:
        new: ids of images that were not there before, in the order of the store.
        removed: images that are no longer there, as they were.
        changed: ids of images whose names or parent have changed. The content of an image cannot change without
            changing its id.
    """

    new: tuple[str, ...] = ()
    removed: tuple[Image, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.removed or self.changed)


def changes(before: ImageStore, after: ImageStore) -> StoreChanges:
    """Compare two readings of a store. The order of the images, and of the names of each image, does not matter."""
    earlier = before.by_id
    new, changed = [], []
    for image in paced(after.images):
        previous = earlier.get(image.id)
        if previous is None:
            new.append(image.id)
        elif previous.parent != image.parent or (
            previous.names != image.names and set(previous.names) != set(image.names)
        ):
            changed.append(image.id)
    removed = tuple(image for image in before.images if image.id not in after.by_id)
    return StoreChanges(tuple(new), removed, tuple(changed))


def with_removed(before: ImageStore, after: ImageStore) -> ImageStore:
    """Return ``after``, with the images that it lacks restored to their places in ``before``. New images come last."""
    now = after.by_id
    kept = tuple(now.get(image.id, image) for image in paced(before.images))
    return replace(after, images=(*kept, *(image for image in paced(after.images) if image.id not in before.by_id)))
