"""The distances of many values, found with sets of images, equal those of each pair of values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from cacheview.engine.index.distances import Compared, FieldDistances, distances_of

LISTS = [None, *("".join(letters) for size in range(5) for letters in product("ab", repeat=size))]
ITEMS = [*product(("a", "b"), ("", "1")), ("c", "1")]
MAPS = [None, {}, *(dict(items) for size in (1, 2) for items in product(ITEMS, repeat=size))]


@pytest.mark.parametrize(
    ("field", "values"),
    [("Cmd", [word if word is None else tuple(word) for word in LISTS]), ("Labels", MAPS), ("Volumes", MAPS)],
)
def test_distances_of_many_values_equal_those_of_pairs(field: str, values: Sequence[Any]) -> None:
    together = distances_of(field, values)
    one_by_one = Compared.of_field(field, values)
    assert together is not None
    assert one_by_one is not None

    def numbers(distances: FieldDistances, value: Any) -> dict[int, int]:
        return dict(distances.from_probe(value).ascending((1 << len(values)) - 1))

    for value in values:
        assert numbers(together, value) == numbers(one_by_one, value), value
