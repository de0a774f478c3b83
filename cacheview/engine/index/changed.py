"""The tables of a store that differs in a few images from another one, which has tables of all its images.

Everything is looked up in those tables, and in tables of the few images that were added. The sets are then spread: the
bits of the added images are put between the others, where the order has them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import zip_longest
from typing import Any

from cacheview.engine.field_comparison import IndexQuery
from cacheview.engine.index.counts import Counts
from cacheview.engine.index.distances import FieldDistances
from cacheview.engine.index.doubtful import DoubtfulImages
from cacheview.engine.index.ordered import OrderedImages
from cacheview.engine.index.tables import Tables
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck
from cacheview.model import Doubt, Image, StoreOrigin

__all__ = ["ChangedTables", "fits"]


def fits(origin: StoreOrigin) -> bool:
    """Return whether the tables of the origin serve: the images in place of others have the same values in them."""
    by_id = origin.store.by_id
    return (
        origin.is_near
        and not any(image.doubts for image in origin.added)
        and all(_has_equal_values(by_id[image_id], image) for image_id, image in origin.replaced.items())
    )


def _has_equal_values(before: Image, after: Image) -> bool:
    """Return whether two images have the same values, apart from the parent and the names."""
    return (
        after.config is before.config
        and after.container_config is before.container_config
        and after.doubts is before.doubts
        and after.built_locally == before.built_locally
    )


class _Spread:
    """Puts added positions between those of the origin.

    Args:
        before: for each added image, in order, the position of the origin's image that it comes before.
    """

    def __init__(self, before: Sequence[int]) -> None:
        self._before = before
        self.added = [place + number for number, place in enumerate(before)]
        self._masks = [(1 << place) - 1 for place in self.added]

    def bits(self, bits: int, added: int = 0) -> int:
        """Return a set of the origin's images, and a set of the added ones, as one set."""
        for place, mask in zip(self.added, self._masks, strict=True):
            low = bits & mask
            bits ^= low
            bits = bits << 1 | low
            if added & 1:
                bits |= 1 << place
            added >>= 1
        return bits

    def position(self, position: int) -> int:
        """Return the new position of an image of the origin."""
        return position + bisect_right(self._before, position)

    def counts(self, counts: Counts, added: Counts) -> Counts:
        """Return the numbers of the origin's images, and those of the added ones."""
        planes = zip_longest(counts.planes, added.planes, fillvalue=0)
        return Counts(tuple(self.bits(plane, added_plane) for plane, added_plane in planes))


class _ChangedOrder(OrderedImages):
    """The order of the changed store."""

    def __init__(
        self, origin: StoreOrigin, images: Sequence[Image], origin_order: OrderedImages, added_order: OrderedImages
    ) -> None:
        self._origin = origin
        self._origin_order = origin_order
        self._added_order = added_order
        self._in_store_order = images
        self.dates_missing_times = origin_order.dates_missing_times
        self.spread = _Spread([origin_order.place_after(image) for image in added_order.images])
        spread = self.spread
        self.all = (1 << len(images)) - 1
        self.timed = spread.bits(origin_order.timed, added_order.timed)
        ordered = [*origin_order.images]
        for image_id, image in origin.replaced.items():
            ordered[origin_order.positions[image_id]] = image
        for place, image in zip(spread.added, added_order.images, strict=True):
            ordered.insert(place, image)
        self.images = ordered

    def of(self, images: Sequence[Image]) -> int:
        if len(images) == len(self.images):
            return self.all
        remembered = self._origin_order.remembered(images)
        return self.spread.bits(remembered) if remembered is not None else self.having(image.id for image in images)

    def having(self, ids: Iterable[str]) -> int:
        ids = list(ids)
        return self.spread.bits(self._origin_order.having(ids), self._added_order.having(ids))

    @cached_property
    def positions(self) -> Mapping[str, int]:
        return _Positions(self.spread, self._origin_order.positions, self._added_order.positions)

    @cached_property
    def places(self) -> Sequence[int]:
        places, count = [*self._origin_order.places], len(self._origin.store.images)
        for at, place in zip(self.spread.added, self._added_order.places, strict=True):
            places.insert(at, count + place)
        return places

    @cached_property
    def own_parents(self) -> int:
        return self._corrected(self._origin_order.own_parents, lambda image: image.parent == image.id)

    @cached_property
    def without_parent(self) -> int:
        return self._corrected(self._origin_order.without_parent, lambda image: image.parent is None)

    def _corrected(self, bits: int, is_one: Callable[[Image], bool]) -> int:
        images = self._origin.images.values()
        changed = self.having(image.id for image in images)
        return self.spread.bits(bits) & ~changed | self.having(image.id for image in images if is_one(image))


