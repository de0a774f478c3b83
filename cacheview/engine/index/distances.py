"""The number of elements of a field that would have to change for many candidates, without comparing each.

Every element of every candidate's value is filed once. The sets of candidates that have an element of the probe's value
at its position are then counted for all candidates together (`Counts`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from operator import and_, ne
from typing import Any, Final, Generic, Protocol, TypeVar

from cacheview.engine.index.bits import bits_of
from cacheview.engine.index.counts import Counts
from cacheview.model import ContainerConfig, FieldKind, field_kind
from cacheview.model.effort import go_on, paced

__all__ = ["Differences", "distance"]

_SPARSE = 64  # smaller sets than one image in this many are kept as positions until they are needed


class FieldDistances(Protocol):
    """The values of one field, one for each candidate."""

    def from_probe(self, value: Any) -> Counts:
        """Return the number of elements that differ from the probe's value."""


class Differences:
    """The distances of many candidates from a probe.

    Args:
        among: the candidates, as bits.
        fields: the compared fields.
        values: returns the candidates' values of a field, in the order of their bits.
        matching: returns the candidates that pass all checks of a field, given a probe's config.
        once: whether it is for a single probe: values are compared directly, which takes less time than filing their
            elements.
    """

    def __init__(
        self,
        among: int,
        fields: Sequence[str],
        values: Callable[[str], Sequence[Any]],
        matching: Callable[[str, ContainerConfig], int],
        *,
        once: bool = False,
    ) -> None:
        self._all = among
        self._fields = fields
        self._values = values
        self._matching = matching
        self._once = once
        self._distances: dict[str, FieldDistances | None] = {}
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

    def read_alike(self, field: str, value: Mapping[str, str]) -> int:
        """Return the candidates of which each key has the same value in the probe. A missing key counts as empty.

        See `SameValues`; the lengths are compared separately.
        """
        distances = self._of_elements(field)
        assert isinstance(distances, _OfMaps)
        return distances.read_alike(value)

    def _of_elements(self, field: str) -> FieldDistances | None:
        if field not in self._distances:
            make = _Compared.of_field if self._once else _distances
            self._distances[field] = make(field, self._values(field))
        return self._distances[field]

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
            distances = self._of_elements(field)
            elements = distances.from_probe(value) if distances is not None else Counts()
            count = elements.at_least_one(differs)
        self._last[field] = (value, differs, count)
        return differs, count


def _distances(field: str, values: Sequence[Any]) -> FieldDistances | None:
    """Return distances to the candidates' values of a field, in the order of their bits; None: it has no elements."""
    match field_kind(field):
        case FieldKind.LIST:
            return _OfLists(values)
        case FieldKind.MAP:
            return _OfMaps(values, with_values=True)
        case FieldKind.SET:
            return _OfMaps(values, with_values=False)
        case _:
            return None


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


