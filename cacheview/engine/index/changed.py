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
from cacheview.engine.index.kinds import DoubtKinds
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
        and all(_is_alike(by_id[image_id], image) for image_id, image in origin.replaced.items())
    )


def _is_alike(before: Image, after: Image) -> bool:
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
        self._below = [(1 << place) - 1 for place in self.added]

    def bits(self, bits: int, added: int = 0) -> int:
        """Return a set of the origin's images, and a set of the added ones, as one set."""
        for place, below in zip(self.added, self._below, strict=True):
            low = bits & below
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
        return Counts(tuple(self.bits(plane, more) for plane, more in planes))


class _ChangedOrder(OrderedImages):
    """The order of the changed store."""

    def __init__(
        self, origin: StoreOrigin, images: Sequence[Image], before: OrderedImages, added: OrderedImages
    ) -> None:
        self._origin = origin
        self._former = before
        self._more = added
        self._in_store_order = images
        self.dates_missing_times = before.dates_missing_times
        self.spread = _Spread([before.place_after(image) for image in added.images])
        spread = self.spread
        self.all = (1 << len(images)) - 1
        self.timed = spread.bits(before.timed, added.timed)
        ordered = [*before.images]
        for image_id, image in origin.replaced.items():
            ordered[before.positions[image_id]] = image
        for place, image in zip(spread.added, added.images, strict=True):
            ordered.insert(place, image)
        self.images = ordered

    def of(self, images: Sequence[Image]) -> int:
        if len(images) == len(self.images):
            return self.all
        known = self._former.remembered(images)
        return self.spread.bits(known) if known is not None else self.having(image.id for image in images)

    def having(self, ids: Iterable[str]) -> int:
        ids = list(ids)
        return self.spread.bits(self._former.having(ids), self._more.having(ids))

    @cached_property
    def positions(self) -> Mapping[str, int]:
        return _Positions(self.spread, self._former.positions, self._more.positions)

    @cached_property
    def places(self) -> Sequence[int]:
        places, count = [*self._former.places], len(self._origin.store.images)
        for at, place in zip(self.spread.added, self._more.places, strict=True):
            places.insert(at, count + place)
        return places

    @cached_property
    def own_parents(self) -> int:
        return self._corrected(self._former.own_parents, lambda image: image.parent == image.id)

    @cached_property
    def without_parent(self) -> int:
        return self._corrected(self._former.without_parent, lambda image: image.parent is None)

    def _corrected(self, former: int, is_one: Callable[[Image], bool]) -> int:
        images = self._origin.images.values()
        changed = self.having(image.id for image in images)
        return self.spread.bits(former) & ~changed | self.having(image.id for image in images if is_one(image))


class _Positions(Mapping[str, int]):
    """The position of each image by its id."""

    def __init__(self, spread: _Spread, former: Mapping[str, int], more: Mapping[str, int]) -> None:
        self._spread = spread
        self._former = former
        self._more = more

    def __getitem__(self, image_id: str) -> int:
        more = self._more.get(image_id)
        return self._spread.position(self._former[image_id]) if more is None else self._spread.added[more]

    def __iter__(self) -> Iterator[str]:
        yield from self._former
        yield from self._more

    def __len__(self) -> int:
        return len(self._former) + len(self._more)


class _ChangedKinds(DoubtKinds):
    """The kinds of doubts of the origin's images. The added images have none."""

    def __init__(self, images: Sequence[Image], spread: _Spread, former: DoubtKinds) -> None:
        super().__init__(images)
        self._spread = spread
        self._former = former

    def __bool__(self) -> bool:
        return bool(self._former)

    def where(self, is_unknown: Callable[[Image], bool]) -> int:
        return self._spread.bits(self._former.where(is_unknown))

    def doubts(self, doubts_of: Callable[[Image], Sequence[Doubt]]) -> Sequence[tuple[Doubt, int | Sequence[int]]]:
        return [(doubt, self._moved(concerned)) for doubt, concerned in self._former.doubts(doubts_of)]

    def _moved(self, positions: int | Sequence[int]) -> int | Sequence[int]:
        move = self._spread
        return move.bits(positions) if isinstance(positions, int) else list(map(move.position, positions))

    @cached_property
    def by_parent(self) -> Sequence[int]:
        return list(map(self._spread.bits, self._former.by_parent))

    @cached_property
    def commands(self) -> Mapping[str, Sequence[int]]:
        return _Commands(self._spread, self._former.commands)

    @cached_property
    def of_known_command(self) -> int:
        return self._spread.bits(self._former.of_known_command)


class _Commands(Mapping[str, Sequence[int]]):
    """The new positions by command, moved when they are needed."""

    def __init__(self, spread: _Spread, former: Mapping[str, Sequence[int]]) -> None:
        self._spread = spread
        self._former = former

    def __getitem__(self, command: str) -> Sequence[int]:
        return list(map(self._spread.position, self._former[command]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._former)

    def __len__(self) -> int:
        return len(self._former)


class _ChangedDistances:
    """The distances of the origin's and of the added values of a field."""

    def __init__(self, spread: _Spread, former: FieldDistances, more: FieldDistances) -> None:
        self._spread = spread
        self._former = former
        self._more = more

    def from_probe(self, value: Any) -> Counts:
        return self._spread.counts(self._former.from_probe(value), self._more.from_probe(value))


class ChangedTables:
    """See the module. A store `fits`.

    Args:
        images: all images in store order.
        former: the tables of the origin.
    """

    def __init__(self, origin: StoreOrigin, images: Sequence[Image], former: Tables) -> None:
        self._former = former
        self._more = Tables(origin.added, dates_missing_times=former.order.dates_missing_times)
        self.order = _ChangedOrder(origin, images, former.order, self._more.order)
        self._spread = self.order.spread
        self.kinds: DoubtKinds = _ChangedKinds(self.order.images, self._spread, former.kinds)

    def of(self, row: ConfigCheck | Requirement) -> Sequence[Any]:
        """Return the values that one check reads."""
        values, more = [*self._former.of(row)], self._more.of(row)
        for place, value in zip(self._spread.added, more, strict=True):
            values.insert(place, value)
        return values

    def passing(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        """Return the images that pass a check, as bits."""
        return self._spread.bits(self._former.passing(row, query), self._more.passing(row, query))

    def few(self, row: ConfigCheck | Requirement, query: IndexQuery) -> Sequence[int] | None:
        """Return the positions of the images that pass a check; None: they may be many, or have several keys."""
        former, more = self._former.few(row, query), self._more.few(row, query)
        if former is None or more is None:
            return None
        return [*map(self._spread.position, former), *map(self._spread.added.__getitem__, more)]

    def distances(self, field: str) -> FieldDistances | None:
        """Return the distance of each image from values of a field; None: the field has no elements."""
        former, more = self._former.distances(field), self._more.distances(field)
        return _ChangedDistances(self._spread, former, more) if former is not None and more is not None else None
