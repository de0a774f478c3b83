"""Images filed under the keys of checks, using little memory even for very many images."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from cacheview.engine.index.bits import bits_of
from cacheview.model.effort import paced

__all__ = ["MAX_IMAGES_WITHOUT_TABLES", "Table", "all_same"]

MAX_IMAGES_WITHOUT_TABLES: Final = 12
"""Up to this many images are compared one by one, which takes less time than creating the tables."""


def all_same(values: Sequence[Any]) -> bool:
    """Return whether all values are equal, as in most columns of a store: most fields are not set."""
    return bool(values) and values[0] == values[-1] and values.count(values[0]) == len(values)


class Table:
    """The images filed under the keys of one slot.

    Attributes:
        special: the keys that may pass although they are not the accepted key.
    """

    def __init__(
        self,
        positions: Sequence[int],
        values: Sequence[Any],
        key: Callable[[Any], Hashable],
        special: Callable[[Any], bool] | None,
    ) -> None:
        self._filed: dict[
            Hashable, int | list[int] | tuple[int]
        ] = {}  # one position, as most keys have; several positions; or bits
        if all_same(values):
            self._filed[key(values[0])] = ((1 << len(values)) - 1,)
        else:
            for position, value in zip(positions, paced(values), strict=True):
                filed_under = key(value)
                filed = self._filed.setdefault(filed_under, position)
                if type(filed) is list:
                    filed.append(position)
                elif filed != position:
                    self._filed[filed_under] = [filed, position]  # type: ignore[list-item]
        self.special = tuple(filed for filed in self._filed if special(filed)) if special else ()

    def bits(self, key: Hashable) -> int:
        """Return the images with this key."""
        filed = self._filed.get(key, ())
        if isinstance(filed, int):
            return 1 << filed
        if isinstance(filed, list):
            bits = bits_of(filed)
            if len(filed) > MAX_IMAGES_WITHOUT_TABLES:  # converted to bits on first use
                self._filed[key] = (bits,)
            return bits
        return filed[0] if filed else 0

    def few_positions(self, key: Hashable, limit: int) -> Sequence[int] | None:
        """Return the positions of the images with this key; None: there may be more than ``limit``."""
        filed = self._filed.get(key, ())
        if isinstance(filed, int):
            filed = (filed,)
        elif isinstance(filed, tuple) and filed:
            return None
        return filed if len(filed) <= limit else None
