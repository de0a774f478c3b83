"""The index of images that are candidates for the same parent.

Sets of images are bits of an int: bit 0 is the image that wins over all others if it matches. The images that pass a
check are found by the key under which its comparison files them, so a lookup takes a few dictionary lookups and ANDs,
whether for a hundred images or ten thousand.
"""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from cacheview.engine.candidate import container_config_of
from cacheview.engine.field_comparison import IndexQuery
from cacheview.engine.index.bits import iterate_bits
from cacheview.engine.index.changed import ChangedTables
from cacheview.engine.index.columns import Columns
from cacheview.engine.index.counts import Counts
from cacheview.engine.index.distances import Differences, FieldDistances, distances_of_one
from cacheview.engine.index.filed import MAX_IMAGES_WITHOUT_TABLES
from cacheview.engine.index.scan import is_match
from cacheview.engine.index.tables import Tables
from cacheview.engine.index.unknowns import Unknowns
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.model import Aspect, ContainerConfig, Image, Probe, Timestamp
from cacheview.model.effort import paced

__all__ = ["CandidateIndex", "Survivors"]


@dataclass(frozen=True, slots=True)
class Survivors:
    """The images that have passed all checks up to and including this one."""

    name: str
    bits: int


class CandidateIndex:
    """An index of images: the newest first, on a tie the first in the store, and those without a time last.

    An image's *position* is its bit in a set. The index appears immutable; results are computed on first use.

    Args:
        images: in store order.
        compare_up_to: up to this many are compared one by one.
        once: whether the index is for a single probe: it examines all images, which takes less time than creating
            tables that only further probes would need.
        tables: tables of these and further images, such as all images of the store; None: tables of these images
            alone are created.
    """

    def __init__(
        self,
        images: Sequence[Image],
        rules: RuleSet,
        compare_up_to: int = MAX_IMAGES_WITHOUT_TABLES,
        *,
        once: bool = False,
        tables: Columns | ChangedTables | None = None,
    ) -> None:
        self._rules = rules
        self._compare_up_to = compare_up_to
        self._once = once
        self._in_store_order = images
        dates = rules.dates_missing_times
        if tables is None and once:
            tables = Columns(images, dates_missing_times=dates)
        self._tables = tables or Tables(images, dates_missing_times=dates, compare_up_to=compare_up_to)
        self._order = self._tables.order

    # The images

    @cached_property
    def all(self) -> int:
        """All images, as bits."""
        return self._order.of(self._in_store_order)

    @cached_property
    def dated(self) -> int:
        """The images with a creation time, as bits."""
        return self.all if self._rules.dates_missing_times else self._order.timed & self.all

    @cached_property
    def unknowns(self) -> Unknowns:
        """The images about which something is not known."""
        return Unknowns(self._tables.doubtful, self.all, self._rules)

    def __len__(self) -> int:
        return len(self._in_store_order)

    def image(self, position: int) -> Image:
        """Return the image at a position."""
        return self._order.images[position]

    def images(self, bits: int) -> Iterator[Image]:
        """Yield the images of a set, newest first, those without a time last."""
        return self._order.among(bits)

    def position(self, image: Image) -> int:
        """Return the position of an image, which must be one of these."""
        return self._order.positions[image.id]

    def having(self, ids: Iterable[str]) -> int:
        """Return the images that have these ids, as bits."""
        return self._order.having(ids) & self.all

    def place(self, image_id: str) -> int | None:
        """Return the index of an image in store order; None: it is not one of these."""
        return self._places.get(image_id)

    @property
    def order_in_store(self) -> Sequence[int]:
        """A number for each position that ascends in store order."""
        return self._order.places

    def in_store_order(self, positions: Sequence[int]) -> list[Image]:
        """Return the images at these positions in store order."""
        return sorted(map(self.image, positions), key=lambda image: self._places[image.id])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {image.id: place for place, image in enumerate(paced(self._in_store_order))}

    @property
    def own_parents(self) -> int:
        """The images that are recorded as their own parent."""
        return self._order.own_parents & self.all

    def grouped_by_parent_doubts(self, bits: int) -> Iterator[int]:
        """Yield sets of these images with the same doubts about their parents; in each, all or none have a parent."""
        parentless = self._order.without_parent
        for doubtful in (*self.unknowns.by_parent, -1):
            group = bits & doubtful
            bits &= ~group
            yield from filter(None, (group & parentless, group & ~parentless))

    def not_older(self, created: Timestamp) -> int:
        """Return the images with a time that is not earlier, as bits."""
        return self._order.not_older(created) & self.dated

    def newer(self, created: Timestamp) -> int:
        """Return the images with a later time, as bits."""
        return self._order.newer(created) & self.dated

    # The local cache's answer

    def newest(self, probe: Probe) -> Image | None:
        """Return the local cache's answer: the newest image that matches, or on a tie the first in store order."""
        for position in iterate_bits(self.matching(probe) & self.dated):
            return self.image(position)
        return None

    def matches(self, probe: Probe) -> list[int]:
        """Return the positions of images that meet the requirements and have a matching config, even if undated."""
        return list(iterate_bits(self.matching(probe)))

    def matching(self, probe: Probe) -> int:
        """Return the same images as `matches`, as bits."""
        if len(self) <= self._compare_up_to:
            return self._compared(probe, self._positions)
        for row in self._selective:
            positions = self._tables.few_positions(row, _query(row, probe))
            if positions is not None:
                return self._compared(probe, positions)
        bits = self.with_config(probe)
        return bits & self.eligible(probe) if bits else 0

    def _compared(self, probe: Probe, positions: Iterable[int]) -> int:
        bits = 0
        for position in positions:
            if self.all >> position & 1 and self._is_match(probe, position):
                bits |= 1 << position
        return bits

    def _is_match(self, probe: Probe, position: int) -> bool:
        image = self.image(position)
        return is_match(self._rules, probe, image, container_config_of(image))

    @cached_property
    def _positions(self) -> Sequence[int]:
        return tuple(iterate_bits(self.all))

    @cached_property
    def _selective(self) -> Sequence[ConfigCheck]:
        """The checks that may leave only a few images. The command comes first, because it rules out the most."""
        rules = self._rules
        checks = [check for check in rules.config_checks if check.field in rules.image_fields]
        return sorted(checks, key=lambda check: check.field != "Cmd")

    def indistinguishable(self) -> Iterator[list[int]]:
        """Yield the positions of all images, in groups that no probe distinguishes. Requires tables of its own."""
        alike: dict[tuple[Hashable, ...], list[int]] = {}
        empty_probe = Probe()  # the keys of an image do not depend on the probe
        rows = filter(self._is_read, self._rows)
        keys = [map(_query(row, empty_probe).key, self._tables.of(row)) for row in rows]
        for position, *key in paced(zip(self._positions, *keys, strict=True)):
            alike.setdefault(tuple(key), []).append(position)
        return iter(alike.values())

    # With unknown values

    @property
    def certain(self) -> int:
        """The images for which all values that the local cache reads are known."""
        return self.all & ~self.unknowns.about_any

    def may_match(self, probe: Probe) -> int:
        """Return the images that may pass every comparison: none fails for certain."""
        bits = self.dated | self.unknowns.times
        for row in self._rows:
            bits &= self._passing(row, probe) | self.unknowns.at(row, probe)
            if not bits:
                return 0
        return bits

    def must_match(self, probe: Probe, *member: Aspect) -> int:
        """Return the images that certainly pass and that, as far as these aspects decide, are certainly candidates."""
        bits = self.dated & ~self.unknowns.times & ~self.unknowns.about(*member)
        for row in self._rows:
            bits &= self._passing(row, probe) & ~self.unknowns.at(row, probe)
            if not bits:
                return 0
        return bits

    # Some of the checks

    def survivors(self, probe: Probe) -> list[Survivors]:
        """Return the images left after each check, element by element, up to the first check that no image passes."""
        remaining = self.all
        passed = []
        for row in self._rows:
            if isinstance(row, ConfigCheck):
                queries = row.comparison.queries(row.field, getattr(probe.config, row.field))
            else:
                queries = iter((row.query(probe),))
            for query in queries:
                remaining &= self._look_up(row, query)
                passed.append(Survivors(query.name, remaining))
                if not remaining:
                    return passed
        return passed

    def eligible(self, probe: Probe) -> int:
        """Return the images that meet the requirements, regardless of their config."""
        bits = self.all
        for requirement in (*self._rules.requirements, *self._rules.later):
            bits &= self._look_up(requirement, requirement.query(probe))
        return bits

    def with_config(self, probe: Probe) -> int:
        """Return the images whose config matches, whether or not they meet the requirements."""
        bits = self.all
        for field in self._rules.compared_fields:
            bits &= self.field_matches(field, probe.config)
            if not bits:
                return 0
        return bits

    def field_matches(self, field: str, probe: ContainerConfig) -> int:
        """Return the images that pass all checks of one field."""
        bits = self.all
        for check in self._rules.checks_of(field):
            bits &= self._look_up(check, check.comparison.query(field, getattr(probe, field)))
        return bits

    def differences(self, probe: ContainerConfig) -> tuple[Counts, Counts]:
        """Return for each image the number of fields that differ from the probe's, and of elements in them."""
        return self._differences.from_probe(probe)

    @cached_property
    def _differences(self) -> Differences:
        index = weakref.proxy(self)  # a strong reference would form a cycle, which only the collector frees
        return Differences(
            self.all,
            self._rules.compared_fields,
            lambda field: index._distances(field),
            lambda field, config: index.field_matches(field, config),
        )

    def _distances(self, field: str) -> FieldDistances | None:
        if field in self._rules.image_fields:
            return self._tables.distances(field)
        return distances_of_one(field, self._rules.read_image(None, field), len(self._order.images))

    # One check

    @property
    def _rows(self) -> tuple[ConfigCheck | Requirement, ...]:
        """All comparisons of a candidate, in the daemon's order."""
        rules = self._rules
        return (*rules.requirements, *rules.config_checks, *rules.later)

    def _is_read(self, row: ConfigCheck | Requirement) -> bool:
        """Return whether the rules read the row from images. If not, all have the same value."""
        return not isinstance(row, ConfigCheck) or row.field in self._rules.image_fields

    def _passing(self, row: ConfigCheck | Requirement, probe: Probe) -> int:
        return self._look_up(row, _query(row, probe))

    def _look_up(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        if self._is_read(row):
            return self._tables.passing(row, query)
        return self.all if query.accepts(query.key(self._rules.read_image(None, row.field))) else 0


def _query(row: ConfigCheck | Requirement, probe: Probe) -> IndexQuery:
    if isinstance(row, ConfigCheck):
        return row.comparison.query(row.field, getattr(probe.config, row.field))
    return row.query(probe)
