"""The origin of an image without a parent, and its effect on the image's probe. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cacheview.ui.images.tree import IMPORTED, NO_PARENT, NOT_READ, PULLED, root_word

if TYPE_CHECKING:
    from cacheview.model import Image

__all__ = ["came_from"]

_BY_BUILDKIT: Final = (
    "The history shows that BuildKit built this image. BuildKit does not record parents and never uses the classic "
    "builder's cache, so this image was not looked up there when it was built."
)
_ORIGIN_SENTENCES: Final = {
    PULLED: (
        "This image was pulled. A pull does not fetch parent images, so this store does not record what the builder "
        "looked up in the cache."
    ),
    NO_PARENT: (
        "This image has no recorded parent, because it was pulled or loaded, or its parent images were removed. The "
        "store therefore does not record what the builder looked up in the cache."
    ),
    IMPORTED: "docker import created this image from a filesystem, so no builder looked it up in the cache.",
    NOT_READ: (
        "This image has not been read. Only its ID is known, so cacheview cannot show what the builder looked up in "
        "the cache."
    ),
}


def came_from(image: Image) -> str:
    """Return how an image got into the store, if that is why it has no probe; empty: it has one."""
    if image.is_by_buildkit:
        return " ".join(filter(None, (_ORIGIN_SENTENCES[PULLED] if image.is_pulled else "", _BY_BUILDKIT)))
    return _ORIGIN_SENTENCES.get(root_word(image), "") if image.parent is None else ""
