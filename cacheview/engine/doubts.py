"""The doubts about an image that a rule depends on, and the doubts of an answer, counted."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import joined
from cacheview.model import Aspect, Doubt, HistoryEntry, Image, Timestamp
from cacheview.model.effort import paced

__all__ = [
    "DoubtCount",
    "DoubtCounter",
    "doubts_about",
    "entry_doubts",
    "field_doubts",
    "have_doubts",
    "prefix_doubts",
]

ENTRY_FIELDS = ("created", "created_by", "author", "comment", "empty_layer")
"""The fields of a history entry, in the order of Go's struct, which ``reflect.DeepEqual`` follows."""

_ASPECTS: dict[str, Aspect] = {
    "created": "history.created",
    "created_by": "history.created_by",
    "author": "history.author",
    "comment": "history.comment",
    "empty_layer": "history.empty_layer",
}
_UNKNOWN_TIME = object()
_YEAR_2_SECONDS = -62_104_060_800
"""The beginning of the year 2: an entry without a time may be reported as year 1, Go's zero time, or as 1970."""


def doubts_about(image: Image, *aspects: Aspect) -> tuple[Doubt, ...]:
    """Return the doubts about any of these aspects, or about a larger one that contains it; empty: all is exact."""
    if not image.doubts:
        return ()
    has_one_config = image.container_config is None
    covering = _covering(aspects, has_one_config)
    if covering.isdisjoint([doubt.aspect for doubt in image.doubts]):
        return ()  # the usual case
    results = []
    for aspect in aspects:
        doubt = image.doubt(aspect)
        if doubt is None and _is_of_config(aspect, has_one_config):
            doubt = image.doubt("config")
        if doubt is not None and doubt not in results:
            results.append(doubt)
    return tuple(results)


@cache
def _covering(aspects: tuple[Aspect, ...], has_one_config: bool) -> frozenset[str]:
    """Return the aspects that are among these, or contain one of them."""
    wholes = (aspect.partition(".")[0] for aspect in aspects)
    of_config = ("config" for aspect in aspects if _is_of_config(aspect, has_one_config))
    return frozenset((*aspects, *wholes, *of_config))


def _is_of_config(aspect: Aspect, has_one_config: bool) -> bool:
    """Return whether an aspect is in the image config.

    ``has_one_config``: whether the container config is in it; otherwise, the store keeps that apart.
    """
    if aspect == "container_config":
        return has_one_config
    return aspect in ("created", "diff_ids") or aspect.startswith("history")


def have_doubts(images: Iterable[Image], *aspects: Aspect) -> Iterator[bool]:
    """Yield for each image whether any of these aspects is in doubt: quickly, if many images share their doubts."""
    results: dict[Hashable, bool] = {}
    for image in paced(images):
        if not image.doubts:
            yield False
            continue
        key = (image.container_config is None, *map(id, image.doubts))
        result = results.get(key)
        if result is None:
            result = results[key] = bool(doubts_about(image, *aspects))
        yield result


def field_doubts(
    parent: Image, source: Image, field: str, parent_value: object, source_value: object
) -> tuple[Doubt, ...]:
    """Return the doubts that the comparison of one field of two history entries depends on."""
    if not parent.doubts and not source.doubts:
        return ()
    aspect = _ASPECTS[field]
    doubts = joined(doubts_about(parent, aspect), doubts_about(source, aspect))
    if field == "created" and doubts:
        left, right = _whole_seconds(parent, parent_value), _whole_seconds(source, source_value)
        if _UNKNOWN_TIME not in (left, right) and left != right:
            return ()
    return doubts


def _whole_seconds(image: Image, created: object) -> object:
    """Return the known part of an entry's time, in whole seconds; `_UNKNOWN_TIME`: nothing is known."""
    doubts = doubts_about(image, "history.created")
    seconds = created.seconds if isinstance(created, Timestamp) else None
    if any(doubt.aspect != "history.created" for doubt in doubts):
        return _UNKNOWN_TIME
    return _UNKNOWN_TIME if doubts and (seconds is None or seconds < _YEAR_2_SECONDS or seconds == 0) else seconds


def entry_doubts(
    parent: Image, source: Image, parent_value: HistoryEntry, source_value: HistoryEntry, rules: RuleSet
) -> tuple[Doubt, ...]:
    """Return the doubts that the comparison of two history entries depends on: none if a field certainly differs."""
    results: list[tuple[Doubt, ...]] = []
    for field in ENTRY_FIELDS:
        left, right = getattr(parent_value, field), getattr(source_value, field)
        if field == "created":
            left, right = rules.time(left), rules.time(right)
        doubts = field_doubts(parent, source, field, left, right)
        if not doubts and left != right:
            return ()
        results.append(doubts)
    return joined(*results)


def prefix_doubts(parent: Image, source: Image, rules: RuleSet) -> tuple[Doubt, ...]:
    """Return the doubts that the comparison of the parent's history with the source's first entries depends on."""
    if not parent.doubts and not source.doubts:
        return ()
    whole = joined(doubts_about(parent, "history"), doubts_about(source, "history"))
    if whole:
        return whole
    equal = rules.equal_entries(parent, source)
    results: dict[Doubt, None] = {}
    of_equal: tuple[Doubt, ...] | None = None  # the doubts about any two entries that are equal as reported
    first = max(0, equal - 1)  # earlier pairs are equal too, like the last equal one
    for parent_entry, source_entry in zip(parent.history[first:], source.history[first:], strict=False):
        is_equal = rules.entry_key(parent_entry) == rules.entry_key(source_entry)
        if is_equal and of_equal is not None:
            continue
        doubts = entry_doubts(parent, source, parent_entry, source_entry, rules)
        if is_equal:
            of_equal = doubts
        elif not doubts:
            return ()
        results.update(dict.fromkeys(doubts))
    return tuple(results)


@dataclass(frozen=True, slots=True)
class DoubtCount:
    """A doubt that an answer depends on, with the number of images in the store that it concerns."""

    doubt: Doubt
    images: int


class DoubtCounter:
    """The doubts found while computing an answer, each with the images that it concerns."""

    def __init__(self) -> None:
        self._image_ids: dict[Doubt, set[str]] = {}
        self._counted: dict[Doubt, int] = {}

    def add(self, doubts: Iterable[Doubt], *images: Image | None) -> None:
        """Add doubts about these images."""
        for doubt in doubts:
            image_ids = self._image_ids.setdefault(doubt, set())
            image_ids.update(image.id for image in images if image is not None and doubt in image.doubts)

    def add_all(self, doubts: Iterable[Doubt], image_ids: Collection[str]) -> None:
        """Add doubts that all of these images have."""
        for doubt in doubts:
            self._image_ids.setdefault(doubt, set()).update(image_ids)

    def count(self, doubt: Doubt, images: int) -> None:
        """Add a doubt about this many images."""
        self._counted[doubt] = max(images, self._counted.get(doubt, 0))

    def reported(self) -> tuple[DoubtCount, ...]:
        """Return all doubts in the order in which they were found."""
        doubts: Sequence[Doubt] = tuple(dict.fromkeys((*self._counted, *self._image_ids)))
        return tuple(
            DoubtCount(doubt, max(self._counted.get(doubt, 0), len(self._image_ids.get(doubt, ())), 1))
            for doubt in doubts
        )
