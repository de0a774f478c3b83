"""Counts the elements of a field that would have to change, for many candidates, without comparing each of them.

Every element of every candidate's value is filed once. The sets of candidates that have an element of the probe's value
at its position are then counted for all candidates together (`Counts`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from operator import and_, ne
from typing import Any, Final, Protocol

from cacheview.engine.index.bits import bits_of
from cacheview.engine.index.counts import Counts
from cacheview.engine.index.filed import all_same
from cacheview.model import ContainerConfig, FieldKind, field_kind
from cacheview.model.effort import go_on, paced

__all__ = [
    "Compared",
    "Differences",
    "FieldDistances",
    "ListDistances",
    "MapDistances",
    "distance",
    "distances_of",
    "distances_of_one",
]

_SPARSE_RATIO = 64  # sets of fewer than one image in this many are kept as positions until they are needed


class FieldDistances(Protocol):
    """The values of one field, one for each candidate."""

    def from_probe(self, value: Any) -> Counts:
        """Return the number of elements that differ from the probe's value."""


class Differences:
    """The distances of many candidates from a probe.

    Args:
        among: the candidates, as bits.
        fields: the compared fields.
        distances: returns the distances to the candidates' values of a field; None: it has no elements.
        matching: returns the candidates that pass all checks of a field, given a probe's config.
    """

    def __init__(
        self,
        among: int,
        fields: Sequence[str],
        distances: Callable[[str], FieldDistances | None],
        matching: Callable[[str, ContainerConfig], int],
    ) -> None:
        self._all = among
        self._fields = fields
        self._distances = distances
        self._matching = matching
        self._last: dict[str, tuple[Any, int, Counts]] = {}

    def from_probe(self, probe: ContainerConfig) -> tuple[Counts, Counts]:
        """Return for each candidate the number of fields that differ, and of elements: at least one for each field."""
        differing, elements = [], Counts()
        for field in self._fields:
            differs, count = self._of_field(field, probe)
            if differs:
                differing.append(differs)
                elements += count
        return Counts.of_sets(differing), elements

    def _of_field(self, field: str, probe: ContainerConfig) -> tuple[int, Counts]:
        """Return the candidates for which a field differs, and how many elements.

        Edits change few fields: results are cached.
        """
        value = getattr(probe, field)
        last = self._last.get(field)
        if last is not None and last[0] == value:
            return last[1:]
        go_on()
        differs = self._all & ~self._matching(field, probe)
        if not differs:
            count = Counts()
        else:
            distances = self._distances(field)
            elements = distances.from_probe(value) if distances is not None else Counts()
            count = elements.at_least_one(differs)
        self._last[field] = (value, differs, count)
        return differs, count


def distances_of(field: str, values: Sequence[Any]) -> FieldDistances | None:
    """Return distances to the candidates' values of a field, in the order of their bits; None: it has no elements."""
    kind = field_kind(field)
    if kind not in _DISTANCES:
        return None
    if all_same(values):
        return distances_of_one(field, values[0], len(values))
    if kind is FieldKind.LIST:
        return ListDistances(values)
    return MapDistances(values, with_values=kind is FieldKind.MAP)


def distances_of_one(field: str, value: Any, count: int) -> FieldDistances | None:
    """Return the same as `distances_of` if all candidates have one value."""
    distance = _DISTANCES.get(field_kind(field))
    return _OfOne(value, distance, (1 << count) - 1) if distance is not None else None


def distance(probe_value: Any, image_value: Any) -> int:
    """Return how many elements of two lists differ: those between the common beginning and the common end.

    In lists of equal length, elements are compared by index.
    """
    left: Sequence[str] = probe_value or ()
    right: Sequence[str] = image_value or ()
    if not left or not right:
        return len(left) + len(right)
    if len(left) == len(right):
        return sum(map(ne, left, right))
    shorter = min(len(left), len(right))
    start = next((i for i in range(shorter) if left[i] != right[i]), shorter)
    end = next((i for i in range(shorter - start) if left[-1 - i] != right[-1 - i]), shorter - start)
    return max(len(left), len(right)) - start - end


def _distance_of_keys(probe_value: Any, image_value: Any) -> int:
    """Return the number of keys that only one of two maps has."""
    return len((probe_value or {}).keys() ^ (image_value or {}).keys())


