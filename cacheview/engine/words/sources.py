"""Explains why a ``--cache-from`` reference brings in its sources, or none."""

from __future__ import annotations

from typing import Final

from cacheview.model import Image
from cacheview.wording import counted

__all__ = [
    "OLDEST_HAS_NO_PARENT",
    "PARENT_OF_OLDEST_MISSING",
    "as_many_as_entries",
    "ignored",
    "sizes_unknown",
    "too_many",
    "without_history",
]

OLDEST_HAS_NO_PARENT: Final = "the oldest of these images does not record a parent"
PARENT_OF_OLDEST_MISSING: Final = "the parent of the oldest of these images is not in the store"


def too_many(limit: int) -> str:
    """Name the limit for a `LimitError`: more images than the program examines."""
    return f"needed more than {limit:,} images from the --cache-from references"


def ignored(why: str) -> str:
    """Explain that the reference is ignored, for this reason."""
    return f"{why}; the daemon silently ignores the reference"


def without_history(*, is_certain: bool) -> str:
    """Explain why an image without a history brings in nothing. ``is_certain``: whether it certainly has none."""
    if is_certain:
        return "it has no history, so it brings in no images, not even itself"
    return "its history is unknown, so the images that this source brings in are unknown too"


def sizes_unknown(image: Image) -> str:
    """Explain that the image has fewer layers than history entries with a layer."""
    entries = sum(not entry.empty_layer for entry in image.history)
    return (
        f"its history has {counted(entries, 'entry', 'entries')} with a layer, but the image has "
        f"{counted(len(image.diff_ids), 'layer')}; the daemon cannot assign the layer sizes, so it "
        "silently ignores the image"
    )


def as_many_as_entries(image: Image) -> str:
    """Explain that the walk along an image's parents stopped at the number of its history entries."""
    return f"the search stops once it has found as many images as {image.title} has history entries"
