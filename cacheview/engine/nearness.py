"""How near the candidates came: how many fields of the probe would have to change, and how many elements in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cacheview.engine.bits import bits_of, iterate_bits
from cacheview.engine.index import CandidateIndex
from cacheview.engine.known import KnownCache
from cacheview.model import ContainerConfig, Image, ImageStore
from cacheview.model.effort import paced

__all__ = ["Near", "ancestors", "countable", "nearest"]


@dataclass(frozen=True, slots=True)
class Near:
    """A candidate, and how far the probe is from matching it.

    Attributes:
        fields: how many fields differ.
        elements: how many elements in them differ; at least one for each field.
    """

    image: Image
    fields: int
    elements: int


def nearest(index: CandidateIndex, probe: ContainerConfig, among: int) -> Iterator[Near]:
    """A set of candidates (bits of the index), nearest first: by fields, then elements, then the newest."""
    by_fields, by_elements = index.differences(probe)
    for fields, level in by_fields.ascending(among):
        for elements, alike in by_elements.ascending(level):
            for image in index.images(alike):
                yield Near(image, fields, elements)


def countable(cache: KnownCache, index: CandidateIndex, among: int, sources: Sequence[Image]) -> int:
    """Those of a set that would count as a local match beside these sources: one of them has it as its parent."""
    parents = {source.parent for source in sources}
    if cache.rules.follows_ancestors:
        parents = set(ancestors(cache.store, sources))
    alone = cache.rules.reads_one_parent and None in parents  # such a source asks the answer itself
    results = [
        position
        for position in paced(iterate_bits(among))
        if (image := index.image(position)).id in parents or (alone and image.parent == image.id)
    ]
    return bits_of(results)


def ancestors(store: ImageStore, images: Sequence[Image]) -> set[str]:
    """The recorded parents of these images, and so on."""
    result: set[str] = set()
    for image in paced(images):
        current: Image | None = image
        while current is not None and current.parent is not None and current.parent not in result:
            result.add(current.parent)
            current = store.by_id.get(current.parent)
    return result