class _Positions(Mapping[str, int]):
    """The position of each image by its id."""

    def __init__(self, spread: _Spread, origin: Mapping[str, int], added: Mapping[str, int]) -> None:
        self._spread = spread
        self._origin = origin
        self._added = added

    def __getitem__(self, image_id: str) -> int:
        added_position = self._added.get(image_id)
        return (
            self._spread.position(self._origin[image_id])
            if added_position is None
            else self._spread.added[added_position]
        )

    def __iter__(self) -> Iterator[str]:
        yield from self._origin
        yield from self._added

    def __len__(self) -> int:
        return len(self._origin) + len(self._added)


class _ChangedDoubtful(DoubtfulImages):
    """The doubtful images of the origin. The added images have no doubts."""

    def __init__(self, images: Sequence[Image], spread: _Spread, origin: DoubtfulImages) -> None:
        super().__init__(images)
        self._spread = spread
        self._origin = origin

    def __bool__(self) -> bool:
        return bool(self._origin)

    def where(self, is_unknown: Callable[[Image], bool]) -> int:
        return self._spread.bits(self._origin.where(is_unknown))

    def doubts(self, doubts_of: Callable[[Image], Sequence[Doubt]]) -> Sequence[tuple[Doubt, int | Sequence[int]]]:
        return [(doubt, self._moved(concerned)) for doubt, concerned in self._origin.doubts(doubts_of)]

    def _moved(self, positions: int | Sequence[int]) -> int | Sequence[int]:
        move = self._spread
        return move.bits(positions) if isinstance(positions, int) else list(map(move.position, positions))

    @cached_property
    def by_parent(self) -> Sequence[int]:
        return list(map(self._spread.bits, self._origin.by_parent))

    @cached_property
    def commands(self) -> Mapping[str, Sequence[int]]:
        return _Commands(self._spread, self._origin.commands)

    @cached_property
    def of_known_command(self) -> int:
        return self._spread.bits(self._origin.of_known_command)


class _Commands(Mapping[str, Sequence[int]]):
    """The new positions by command, moved when they are needed."""

    def __init__(self, spread: _Spread, origin: Mapping[str, Sequence[int]]) -> None:
        self._spread = spread
        self._origin = origin

    def __getitem__(self, command: str) -> Sequence[int]:
        return list(map(self._spread.position, self._origin[command]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._origin)

    def __len__(self) -> int:
        return len(self._origin)


class _ChangedDistances:
    """The distances of the origin's and of the added values of a field."""

    def __init__(self, spread: _Spread, origin: FieldDistances, added: FieldDistances) -> None:
        self._spread = spread
        self._origin = origin
        self._added = added

    def from_probe(self, value: Any) -> Counts:
        return self._spread.counts(self._origin.from_probe(value), self._added.from_probe(value))


class ChangedTables:
    """See the module. A store `fits`.

    Args:
        images: all images in store order.
        origin_tables: the tables of the origin.
    """

    def __init__(self, origin: StoreOrigin, images: Sequence[Image], origin_tables: Tables) -> None:
        self._origin_tables = origin_tables
        self._added_tables = Tables(origin.added, dates_missing_times=origin_tables.order.dates_missing_times)
        self.order = _ChangedOrder(origin, images, origin_tables.order, self._added_tables.order)
        self._spread = self.order.spread
        self.doubtful: DoubtfulImages = _ChangedDoubtful(self.order.images, self._spread, origin_tables.doubtful)

    def of(self, row: ConfigCheck | Requirement) -> Sequence[Any]:
        """Return the values that one check reads."""
        values, added_values = [*self._origin_tables.of(row)], self._added_tables.of(row)
        for place, value in zip(self._spread.added, added_values, strict=True):
            values.insert(place, value)
        return values

    def passing(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        """Return the images that pass a check, as bits."""
        return self._spread.bits(self._origin_tables.passing(row, query), self._added_tables.passing(row, query))

    def few_positions(self, row: ConfigCheck | Requirement, query: IndexQuery) -> Sequence[int] | None:
        """Return the positions of the images that pass a check; None: they may be many, or have several keys."""
        of_origin = self._origin_tables.few_positions(row, query)
        of_added = self._added_tables.few_positions(row, query)
        if of_origin is None or of_added is None:
            return None
        return [*map(self._spread.position, of_origin), *map(self._spread.added.__getitem__, of_added)]

    def distances(self, field: str) -> FieldDistances | None:
        """Return the distance of each image from values of a field; None: the field has no elements."""
        of_origin, of_added = self._origin_tables.distances(field), self._added_tables.distances(field)
        return (
            _ChangedDistances(self._spread, of_origin, of_added)
            if of_origin is not None and of_added is not None
            else None
        )
