"""A dictionary of very many entries that never keeps other threads waiting for long."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final, Generic, TypeVar, overload

from cacheview.model.effort import go_on

__all__ = ["LargeMap"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
D = TypeVar("D")

_PART_COUNT: Final = 64  # a power of two


class LargeMap(Generic[K, V]):
    """A dictionary in parts, in no particular order.

    A dictionary that becomes too small copies all of its entries while no other thread can run: with 700,000 entries,
    this takes a tenth of a second, and so does freeing it. Here, each part is copied and freed separately.
    """

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[dict[K, V]] = [{} for _ in range(_PART_COUNT)]

    def __setitem__(self, key: K, value: V) -> None:
        self._parts[hash(key) % _PART_COUNT][key] = value

    def __contains__(self, key: object) -> bool:
        return key in self._parts[hash(key) % _PART_COUNT]

    def __iter__(self) -> Iterator[K]:
        for part in self._parts:
            yield from part

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @overload
    def get(self, key: K) -> V | None: ...

    @overload
    def get(self, key: K, default: D) -> V | D: ...

    def get(self, key: K, default: object = None) -> object:
        """Return the value of a key, or the default."""
        return self._parts[hash(key) % _PART_COUNT].get(key, default)

    def setdefault(self, key: K, default: V) -> V:
        """Return the value of a key. If there is none, the default becomes its value."""
        return self._parts[hash(key) % _PART_COUNT].setdefault(key, default)

    def clear(self) -> None:
        """Remove all entries, in steps."""
        for number in range(_PART_COUNT):
            self._parts[number] = {}
            go_on()
