"""The images that an argument of ``docker save`` or ``docker rmi`` names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cacheview.model import DataError, Image, ImageStore, NoSuchImageError, StoreKind, parse_reference
from cacheview.whatif.conflicts import is_id_prefix

__all__ = ["SavedImage", "to_save"]


@dataclass(frozen=True, slots=True)
class SavedImage:
    """An image that is saved.

    Attributes:
        names: the names that are saved with it.
        by_id: whether it is also saved without a name.
    """

    image: Image
    names: tuple[str, ...]
    by_id: bool = False


def to_save(store: ImageStore, kind: StoreKind, references: Sequence[str]) -> tuple[SavedImage, ...]:
    """Return the images that ``docker save`` writes.

    Args:
        references: a name without a tag means all tags of its repository; an id means no name. Empty: all tags.

    Raises `DataError` if a reference does not refer to an image.
    """
    names: dict[str, list[str]] = {}
    by_id: set[str] = set()
    if not references:
        for image in store.images:
            if tags := [name for name in image.names if "@" not in name]:
                names[image.id] = tags
    for reference in references:
        for image, matching in _images_of(store, kind, reference):
            tags = names.setdefault(image.id, [])
            tags += (tag for tag in matching if tag not in tags)
            if not matching:
                by_id.add(image.id)
    return tuple(SavedImage(store.by_id[image_id], tuple(tags), image_id in by_id) for image_id, tags in names.items())


def _images_of(store: ImageStore, kind: StoreKind, reference: str) -> list[tuple[Image, tuple[str, ...]]]:
    parsed = parse_reference(reference)
    if parsed.name and not _has_tag(reference) and not parsed.digest:
        prefix = f"{parsed.name}:"
        every = [(image, tuple(name for name in image.names if name.startswith(prefix))) for image in store.images]
        if results := [(image, tags) for image, tags in every if tags]:
            return results
    try:
        image = store.resolve_for(reference, kind)
    except NoSuchImageError:
        raise
    except DataError as error:
        raise NoSuchImageError(str(error)) from error
    is_named = parsed.tagged in image.names and not parsed.digest
    return [(image, (parsed.tagged,) if is_named and not is_id_prefix(image.id, reference) else ())]


def _has_tag(reference: str) -> bool:
    return ":" in reference.rpartition("/")[2].partition("@")[0]
