"""Images filed under the keys of checks, in little memory even for very many."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cacheview.engine.field_comparison import IndexQuery
from cacheview.engine.index.bits import bits_of
from cacheview.model.effort import paced

__all__ = ["Bucket", "Matching", "Table", "all_same"]


def all_same(values: Sequence[Any]) -> bool:
    """Return whether all values are equal, as in most columns of a store: most fields are not set."""
    return bool(values) and values[0] == values[-1] and values.count(values[0]) == len(values)


class Table:
    """The images filed under the keys of one slot."""

    def __init__(
        self,
        positions: Sequence[int],
        values: Sequence[Any],
        key: Callable[[Any], Hashable],
        special: Callable[[Any], bool] | None,
    ) -> None:
        self._filed: dict[Hashable, int | list[int]] = {}  # most keys have one position
        self._bits: dict[Hashable, int] = {}
        if all_same(values):
            only = key(values[0])
            self._filed[only] = positions[0]
            self._bits[only] = (1 << len(values)) - 1
        else:
            for position, value in zip(positions, paced(values), strict=True):
                filed_under = key(value)
                filed = self._filed.setdefault(filed_under, position)
                if isinstance(filed, list):
                    filed.append(position)
                elif filed != position:
                    self._filed[filed_under] = [filed, position]
        self.special = tuple(filed for filed in self._filed if special(filed)) if special else ()

    def bits(self, key: Hashable) -> int:
        """Return the images with this key."""
        bits = self._bits.get(key)
        if bits is not None:
            return bits
        filed = self._filed.get(key)
        if isinstance(filed, list):  # converted to bits on first use
            bits = self._bits[key] = bits_of(filed)
            del self._filed[key]
            return bits
        return 1 << filed if filed is not None else 0


class Bucket(dict[tuple[Hashable, ...], list[int]]):
    """Images with the same keys for all checks except those that accept several keys.

    Each special key is filed under a part that a probe must have to match, or None if it need not have any.
    """

    __slots__ = ("_bits", "_only", "_special")  # there may be as many buckets as images

    def __init__(self) -> None:
        super().__init__()
        self._only: tuple[Hashable, tuple[Hashable, ...]] | None = None  # most have one special key, with its part
        self._special: dict[Hashable, list[tuple[Hashable, ...]]] | None = None  # if there are more
        self._bits: int | None = None

    @property
    def bits(self) -> int:
        """All its images."""
        if self._bits is None:
            self._bits = bits_of(sorted(position for positions in self.values() for position in positions))
        return self._bits

    def file(self, keys: tuple[Hashable, ...], parts: Iterable[Hashable]) -> None:
        """File a special key under its part with the fewest keys so far."""
        if self._special is None:
            if self._only is None:
                self._only = (next(iter(parts), None), keys)
                return
            self._special = {self._only[0]: [self._only[1]]}
        special = self._special
        part = min(parts, key=lambda part: len(special.get(part, ())), default=None)
        special.setdefault(part, []).append(keys)

    def admitted(self, parts: Iterable[Hashable]) -> Iterator[tuple[Hashable, ...]]:
        """Yield the special keys that may pass for a probe with these parts."""
        special = self._special
        if special is None:
            special = {self._only[0]: [self._only[1]]} if self._only is not None else {}
        for part in (None, *parts):
            yield from special.get(part, ())


@dataclass(frozen=True, slots=True)
class Matching:
    """All images by the keys of all checks together.

    Attributes:
        common: number and key of each check that accepts one key and for which all images have the same key.
        others: numbers of the other checks that accept one key; their keys together identify a bucket.
        buckets: each contains images by their keys for the checks that accept several.
    """

    common: tuple[tuple[int, Hashable], ...]
    others: tuple[int, ...]
    buckets: dict[tuple[Hashable, ...], Bucket]

    @classmethod
    def of(cls, positions: Sequence[int], columns: Sequence[Sequence[Any]], queries: Sequence[IndexQuery]) -> Matching:
        """File images, given for each check the values that it reads of every image, and its query."""
        keys = [_keys(column, query) for column, query in zip(columns, queries, strict=True)]
        one = [column for column, query in zip(keys, queries, strict=True) if query.admits is None]
        common = {number: column[0] for number, column in enumerate(one) if all_same(column)}
        others = tuple(number for number in range(len(one)) if number not in common)
        # If there are none, all images are in one bucket.
        alike = itertools.repeat((), len(positions))
        exact = zip(*(one[number] for number in others), strict=True) if others else alike
        several = zip(
            *(column for column, query in zip(keys, queries, strict=True) if query.admits is not None), strict=True
        )
        special = [query for query in queries if query.special is not None]
        buckets: dict[tuple[Hashable, ...], Bucket] = {}
        for position, key, special_key in paced(zip(positions, exact, several, strict=True)):
            bucket = buckets.get(key)
            if bucket is None:
                bucket = buckets[key] = Bucket()
            filed = bucket.get(special_key)
            if filed is None:
                bucket[special_key] = [position]
                if any(query.special(key) for query, key in zip(special, special_key, strict=True) if query.special):
                    parts = (query.parts(key) for query, key in zip(special, special_key, strict=True) if query.parts)
                    bucket.file(special_key, next(parts, ()))
            else:
                filed.append(position)
        return cls(tuple(common.items()), others, buckets)

    def bucket(self, keys: Sequence[Hashable]) -> Bucket | None:
        """Return the images that pass all checks that accept one key; None: there are none."""
        if any(keys[number] != key for number, key in self.common):
            return None
        return self.buckets.get(tuple([keys[number] for number in self.others]))


def _keys(column: Sequence[Any], query: IndexQuery) -> Sequence[Hashable]:
    if all_same(column):
        return [query.key(column[0])] * len(column)
    return [query.key(value) for value in paced(column)]
