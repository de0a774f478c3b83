"""The sources that ``--cache-from`` brings in: each reference's image and its ancestors.

moby: ``MakeImageCache`` of ``daemon/containerd/cache.go`` and ``ImageHistory`` at 71ebfc7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import filterfalse, islice
from operator import attrgetter
from typing import Final, NamedTuple

from cacheview.engine.doubts import doubts_about
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import joined
from cacheview.engine.words import sources as words
from cacheview.model import DataError, Doubt, Image, ImageStore, parse_reference
from cacheview.model.effort import LimitError, paced

__all__ = ["Lineage", "ancestors", "lineages"]


_MAX_SOURCES: Final = 2_000_000
_has_no_layer: Final = attrgetter("empty_layer")


class Lineage(NamedTuple):
    """One ``--cache-from`` reference, and the sources that it brings in. A lookup may need a thousand of them.

    Attributes:
        reference: as specified.
        image: the image that it resolves to; None: there is none.
        sources: the image and its ancestors, newest first, at most one per history entry; empty if it is ignored.
        reason: returns why there are no sources, or where the walk along the parents ended, in words.
        doubts: unknown facts, about names and history, that these sources depend on.
        open_ended: doubts that mean that there may be other or further sources.
    """

    reference: str
    image: Image | None
    sources: tuple[Image, ...]
    reason: Callable[[], str]
    doubts: tuple[Doubt, ...] = ()
    open_ended: tuple[Doubt, ...] = ()


def lineages(
    store: ImageStore,
    cache_from: tuple[str, ...],
    rules: RuleSet,
    name_doubts: tuple[Doubt, ...] = (),
    earlier: dict[str, Lineage] | None = None,
) -> tuple[Lineage, ...]:
    """Return the lineage of each reference, in the order given; the same image may be in several.

    Args:
        name_doubts: the doubts about the names of any images in the store: a reference may refer to a different image.
        earlier: lineages found earlier under the same rules, by reference. New ones are added.

    Raises `LimitError` if the references bring in more images than in any real build.
    """
    results: list[Lineage] = []
    earlier = earlier if earlier is not None else {}
    count = 0
    for reference in paced(cache_from):
        lineage = earlier.get(reference)
        if lineage is None:
            lineage = _lineage(store, reference, rules, name_doubts if name_doubts and _is_by_name(reference) else ())
            earlier[reference] = lineage
        count += len(lineage.sources)
        if count > _MAX_SOURCES:
            raise LimitError(words.too_many(_MAX_SOURCES))
        results.append(lineage)
    return tuple(results)


def _is_by_name(reference: str) -> bool:
    try:
        return bool(parse_reference(reference).name)
    except DataError:
        return False  # it refers to nothing, regardless of names


def _lineage(store: ImageStore, reference: str, rules: RuleSet, name_doubts: tuple[Doubt, ...]) -> Lineage:
    try:
        image = store.resolve_for(reference, rules.store)
    except DataError as error:
        message = error.what
        must_exist = rules.sources_must_exist
        return Lineage(
            reference,
            None,
            (),
            lambda: message if must_exist else words.ignored(message),
            name_doubts,
            name_doubts,
        )
    if not rules.sources_with_ancestors:
        return Lineage(reference, image, (image,), str, name_doubts, name_doubts)
    size_doubts, count_doubts = _doubts(image)
    doubts, open_ended = joined(name_doubts, size_doubts), joined(name_doubts, count_doubts)
    if not size_doubts and _lacks_layers(image):
        return Lineage(reference, image, (), lambda: words.sizes_unknown(image), doubts, open_ended)
    if not image.history:
        return Lineage(
            reference, image, (), lambda: words.without_history(is_certain=not count_doubts), doubts, open_ended
        )
    chain = tuple(_walk(store, image))
    last = chain[-1]
    ends_by_count = len(chain) == len(image.history)
    link_doubts = [doubt for step in (chain[:-1] if ends_by_count else chain) for doubt in doubts_about(step, "parent")]

    def reason() -> str:
        if last.parent is None:
            return words.OLDEST_HAS_NO_PARENT
        if last.parent not in store.by_id:
            return words.PARENT_OF_OLDEST_MISSING
        return words.as_many_as_entries(image)

    return Lineage(reference, image, chain, reason, doubts, joined(open_ended, link_doubts))


def _doubts(image: Image) -> tuple[tuple[Doubt, ...], tuple[Doubt, ...]]:
    """Return the doubts about the sizes of its layers, and about the number of its history entries."""
    if not doubts_about(image, "diff_ids", "history.empty_layer"):  # which covers doubts about the whole history
        return (), ()
    count_doubts = doubts_about(image, "history")
    return (*_size_doubts(image), *count_doubts), count_doubts


def _size_doubts(image: Image) -> tuple[Doubt, ...]:
    """Return the doubts about the sizes: the daemon needs a layer for each history entry with one."""
    layer_doubts = doubts_about(image, "diff_ids")
    emptiness_doubts = doubts_about(image, "history.empty_layer")
    if emptiness_doubts and (layer_doubts or len(image.history) > len(image.diff_ids)):
        return (*layer_doubts, *emptiness_doubts)
    return layer_doubts if any(not entry.empty_layer for entry in image.history) else ()


def _lacks_layers(image: Image) -> bool:
    """Return whether more history entries have a layer than there are layers."""
    count, history = len(image.diff_ids), image.history
    return len(history) > count and next(islice(filterfalse(_has_no_layer, history), count, None), None) is not None


def _walk(store: ImageStore, image: Image) -> Iterator[Image]:
    """Yield the image, its parent and so on, at most one image per history entry, so that a cycle ends too."""
    current: Image | None = image
    for _ in image.history:
        if current is None:
            return
        yield current
        current = store.by_id.get(current.parent) if current.parent else None


def ancestors(store: ImageStore, images: Sequence[Image]) -> set[str]:
    """Return the ids of all recorded ancestors of these images."""
    result: set[str] = set()
    for image in paced(images):
        current: Image | None = image
        while current is not None and current.parent is not None and current.parent not in result:
            result.add(current.parent)
            current = store.by_id.get(current.parent)
    return result