class _Compared:
    """Compares every value with the probe's."""

    def __init__(self, values: Sequence[Any], distance: Callable[[Any, Any], int]) -> None:
        self._values = values
        self._distance = distance

    @staticmethod
    def of_field(field: str, values: Sequence[Any]) -> _Compared | None:
        """Like `_distances`."""
        distance = _DISTANCES.get(field_kind(field))
        return _Compared(values, distance) if distance is not None else None

    def from_probe(self, value: Any) -> Counts:
        positions_of: dict[int, list[int]] = {}
        for position, other in enumerate(paced(self._values)):
            positions_of.setdefault(self._distance(value, other), []).append(position)
        groups = ((number, tuple(positions)) for number, positions in positions_of.items())
        return _Numbers(groups, len(self._values) // _SPARSE).counts


_DISTANCES: Final = {FieldKind.LIST: distance, FieldKind.MAP: _distance_of_maps, FieldKind.SET: _distance_of_keys}

K = TypeVar("K", bound=Hashable)


class _Filed(Generic[K]):
    """The candidates that have a key, as bits."""

    def __init__(self) -> None:
        self._filed: dict[K, tuple[int, ...] | list[int] | int] = {}

    def add(self, key: K, positions: tuple[int, ...]) -> None:
        """Add the key for these candidates."""
        filed = self._filed.get(key)
        if filed is None:
            self._filed[key] = positions  # most values are unique, and all keys of a value can share the same positions
        elif isinstance(filed, list):
            filed.extend(positions)
        else:
            assert isinstance(filed, tuple)
            self._filed[key] = [*filed, *positions]

    def pack(self, few: int) -> None:
        """Turn sets of more than ``few`` into bits, which need no more memory and are then ready."""
        for key, filed in self._filed.items():
            if not isinstance(filed, int) and len(filed) > few:
                self._filed[key] = bits_of(sorted(filed))

    def bits(self, key: K) -> int:
        filed = self._filed.get(key, 0)
        if not isinstance(filed, int):
            filed = self._filed[key] = bits_of(sorted(filed))
        return filed

    def keys(self) -> Iterable[K]:
        return self._filed.keys()


_Groups = Collection[tuple[Any, tuple[int, ...]]]


def _grouped(values: Sequence[Any], key: Callable[[Any], Hashable]) -> _Groups:
    """Return each distinct value with the positions that have it."""
    positions_of: dict[Hashable, list[int]] = {}
    for position, value in enumerate(paced(values)):
        positions_of.setdefault(key(value) if value else (), []).append(position)
    return [(values[positions[0]] or (), tuple(positions)) for positions in positions_of.values()]


class _Numbers:
    """A number for each candidate: how many elements its value has."""

    def __init__(self, groups: Iterable[tuple[int, tuple[int, ...]]], few: int) -> None:
        self._filed = _Filed[int]()
        for number, positions in groups:
            self._filed.add(number, positions)
        self._filed.pack(few)
        self.distinct: list[int] = sorted(self._filed.keys())
        planes = [0] * max(self.distinct, default=0).bit_length()
        for number in self.distinct:
            for place in range(number.bit_length()):
                if number >> place & 1:
                    planes[place] |= self.bits(number)
        self.counts = Counts(tuple(planes))

    def bits(self, number: int) -> int:
        """Return the candidates with this number."""
        return self._filed.bits(number)


def _lengths(groups: _Groups, few: int) -> _Numbers:
    return _Numbers(((len(value), positions) for value, positions in groups), few)


class _OfLists:
    """Lists, see `distance`."""

    def __init__(self, values: Sequence[Sequence[str] | None]) -> None:
        few = len(values) // _SPARSE
        self._all = (1 << len(values)) - 1
        groups = _grouped(values, tuple)
        self._lengths = _lengths(groups, few)
        self._places = [_Filed[str]() for _ in range(max(self._lengths.distinct, default=0))]
        for value, positions in paced(groups):
            for place, element in zip(self._places, value, strict=False):
                place.add(element, positions)
        for place in paced(self._places):
            place.pack(few)

    def from_probe(self, value: Sequence[str] | None) -> Counts:
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
        own = Counts.constant(size, self._all)
        is_longer = own.below(self._lengths.counts)
        longer, shorter = self._lengths.counts.where(is_longer, own), own.where(is_longer, self._lengths.counts)
        return by_place.where(same_size, longer - (start + end).at_most(shorter))

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


class _OfMaps:
    """Maps: the keys that only one side has, and those with another value."""

    def __init__(self, values: Sequence[Mapping[str, Any] | None], *, with_values: bool) -> None:
        few = len(values) // _SPARSE
        self._all = (1 << len(values)) - 1
        groups = _grouped(values, lambda value: frozenset(value.items() if with_values else value))
        self._lengths = _lengths(groups, few)
        self._keys = _Filed[str]()
        self._items: dict[str, _Filed[str]] = {}
        for value, positions in paced(groups):
            for key in value:
                self._keys.add(key, positions)
                if with_values:
                    self._items.setdefault(key, _Filed()).add(value[key], positions)
        empty = ((sum(not each for each in value.values()), positions) for value, positions in groups if value)
        self._empty = _Numbers(empty if with_values else (), few).counts
        for filed in paced((self._keys, *self._items.values())):
            filed.pack(few)
        self._with_values = with_values

    def from_probe(self, value: Mapping[str, Any] | None) -> Counts:
        probe = value or {}
        own = Counts.constant(len(probe), self._all)
        keys = Counts.of_sets(self._keys.bits(key) for key in probe)
        same = keys
        if self._with_values:
            same = Counts.of_sets(self._items[key].bits(probe[key]) for key in probe if key in self._items)
        return own + self._lengths.counts - keys - same

    def read_alike(self, probe: Mapping[str, str]) -> int:
        """See `Differences.read_alike`."""
        filed = [(self._items[key], value) for key, value in probe.items() if key in self._items]
        same = Counts.of_sets(of_key.bits(value) for of_key, value in filed)
        compared = Counts.of_sets(of_key.bits("") for of_key, _ in filed)
        return (same + self._empty - compared).equal(self._lengths.counts, self._all)
