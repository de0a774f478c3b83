"""Images that an earlier build created and the later build's store lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cacheview.diff.causes import Cause, CauseKind, CauseOrigin
from cacheview.diff.side import BuildSide, SideStep
from cacheview.model import Image, ImageStore, short_id

__all__ = ["MissingImage", "find_missing_image", "is_of_store", "is_one_store"]


@dataclass(frozen=True)
class MissingImage:
    """An image that a step of A created or hit, and that is not in the store of B.

    Attributes:
        image: its id, or the beginning of it.
        created_at: when A began the step; None: not known, or A did not create it.
        is_created: whether A created it.
        removed_at: when its engine removed it, according to its events; None: not known.
        was_there: whether the two stores appear to be the same, which means that it has been removed since.
    """

    image: str
    created_at: datetime | None
    is_created: bool
    was_there: bool
    removed_at: datetime | None = None

    @property
    def cause(self) -> Cause:
        """The difference as a cause."""
        return Cause(CauseKind.IMAGE_MISSING, CauseOrigin.SURROUNDINGS, in_a=True, image=short_id(self.image))


def find_missing_image(a: BuildSide, b: BuildSide, step_a: SideStep, step_b: SideStep) -> MissingImage | None:
    """Return the image of A for two equal steps, if B does not find it; otherwise None."""
    if b.store is None or b.options.no_cache or a.store_kind is not b.store_kind:
        return None
    if (
        not step_a.is_looked_up
        or not step_a.image
        or step_b.cached is not False
        or not (step_a.is_created or step_a.cached)
    ):
        return None
    is_later = a.started is None or b.started is None or a.started < b.started
    if not is_later or b.image(step_a.image) is not None:
        return None
    return MissingImage(step_a.image, step_a.at, step_a.is_created, is_one_store(a, b))


def is_one_store(a: BuildSide, b: BuildSide) -> bool:
    """Return whether both were built in the same store, as far as known: both have an image that was built there."""
    if a.location and a.location == b.location:
        return True
    return a.store is not None and b.store is not None and _have_in_common(a.store, b.store)


def is_of_store(side: BuildSide, store: ImageStore) -> bool:
    """Return whether a build ran in this store, as far as known.

    The store must have an image from the build or from before it.
    """
    if side.location and side.location == store.location:
        return True
    created = {step.image for step in side.steps if step.is_created}
    if any(image.id in created or image.short_id in created for image in store.images):
        return True
    return side.store is not None and _have_in_common(side.store, store)


def _have_in_common(a: ImageStore, b: ImageStore) -> bool:
    ids = {image.id for image in a.images if _is_built(image)}
    return any(image.id in ids for image in b.images)


def _is_built(image: Image) -> bool:
    return image.parent is not None or image.built_locally or image.from_scratch
