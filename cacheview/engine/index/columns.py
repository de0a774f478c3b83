"""The values of many images that the checks read: a column for each check, in the order of the images."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from cacheview.engine.candidate import container_config_of
from cacheview.engine.field_comparison import NO_KEY, IndexQuery
from cacheview.engine.index.bits import bits_of
from cacheview.engine.index.filed import all_same
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.model import Image
from cacheview.model.effort import go_on, paced

__all__ = ["Columns"]


class Columns:
    """The columns of some images, each created when first read.

    Attributes:
        configs: the images' container configs.
    """

    def __init__(self, images: Sequence[Image], rules: RuleSet) -> None:
        self._images = images
        self._rules = rules
        self.configs = [container_config_of(image) for image in images]
        self._fields: dict[str, Sequence[Any]] = {}
        self._passing: dict[tuple[Hashable, Hashable], int] = {}

    def of(self, row: ConfigCheck | Requirement) -> Sequence[Any]:
        """Return the values that one check reads."""
        return self.field(row.field) if isinstance(row, ConfigCheck) else row.read_all(self._images)

    def field(self, name: str) -> Sequence[Any]:
        """Return the values of a field of the container config, as the daemon reads them."""
        column = self._fields.get(name)
        if column is None:
            go_on()
            column = self._fields[name] = list(map(self._rules.reader(name), self.configs))
        return column

    def passing(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        """Return the images that pass a check, as bits. Examining each takes less time than filing all of them."""
        if query.accepted is NO_KEY:  # nothing passes, or the result depends on more of the probe
            return self._looked_through(row, query)
        known = self._passing.get((query.slot, query.accepted))
        if known is None:
            known = self._passing[query.slot, query.accepted] = self._looked_through(row, query)
        return known

    def _looked_through(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        column, key, accepted = self.of(row), query.key, query.accepted
        if all_same(column):
            return (1 << len(column)) - 1 if query.accepts(key(column[0])) else 0
        if query.admits is None and accepted is not NO_KEY:
            return bits_of([place for place, value in enumerate(paced(column)) if key(value) == accepted])
        return bits_of([place for place, value in enumerate(paced(column)) if query.accepts(key(value))])
