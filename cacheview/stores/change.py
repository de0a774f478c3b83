"""What changed in a store from one reading to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cacheview.model import Image, ImageStore
from cacheview.model.effort import paced

__all__ = ["StoreChange", "changes", "with_gone"]


@dataclass(frozen=True, slots=True)
class StoreChange:
    """The difference between two readings of one store. False if there is none.

    Attributes:
        new: ids that were not there before, in the order of the store.
        gone: images that are there no more, as they were.
        changed: ids whose names or parent are others than before. What is in an image cannot change: its id would.
    """

    new: tuple[str, ...] = ()
    gone: tuple[Image, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def changes(before: ImageStore, after: ImageStore) -> StoreChange:
    """Compare two readings of a store. The order of images, and that of the names of one, does not count."""
    known = before.by_id
    new, changed = [], []
    for image in paced(after.images):
        was = known.get(image.id)
        if was is None:
            new.append(image.id)
        elif was.parent != image.parent or (was.names != image.names and set(was.names) != set(image.names)):
            changed.append(image.id)
    gone = tuple(image for image in before.images if image.id not in after.by_id)
    return StoreChange(tuple(new), gone, tuple(changed))


def with_gone(before: ImageStore, after: ImageStore) -> ImageStore:
    """The store of after with the images that are gone from it, all of them where they were; new ones come last."""
    now = after.by_id
    kept = tuple(now.get(image.id, image) for image in before.images)
    return replace(after, images=(*kept, *(image for image in after.images if image.id not in before.by_id)))