def _distance_of_maps(probe_value: Any, image_value: Any) -> int:
    """Return the number of keys that only one of two maps has, or that have different values."""
    left: Mapping[str, Any] = probe_value or {}
    right: Mapping[str, Any] = image_value or {}
    if not left or not right:
        return len(left) + len(right)
    same = sum(1 for key, value in left.items() if key in right and right[key] == value)
    return len(left.keys() | right.keys()) - same


_Distance = Callable[[Any, Any], int]
_DISTANCES: Final[Mapping[FieldKind, _Distance]] = {
    FieldKind.LIST: distance,
    FieldKind.MAP: _distance_of_maps,
    FieldKind.SET: _distance_of_keys,
}


class Compared:
    """Compares every value with the probe's, which for a single probe takes less time than filing their elements."""

    def __init__(self, values: Sequence[Any], distance: _Distance) -> None:
        self._values = values
        self._distance = distance

    @staticmethod
    def of_field(field: str, values: Sequence[Any]) -> Compared | None:
        """Like `distances_of`."""
        distance = _DISTANCES.get(field_kind(field))
        return Compared(values, distance) if distance is not None else None

    def from_probe(self, value: Any) -> Counts:
        """See `FieldDistances`."""
        positions_of: dict[int, list[int]] = {}
        for position, other in enumerate(paced(self._values)):
            positions_of.setdefault(self._distance(value, other), []).append(position)
        groups = ((number, tuple(positions)) for number, positions in positions_of.items())
        return _Numbers(groups, len(self._values) // _SPARSE_RATIO).counts


class _OfOne:
    """One value that all candidates have."""

    def __init__(self, value: Any, distance: _Distance, among: int) -> None:
        self._value = value
        self._distance = distance
        self._all = among

    def from_probe(self, value: Any) -> Counts:
        return Counts.constant(self._distance(value, self._value), self._all)


_Positions = tuple[int, ...] | list[int]


class _Filed:
    """The candidates that have a key, as bits."""

    def __init__(self) -> None:
        self.filed: dict[Any, _Positions | int] = {}

    def pack(self, max_listed: int) -> None:
        """Turn sets of more than ``max_listed`` into bits, which need no more memory and are ready for use."""
        for key, filed in self.filed.items():
            if type(filed) is not int and len(filed) > max_listed:  # type: ignore[arg-type]
                self.filed[key] = bits_of(filed)  # type: ignore[arg-type]

    def bits(self, key: Hashable) -> int:
        """Return the candidates that have a key."""
        filed = self.filed.get(key, 0)
        if not isinstance(filed, int):
            filed = self.filed[key] = bits_of(filed)
        return filed


def _file(filed: dict[Any, _Positions | int], key: Hashable, positions: tuple[int, ...]) -> None:
    """File candidates under a key. There may be millions of keys."""
    existing = filed.setdefault(key, positions)  # most values are unique, and all keys of a value share its positions
    if existing is not positions:
        if type(existing) is list:
            existing.extend(positions)
        else:
            filed[key] = [*existing, *positions]  # type: ignore[misc]


_Groups = Collection[tuple[Any, tuple[int, ...]]]


def _grouped(values: Sequence[Any], key: Callable[[Any], Hashable]) -> _Groups:
    """Return each distinct value with the positions that have it."""
    positions_of: dict[Hashable, list[int]] = {}
    for position, value in enumerate(paced(values)):
        positions_of.setdefault(key(value) if value else (), []).append(position)
    groups = []
    while positions_of:  # freed one by one, not all together at the end
        positions = positions_of.popitem()[1]
        groups.append((values[positions[0]] or (), tuple(positions)))
    groups.reverse()
    return groups


class _Numbers:
    """A number for each candidate: how many elements its value has."""

    def __init__(self, groups: Iterable[tuple[int, tuple[int, ...]]], max_listed: int) -> None:
        self._filed = _Filed()
        positions_of: dict[int, list[int]] = {}
        for number, positions in groups:
            positions_of.setdefault(number, []).extend(positions)
        self._filed.filed.update(positions_of)
        self._filed.pack(max_listed)
        self.distinct: list[int] = sorted(self._filed.filed)
        planes = [0] * max(self.distinct, default=0).bit_length()
        for number in self.distinct:
            for place in range(number.bit_length()):
                if number >> place & 1:
                    planes[place] |= self.bits(number)
        self.counts = Counts(tuple(planes))

    def bits(self, number: int) -> int:
        """Return the candidates with this number."""
        return self._filed.bits(number)


def _lengths(groups: _Groups, max_listed: int) -> _Numbers:
    return _Numbers(((len(value), positions) for value, positions in groups), max_listed)


class ListDistances:
    """Lists, see `distance`."""

    def __init__(self, values: Sequence[Sequence[str] | None]) -> None:
        max_listed = len(values) // _SPARSE_RATIO
        self._all = (1 << len(values)) - 1
        groups = _grouped(values, tuple)
        self._lengths = _lengths(groups, max_listed)
        self._places = [_Filed() for _ in range(max(self._lengths.distinct, default=0))]
        filed = [place.filed for place in self._places]
        for value, positions in paced(groups):
            for of_place, element in zip(filed, value, strict=False):
                _file(of_place, element, positions)
        for place in paced(self._places):
            place.pack(max_listed)

    def from_probe(self, value: Sequence[str] | None) -> Counts:
        """See `FieldDistances`."""
        probe = value or ()
        size = len(probe)
        same_size = self._lengths.bits(size)
        others = self._all & ~same_size
        at_places = [place.bits(element) for place, element in zip(self._places, probe, strict=False)]
        by_place = Counts.constant(size, same_size) - Counts.of_sets(bits & same_size for bits in at_places)
        if not others:
            return by_place
        start = Counts.of_sets(_chain(others, at_places))
        end = Counts.of_sets(_chain(others, map(self._from_end, itertools.count(1), reversed(probe))))
        probe_length = Counts.constant(size, self._all)
        is_longer = probe_length.below(self._lengths.counts)
        longer, shorter = (
            self._lengths.counts.where(is_longer, probe_length),
            probe_length.where(is_longer, self._lengths.counts),
        )
        return by_place.where(same_size, longer - (start + end).at_most(shorter))

    def having(self, place: int, element: Hashable) -> int:
        """Return the candidates with an element at an index."""
        return self._places[place].bits(element) if place < len(self._places) else 0

    def _from_end(self, place: int, element: str) -> int:
        """Return the candidates with an element at an index counted from the end, where the last is 1."""
        bits = 0
        for length in self._lengths.distinct:
            if length >= place:
                bits |= self._places[length - place].bits(element) & self._lengths.bits(length)
        return bits


def _chain(among: int, sets: Iterable[int]) -> Iterator[int]:
    """Yield the intersection of the first of these sets, of the first two, and so on."""
    return itertools.takewhile(bool, itertools.accumulate((each & among for each in sets), and_))


class MapDistances:
    """Maps: the keys that only one side has, and those with different values."""

    def __init__(self, values: Sequence[Mapping[str, Any] | None], *, with_values: bool) -> None:
        max_listed = len(values) // _SPARSE_RATIO
        self._all = (1 << len(values)) - 1
        groups = _grouped(values, lambda value: frozenset(value.items() if with_values else value))
        self._lengths = _lengths(groups, max_listed)
        self._keys = _Filed()
        self._items: dict[str, _Filed] = {}
        for value, positions in paced(groups):
            for key in value:
                _file(self._keys.filed, key, positions)
            if with_values and value:
                for key, item in value.items():
                    of_key = self._items.get(key)
                    if of_key is None:
                        of_key = self._items[key] = _Filed()
                    _file(of_key.filed, item, positions)
        empty = (
            (list(value.values()).count(""), positions)
            for value, positions in (groups if with_values else ())
            if value and "" in value.values()
        )
        self._empty = _Numbers(empty, max_listed).counts
        for filed in paced((self._keys, *self._items.values())):
            filed.pack(max_listed)
        self._with_values = with_values

    def from_probe(self, value: Mapping[str, Any] | None) -> Counts:
        """See `FieldDistances`."""
        probe = value or {}
        probe_length = Counts.constant(len(probe), self._all)
        keys = Counts.of_sets(self._keys.bits(key) for key in probe)
        same = keys
        if self._with_values:
            same = Counts.of_sets(self._items[key].bits(probe[key]) for key in probe if key in self._items)
        return probe_length + self._lengths.counts - keys - same

    def equal_or_empty(self, probe: Mapping[str, str]) -> int:
        """Return the candidates whose keys all have the same value in the probe. A missing key counts as empty.

        See `SameValues`; the lengths are compared separately.
        """
        filed = [(self._items[key], value) for key, value in probe.items() if key in self._items]
        same = Counts.of_sets(of_key.bits(value) for of_key, value in filed)
        compared = Counts.of_sets(of_key.bits("") for of_key, _ in filed)
        return (same + self._empty - compared).equal(self._lengths.counts, self._all)
