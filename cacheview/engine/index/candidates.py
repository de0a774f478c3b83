"""The index of images that are candidates together.

Sets of images are bits of an int: bit 0 is the image that wins over all others if it matches. The images that pass a
check are found by the key under which its comparison files them, so a lookup takes a few dictionary lookups and ANDs,
whether for a hundred images or ten thousand.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from cacheview.engine.field_comparison import NO_KEY, IndexQuery
from cacheview.engine.index.bits import iterate_bits
from cacheview.engine.index.columns import Columns
from cacheview.engine.index.counts import Counts
from cacheview.engine.index.distances import Differences
from cacheview.engine.index.filed import Bucket, Matching, Table
from cacheview.engine.index.ordered import OrderedImages
from cacheview.engine.index.scan import is_match
from cacheview.engine.index.unknowns import Unknowns
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.model import Aspect, ContainerConfig, Image, Probe

__all__ = ["CandidateIndex", "Survivors"]

_FEW = 12
"""Up to this many images are compared one by one, which takes less time than creating the tables."""


@dataclass(frozen=True, slots=True)
class Survivors:
    """The images that have passed all checks up to and including this one."""

    name: str
    bits: int


class CandidateIndex(OrderedImages):
    """An index of images. It appears immutable; tables are created on first use.

    Args:
        images: in store order.
        few: up to this many are compared one by one.
        once: whether the index is for a single probe: it examines all images, which takes less time than creating
            tables that only further probes would need.

    Attributes:
        unknowns: facts about the images that are not known.
    """

    def __init__(self, images: Sequence[Image], rules: RuleSet, few: int = _FEW, *, once: bool = False) -> None:
        super().__init__(images, rules)
        self._few = few
        self._once = once
        self._columns = Columns(self._images, rules)
        self._numbers = list(range(len(self._images)))  # shared by everything that is filed
        self._tables: dict[Hashable, Table] = {}
        self.unknowns = Unknowns(self._images, rules)

    # The local cache's answer

    def newest(self, probe: Probe) -> Image | None:
        """Return the local cache's answer: the newest image that matches, or on a tie the first in store order."""
        for position in self.matches(probe):
            return self._images[position] if self.dated >> position & 1 else None
        return None

    def matches(self, probe: Probe, known: Collection[int] = ()) -> list[int]:
        """Return the positions of images that meet the requirements and have a matching config, dated or not, in order.

        ``known``: positions that need not be found.
        """
        if len(self._images) <= self._few or not self._rows:
            return [
                position
                for position, image in enumerate(self._images)
                if is_match(self._rules, probe, image, self._columns.configs[position])
            ]
        if self._once:
            return list(iterate_bits(self.eligible(probe) & self.with_config(probe)))
        queries = self._queries(probe)
        bucket = self._matching.bucket([query.accepted for query in queries if query.admits is None])
        if bucket is None:
            return []
        several = [(row, query) for row, query in zip(self._rows, queries, strict=True) if query.admits is not None]
        return self._matches_in(bucket, several, known)

    def _matches_in(
        self, bucket: Bucket, several: Sequence[tuple[ConfigCheck | Requirement, IndexQuery]], known: Collection[int]
    ) -> list[int]:
        """Return the images that pass the checks with several accepted keys, among those that pass all other checks."""
        exact = tuple(query.accepted for _, query in several)
        parts = next((query.parts(query.accepted) for _, query in several if query.parts is not None), ())
        special = list(itertools.islice(bucket.admitted(parts), self._few + 1))
        if len(special) > self._few:
            bits = bucket.bits
            for row, query in several:
                bits &= self._look_up(row, query)
            return list(iterate_bits(bits))
        results = list(bucket.get(exact, ()))
        for keys in special:
            if (
                keys != exact
                and bucket[keys][0] not in known
                and all(query.accepts(key) for (_, query), key in zip(several, keys, strict=True))
            ):
                results.extend(bucket[keys])
        return sorted(results)

    def indistinguishable(self) -> Iterator[list[int]]:
        """Yield the positions of all images, in groups that no probe distinguishes."""
        for bucket in self._matching.buckets.values():
            yield from bucket.values()

    @cached_property
    def _matching(self) -> Matching:
        queries = self._queries(Probe())  # the keys of an image do not depend on the probe
        return Matching.of(self._numbers, [self._columns.of(row) for row in self._rows], queries)

    # With unknown values

    @property
    def certain(self) -> int:
        """The images of which all values that the local cache reads are known."""
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
        """Return the images that certainly pass, and are certainly candidates according to these aspects."""
        bits = self.dated & ~self.unknowns.times & ~self.unknowns.about(*member)
        for row in self._rows:
            bits &= self._passing(row, probe) & ~self.unknowns.at(row, probe)
            if not bits:
                return 0
        return bits

    # Some of the checks

    def survivors(self, probe: Probe) -> list[Survivors]:
        """Return the images left after each check, element by element, up to the first check that nothing passes."""
        left = self.all
        passed = []
        for row in self._rows:
            if isinstance(row, ConfigCheck):
                queries = row.comparison.queries(row.field, getattr(probe.config, row.field))
            else:
                queries = iter((row.query(probe),))
            for query in queries:
                left &= self._look_up(row, query)
                passed.append(Survivors(query.name, left))
                if not left:
                    return passed
        return passed

    def eligible(self, probe: Probe) -> int:
        """Return the images that meet the requirements, whatever their config."""
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
        for check in self._rules.config_checks:
            if check.field == field:
                bits &= self._look_up(check, check.comparison.query(field, getattr(probe, field)))
        return bits

    def differences(self, probe: ContainerConfig) -> tuple[Counts, Counts]:
        """Return for each image the number of fields that differ from the probe's, and of elements in them."""
        return self._differences.from_probe(probe)

    @cached_property
    def _differences(self) -> Differences:
        index = weakref.proxy(self)  # its owner refers to it: only a search would free a cycle of the two
        return Differences(
            self.all,
            self._rules.compared_fields,
            self._columns.field,
            lambda field, config: index.field_matches(field, config),
            once=self._once,
        )

    # One check

    @property
    def _rows(self) -> tuple[ConfigCheck | Requirement, ...]:
        """Everything that is compared of a candidate, in the daemon's order."""
        rules = self._rules
        return (*rules.requirements, *rules.config_checks, *rules.later)

    def _queries(self, probe: Probe) -> list[IndexQuery]:
        return [_query(row, probe) for row in self._rows]

    def _passing(self, row: ConfigCheck | Requirement, probe: Probe) -> int:
        return self._look_up(row, _query(row, probe))

    def _look_up(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        if self._once:
            return self._columns.passing(row, query)
        table = self._tables.get(query.slot)
        if table is None:
            table = self._tables[query.slot] = Table(self._numbers, self._columns.of(row), query.key, query.special)
        bits = table.bits(query.accepted) if query.accepted is not NO_KEY else 0
        if query.parts is not None and isinstance(row, ConfigCheck) and len(table.special) > self._few:
            return bits | self._differences.read_alike(row.field, dict(query.accepted))  # type: ignore[call-overload]
        if query.admits is not None:
            for key in table.special:
                if key != query.accepted and query.admits(key):
                    bits |= table.bits(key)
        return bits


def _query(row: ConfigCheck | Requirement, probe: Probe) -> IndexQuery:
    if isinstance(row, ConfigCheck):
        return row.comparison.query(row.field, getattr(probe.config, row.field))
    return row.query(probe)
