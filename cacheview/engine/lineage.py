"""What ``--cache-from`` brings in: each reference's image and its ancestors.

moby: ``MakeImageCache`` of ``daemon/containerd/cache.go`` and ``ImageHistory`` at 71ebfc7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cacheview.engine.doubts import doubts_about
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import joined
from cacheview.engine.words import sources as words
from cacheview.model import DataError, Doubt, Image, ImageStore, parse_reference
from cacheview.model.effort import LimitError, paced

__all__ = ["Lineage", "ancestors", "lineages"]


_MOST_SOURCES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Lineage:
    """One ``--cache-from`` reference, and the sources that it brought in.

    Attributes:
        reference: as given.
        image: what it resolves to; None: nothing, and the daemon silently ignores it.
        sources: the image and its ancestors, newest first, one per history entry at most; empty if it was ignored.
        reason: why there are no sources, or where the walk ended.
        doubts: what it rests on that is not known, that the reference brings in these: of its names, its history.
        open_ended: the doubts for which there may be other sources than these, or further ones.
    """

    reference: str
    image: Image | None
    sources: tuple[Image, ...]
    reason: str
    doubts: tuple[Doubt, ...] = ()
    open_ended: tuple[Doubt, ...] = ()


def lineages(
    store: ImageStore, cache_from: tuple[str, ...], rules: RuleSet, naming: tuple[Doubt, ...] = ()
) -> tuple[Lineage, ...]:
    """The lineage of each reference, in the order given; the same image may be in several.

    ``naming``: the doubts about the names of any image of the store, by which a reference may mean another one.

    Raises `LimitError` if they bring in more images than any real build's.
    """
    results: list[Lineage] = []
    count = 0
    for reference in paced(cache_from):
        lineage = _lineage(store, reference, rules, naming if naming and _is_by_name(reference) else ())
        count += len(lineage.sources)
        if count > _MOST_SOURCES:
            raise LimitError(words.too_many(_MOST_SOURCES))
        results.append(lineage)
    return tuple(results)


def _is_by_name(reference: str) -> bool:
    try:
        return bool(parse_reference(reference).name)
    except DataError:
        return False  # it means nothing, whatever the names


def _lineage(store: ImageStore, reference: str, rules: RuleSet, naming: tuple[Doubt, ...]) -> Lineage:
    try:
        image = store.resolve_for(reference, rules.store)
    except DataError as error:
        reason = error.what if rules.sources_must_exist else words.ignored(error.what)
        return Lineage(reference, None, (), reason, naming, naming)
    if not rules.sources_with_ancestors:
        return Lineage(reference, image, (image,), "", naming, naming)
    counting = doubts_about(image, "history")
    sizing = (*_sizing(image), *counting)
    doubts, open_ended = joined(naming, sizing), joined(naming, counting)
    with_layer = sum(not entry.empty_layer for entry in image.history)
    if with_layer > len(image.diff_ids) and not sizing:
        reason = words.sizes_unknown(with_layer, len(image.diff_ids))
        return Lineage(reference, image, (), reason, doubts, open_ended)
    if not image.history:
        reason = words.HISTORY_UNKNOWN if counting else words.NO_HISTORY
        return Lineage(reference, image, (), reason, doubts, open_ended)
    walked = tuple(_walk(store, image))
    last = walked[-1]
    ends_by_count = len(walked) == len(image.history)
    links = [doubt for step in (walked[:-1] if ends_by_count else walked) for doubt in doubts_about(step, "parent")]
    if last.parent is None:
        reason = words.OLDEST_HAS_NO_PARENT
    elif last.parent not in store.by_id:
        reason = words.PARENT_OF_OLDEST_MISSING
    else:
        reason = words.as_many_as_entries(image)
    return Lineage(reference, image, walked, reason, doubts, joined(open_ended, links))


def _sizing(image: Image) -> tuple[Doubt, ...]:
    """What it rests on that the daemon can assign the sizes: no more entries with a layer than there are layers."""
    if not image.doubts:
        return ()
    layers = doubts_about(image, "diff_ids")
    emptiness = doubts_about(image, "history.empty_layer")
    if emptiness and (layers or len(image.history) > len(image.diff_ids)):
        return (*layers, *emptiness)
    return layers if any(not entry.empty_layer for entry in image.history) else ()


def _walk(store: ImageStore, image: Image) -> Iterator[Image]:
    """The image, its parent and so on: as many as it has history entries, so a cycle ends too."""
    current: Image | None = image
    for _ in image.history:
        if current is None:
            return
        yield current
        current = store.by_id.get(current.parent) if current.parent else None


def ancestors(store: ImageStore, images: Sequence[Image]) -> set[str]:
    """The recorded parents of these images, and so on."""
    result: set[str] = set()
    for image in paced(images):
        current: Image | None = image
        while current is not None and current.parent is not None and current.parent not in result:
            result.add(current.parent)
            current = store.by_id.get(current.parent)
    return result
