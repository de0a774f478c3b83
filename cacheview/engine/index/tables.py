"""The values of many images that the checks read, filed once for all parents and rule sets.

The images that pass a check are found by the key under which its comparison files them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from cacheview.engine.field_comparison import NO_KEY, IndexQuery
from cacheview.engine.index.columns import Columns
from cacheview.engine.index.distances import FieldDistances, ListDistances, MapDistances, distances_of
from cacheview.engine.index.filed import MAX_IMAGES_WITHOUT_TABLES, Table
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck
from cacheview.model import Image

__all__ = ["Tables"]


class Tables(Columns):
    """Tables of some images, each created on first use.

    Several threads may use them at the same time: results are stored in one piece, and at worst computed twice.

    Args:
        compare_up_to: up to this many images or keys are compared one by one.
    """

    def __init__(
        self, images: Sequence[Image], *, dates_missing_times: bool, compare_up_to: int = MAX_IMAGES_WITHOUT_TABLES
    ) -> None:
        super().__init__(images, dates_missing_times=dates_missing_times)
        self._compare_up_to = compare_up_to
        self._numbers = list(range(len(images)))  # shared by everything that is filed
        self._filed: dict[Hashable, Table] = {}
        self._distances: dict[str, FieldDistances | None] = {}

    def prepare(self, parts: Iterable[Sequence[Image]]) -> None:
        """Compute now what lookups need in addition to tables. ``parts`` are images that are looked up together."""
        order, doubtful = self.order, self.doubtful
        _ = order.positions, order.places, order.own_parents, order.without_parent, doubtful.of_known_command
        for images in parts:
            order.remember(images)

    def file(self, queries: Iterable[tuple[ConfigCheck | Requirement, IndexQuery]]) -> None:
        """Create now what these lookups need. Each column is read once, however many of them read it."""
        by_column: dict[str, list[tuple[ConfigCheck | Requirement, IndexQuery]]] = {}
        for row, query in queries:
            by_column.setdefault(row.field or row.name, []).append((row, query))
        for rows in by_column.values():
            values = self.of(rows[0][0])
            for row, query in rows:
                if query.slot not in self._filed:
                    self._create(query, values)
                if isinstance(row, ConfigCheck) and row.field not in self._distances:
                    self._distances[row.field] = distances_of(row.field, values)

    def passing(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        """Return the images that pass a check, as bits."""
        if query.place is not None and isinstance(lists := self.distances(row.field), ListDistances):
            return lists.having(query.place, query.accepted)
        table = self.table(row, query)
        bits = table.bits(query.accepted) if query.accepted is not NO_KEY else 0
        if query.admits is not None:
            has_many_keys = query.by_elements and len(table.special) > self._compare_up_to
            if has_many_keys and isinstance(maps := self.distances(row.field), MapDistances):
                return bits | maps.equal_or_empty(dict(query.accepted))  # type: ignore[call-overload]
            for key in table.special:
                if key != query.accepted and query.admits(key):
                    bits |= table.bits(key)
        return bits

    def few_positions(self, row: ConfigCheck | Requirement, query: IndexQuery) -> Sequence[int] | None:
        """Return the positions of the images that pass a check; None: they may be many, or have several keys."""
        if query.admits is not None:
            return None
        if query.accepted is NO_KEY:
            return ()
        return self.table(row, query).few_positions(query.accepted, self._compare_up_to)

    def distances(self, field: str) -> FieldDistances | None:
        """Return the distance of each image from values of a field; None: the field has no elements."""
        if field not in self._distances:
            self._distances[field] = distances_of(field, self.field(field))
        return self._distances[field]

    def table(self, row: ConfigCheck | Requirement, query: IndexQuery) -> Table:
        """Return the table of a check."""
        table = self._filed.get(query.slot)
        return self._create(query, self.of(row)) if table is None else table

    def _create(self, query: IndexQuery, values: Sequence[Any]) -> Table:
        table = self._filed[query.slot] = Table(self._numbers, values, query.key, query.special)
        return table

    def field(self, name: str) -> Sequence[Any]:
        """Return the values of a field of the container config. They are not kept, because the tables contain them."""
        return self.read(name)
