"""The values of many images that the checks read: a column for each check, in the order of the images."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from operator import attrgetter
from typing import Any, Final

from cacheview.engine.candidate import container_config_of
from cacheview.engine.field_comparison import NO_KEY, IndexQuery
from cacheview.engine.index.bits import bits_of
from cacheview.engine.index.distances import Compared, FieldDistances
from cacheview.engine.index.doubtful import DoubtfulImages
from cacheview.engine.index.filed import all_same
from cacheview.engine.index.ordered import OrderedImages
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck
from cacheview.model import ContainerConfig, Image
from cacheview.model.effort import go_on, paced

__all__ = ["Columns"]

_EMPTY_CONFIG: Final = ContainerConfig()
"""The container config that is read if an image has none."""

_READ_AT_ONCE: Final = 10_000
"""The number of values that are read while no other thread can run, in about a millisecond."""


class Columns:
    """The columns of some images. All fields of a container config can be read, regardless of the rules.

    Attributes:
        order: the images in order.
        doubtful: those with doubts.
    """

    def __init__(self, images: Sequence[Image], *, dates_missing_times: bool) -> None:
        self.order = OrderedImages(images, dates_missing_times=dates_missing_times)
        self.doubtful = DoubtfulImages(self.order.images)
        self._configs = [
            _EMPTY_CONFIG if (config := container_config_of(each)) is None else config for each in self.order.images
        ]
        self._fields: dict[str, Sequence[Any]] = {}
        self._passing: dict[tuple[Hashable, Hashable], int] = {}

    def of(self, row: ConfigCheck | Requirement) -> Sequence[Any]:
        """Return the values that one check reads."""
        return self.field(row.field) if isinstance(row, ConfigCheck) else row.read_all(self.order.images)

    def field(self, name: str) -> Sequence[Any]:
        """Return the values of a field of the container config."""
        column = self._fields.get(name)
        if column is None:
            column = self._fields[name] = self.read(name)
        return column

    def read(self, name: str) -> Sequence[Any]:
        """Return the same as `field`, without keeping it."""
        value, configs = attrgetter(name), self._configs
        column: list[Any] = []
        for start in range(0, len(configs), _READ_AT_ONCE):
            go_on()
            column += map(value, configs[start : start + _READ_AT_ONCE])
        return column

    def passing(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        """Return the images that pass a check, as bits. Examining every image takes less time than filing them."""
        if query.accepted is NO_KEY:  # no key passes, or the result depends on more than this key
            return self._scan(row, query)
        cached = self._passing.get((query.slot, query.accepted))
        if cached is None:
            cached = self._passing[query.slot, query.accepted] = self._scan(row, query)
        return cached

    def few_positions(self, row: ConfigCheck | Requirement, query: IndexQuery) -> Sequence[int] | None:
        """Return the positions of the images that pass a check if they are known to be few, otherwise None."""
        del row, query
        return None

    def distances(self, field: str) -> FieldDistances | None:
        """Return the distance of each image from values of a field; None: the field has no elements."""
        return Compared.of_field(field, self.field(field))

    def _scan(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        column, key, accepted = self.of(row), query.key, query.accepted
        if all_same(column):
            return self.order.all if query.accepts(key(column[0])) else 0
        if query.admits is None and accepted is not NO_KEY:
            return bits_of([position for position, value in enumerate(paced(column)) if key(value) == accepted])
        return bits_of([position for position, value in enumerate(paced(column)) if query.accepts(key(value))])
