"""What ``--cache-from`` brings in: each reference's image and its ancestors.

moby: ``MakeImageCache`` of ``daemon/containerd/cache.go`` and ``ImageHistory`` at 71ebfc7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cacheview.engine.ruleset import RuleSet, Sources
from cacheview.model import DataError, Image, ImageStore

__all__ = ["Lineage", "lineages"]


@dataclass(frozen=True, slots=True)
class Lineage:
    """One ``--cache-from`` reference, and the sources that it brought in.

    Attributes:
        reference: as given.
        image: what it resolves to; None: nothing, and it is passed over in silence.
        sources: the image and its ancestors, newest first, one per history entry at most; empty if it was passed over.
        reason: why there are no sources, or where the walk ended.
    """

    reference: str
    image: Image | None
    sources: tuple[Image, ...]
    reason: str


def lineages(store: ImageStore, cache_from: tuple[str, ...], rules: RuleSet) -> tuple[Lineage, ...]:
    """The lineage of each reference, in the order given; the same image may be in several."""
    return tuple(_lineage(store, reference, rules.sources) for reference in cache_from)


def _lineage(store: ImageStore, reference: str, sources: Sources) -> Lineage:
    try:
        image = store.resolve(reference)
    except DataError as error:
        if sources is Sources.ALL:
            return Lineage(reference, None, (), error.what)
        return Lineage(reference, None, (), f"{error.what}; the daemon passes it over in silence")
    if sources is not Sources.LINEAGE:
        return Lineage(reference, image, (image,), "")
    with_layer = sum(not entry.empty_layer for entry in image.history)
    if with_layer > len(image.diff_ids):
        reason = (
            f"its history has {with_layer} entries with a layer and it has {len(image.diff_ids)} layers: "
            "the sizes cannot be told, so the daemon passes it over in silence"
        )
        return Lineage(reference, image, (), reason)
    if not image.history:
        return Lineage(reference, image, (), "it has no history, so it brings in no source, not even itself")
    walked = tuple(_walk(store, image))
    last = walked[-1]
    if last.parent is None:
        reason = "the last one has no parent recorded"
    elif last.parent not in store.by_id:
        reason = "the store lacks the parent of the last one"
    else:
        reason = f"as many images as {image.title} has history entries"
    return Lineage(reference, image, walked, reason)


def _walk(store: ImageStore, image: Image) -> Iterator[Image]:
    """The image, its parent and so on: as many as it has history entries, so a cycle ends too."""
    current: Image | None = image
    for _ in image.history:
        if current is None:
            return
        yield current
        current = store.by_id.get(current.parent) if current.parent else None
