"""Which of many images pass which checks, without comparing each.

Sets of images are bits of an int: bit 0 is the image that wins over all others when it matches. An image's place
under a check is found by the key that the comparison files it under, so a look-up costs a few dictionary
look-ups and ANDs, for a hundred images or ten thousand.
"""

from __future__ import annotations

import itertools
import weakref
from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

from cacheview.engine.bits import bits_of, iterate_bits
from cacheview.engine.candidate import (
    command_of_unknown,
    config_is_unknown,
    container_config_of,
    is_command_check,
    local_aspects,
)
from cacheview.engine.comparison import NO_KEY, IndexQuery
from cacheview.engine.counts import Counts
from cacheview.engine.distances import Differences
from cacheview.engine.doubts import doubts_about
from cacheview.engine.filed import Bucket, Matching, Table, all_same
from cacheview.engine.history import created_by
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.model import Aspect, ContainerConfig, Doubt, Image, Probe, Timestamp
from cacheview.model.effort import go_on, paced

__all__ = [
    "CandidateIndex",
    "Survivors",
    "newest_of",
]


_MOST_SETS = 256  # sets of images that are kept as bits
_FEW = 12
"""So many images are compared one by one in less time than the tables take that find them."""


@dataclass(frozen=True, slots=True)
class Survivors:
    """The images that have passed all checks up to and including this one."""

    name: str
    check: ConfigCheck | Requirement
    bits: int


class CandidateIndex:
    """An index over images that are candidates together. Immutable to the eye; tables are made when first needed."""

    def __init__(self, images: Sequence[Image], rules: RuleSet, few: int = _FEW) -> None:
        """``images`` in store order. Up to ``few`` of them are compared one by one."""
        self._few = few
        self._rules = rules
        self._in_store_order = images
        dated = [image for image in paced(images) if rules.time(image.created) is not None]
        go_on()
        # Stable: of equal times the first in store order stays first.
        dated.sort(key=self._age_of)
        self._images = [*dated, *(image for image in images if rules.time(image.created) is None)]
        self._configs = [container_config_of(image) for image in self._images]
        self._numbers = list(range(len(self._images)))  # shared by all that is filed
        self._tables: dict[Hashable, Table] = {}
        self._columns: dict[str, list[Any]] = {}
        self._by_aspects: dict[tuple[Aspect, ...], int] = {}
        self.all = (1 << len(self._images)) - 1
        self.dated = (1 << len(dated)) - 1

    def __len__(self) -> int:
        return len(self._images)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {image.id: position for position, image in enumerate(self._images)}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {image.id: place for place, image in enumerate(self._in_store_order)}

    @cached_property
    def places(self) -> Sequence[int]:
        """Where the image of each bit stands in store order."""
        return [self._places[image.id] for image in paced(self._images)]

    def in_store_order(self, positions: Sequence[int]) -> list[Image]:
        """The images of these bits as the store lists them."""
        return sorted((self._images[position] for position in positions), key=lambda image: self._places[image.id])

    def image(self, position: int) -> Image:
        """The image of a bit."""
        return self._images[position]

    def position(self, image: Image) -> int:
        """The bit of an image. Raises KeyError if it is not a candidate here."""
        return self._positions[image.id]

    def having(self, ids: Iterable[str]) -> int:
        """The images of these ids, of those that are here."""
        positions = self._positions
        return bits_of(sorted({positions[image_id] for image_id in ids if image_id in positions}))

    @cached_property
    def own_parents(self) -> int:
        """The images that are recorded as their own parent."""
        return bits_of([position for position, image in enumerate(paced(self._images)) if image.parent == image.id])

    def place(self, image_id: str) -> int | None:
        """Where an image stands in store order; None: it is not here."""
        return self._places.get(image_id)

    def images(self, bits: int) -> Iterator[Image]:
        """The images of a set, newest first, those without a time last."""
        for position in iterate_bits(bits):
            yield self._images[position]

    # What is not known: no table is made where no image has doubts.

    @cached_property
    def _doubts(self) -> tuple[tuple[Doubt, int | Sequence[int]], ...]:
        """Each doubt about what the local cache reads, with the images that it is about: bits, or a few positions."""
        if not any(image.doubts for image in self._images):
            return ()
        read = local_aspects(self._rules)
        positions_of: dict[Doubt, list[int]] = {}
        shared: dict[tuple[bool, tuple[int, ...]], tuple[Doubt, ...]] = {}  # most images have the same doubts
        for position, image in enumerate(paced(self._images)):
            if image.doubts:
                key = (image.container_config is None, tuple(map(id, image.doubts)))
                doubts = shared.get(key)
                if doubts is None:
                    doubts = shared[key] = doubts_about(image, *read)
                for doubt in doubts:
                    positions_of.setdefault(doubt, []).append(position)
        # Where each image has a doubt of its own, bits of all would take the square of the images.
        few = len(self._images) // _MOST_SETS
        return tuple((doubt, bits_of(at) if len(at) > few else at) for doubt, at in positions_of.items())

    @property
    def has_doubts(self) -> bool:
        """Whether of any image something is not known that the local cache reads."""
        return bool(self._doubts)

    def doubts_among(self, bits: int) -> Iterator[tuple[Doubt, int]]:
        """Each doubt about any of these images, and how many of them it is about."""
        as_bytes = bits.to_bytes((len(self._images) >> 3) + 1, "little")
        for doubt, about in paced(self._doubts):
            if isinstance(about, int):
                count = (about & bits).bit_count()
            else:
                count = sum(as_bytes[position >> 3] >> (position & 7) & 1 for position in about)
            if count:
                yield doubt, count

    def _doubtful(self, tells: Callable[[Image], bool]) -> int:
        if not self._doubts:
            return 0
        doubtful = (position for position, image in enumerate(paced(self._images)) if image.doubts and tells(image))
        return bits_of(list(doubtful))

    @cached_property
    def unread(self) -> int:
        """The images whose container config is not known, or not exactly."""
        return self._doubtful(lambda image: bool(doubts_about(image, "container_config")))

    @cached_property
    def unknown(self) -> int:
        """Those of them of whose container config nothing is known."""
        return self._doubtful(config_is_unknown)

    @cached_property
    def undatable(self) -> int:
        """The images whose time of creation is not known."""
        return self._doubtful(lambda image: bool(doubts_about(image, "created")))

    @cached_property
    def certain(self) -> int:
        """The images of which everything is known that the local cache reads."""
        read = local_aspects(self._rules)
        return self.all & ~self._doubtful(lambda image: bool(doubts_about(image, *read)))

    def _about(self, *aspects: Aspect) -> int:
        """The images of which any of these is not known."""
        bits = self._by_aspects.get(aspects)
        if bits is None:
            bits = self._by_aspects[aspects] = self._doubtful(lambda image: bool(doubts_about(image, *aspects)))
        return bits

    def _doubtful_at(self, row: ConfigCheck | Requirement, probe: Probe) -> int:
        """The images of which it is not known whether they pass a row."""
        if not isinstance(row, ConfigCheck):
            return self._about(row.aspect)
        if row.field not in self._rules.image_fields:
            return 0
        if is_command_check(row) and probe.config.Cmd:
            return self.unread & ~self._of_known_command | bits_of(self._commands.get(created_by(probe.config), ()))
        return self.unread

    @cached_property
    def _commands(self) -> dict[str, list[int]]:
        """The positions of images whose container config is not known, by the command that their history reports."""
        positions_of: dict[str, list[int]] = {}
        for position in paced(iterate_bits(self.unknown)):
            command = command_of_unknown(self._images[position])
            if command is not None:
                positions_of.setdefault(command, []).append(position)
        return positions_of

    @cached_property
    def _of_known_command(self) -> int:
        return bits_of(sorted(position for positions in self._commands.values() for position in positions))

    def may_match(self, probe: Probe) -> int:
        """The images that pass all that is compared, as far as is known: at no row do they fail for certain."""
        bits = self.dated | self.undatable
        for row in self._rows:
            bits &= self._passing(row, probe) | self._doubtful_at(row, probe)
            if not bits:
                return 0
        return bits

    def must_match(self, probe: Probe, *member: Aspect) -> int:
        """Those of them that pass for certain, and are candidates for certain by these aspects."""
        bits = self.dated & ~self.undatable & ~self._about(*member)
        for row in self._rows:
            bits &= self._passing(row, probe) & ~self._doubtful_at(row, probe)
            if not bits:
                return 0
        return bits

    def _passing(self, row: ConfigCheck | Requirement, probe: Probe) -> int:
        if isinstance(row, ConfigCheck):
            return self._look_up(row, row.comparison.query(row.field, getattr(probe.config, row.field)))
        return self._look_up(row, row.query(probe))

    def not_older(self, created: Timestamp) -> int:
        """The images with a time that is no earlier."""
        seconds, nanosecond = created.instant
        return (
            1 << bisect_right(self._images, (-seconds, -nanosecond), 0, self.dated.bit_length(), key=self._age_of)
        ) - 1

    def _age_of(self, image: Image) -> tuple[int, int]:
        return _age(self._rules.time(image.created))

    def newest(self, probe: Probe) -> Image | None:
        """The local cache's answer: the newest image that matches, of equal times the first in store order."""
        for position in self.matches(probe):
            return self._images[position] if self.dated >> position & 1 else None
        return None

    def eligible(self, probe: Probe) -> int:
        """The images that are as required, whatever their config."""
        bits = self.all
        for requirement in (*self._rules.requirements, *self._rules.later):
            bits &= self._look_up(requirement, requirement.query(probe))
        return bits

    def alike(self, probe: Probe) -> int:
        """The images whose config matches, whether or not they are as required."""
        bits = self.all
        for field in self._rules.compared_fields:
            bits &= self.field_matches(field, probe.config)
        return bits

    def matches(self, probe: Probe, known: Collection[int] = ()) -> list[int]:
        """The positions of all images that are as required and whose config matches, dated or not, in order.

        ``known``: positions that need not be found.
        """
        if len(self._images) <= self._few or not self._rows:
            return [
                position
                for position, image in enumerate(self._images)
                if _is_match(self._rules, probe, image, self._configs[position])
            ]
        queries = self._queries(probe)
        bucket = self._matching.bucket([query.accepted for query in queries if query.admits is None])
        if bucket is None:
            return []
        loose = [(row, query) for row, query in zip(self._rows, queries, strict=True) if query.admits is not None]
        exact = tuple(query.accepted for _, query in loose)
        parts = next((query.parts(query.accepted) for _, query in loose if query.parts is not None), ())
        special = list(itertools.islice(bucket.admitted(parts), self._few + 1))
        if len(special) > self._few:
            bits = bucket.bits
            for row, query in loose:
                bits &= self._look_up(row, query)
            return list(iterate_bits(bits))
        results = list(bucket.get(exact, ()))
        for keys in special:
            if (
                keys != exact
                and bucket[keys][0] not in known
                and all(
                    key == query.accepted or (query.special(key) and query.admits(key))
                    for (_, query), key in zip(loose, keys, strict=True)
                    if query.special is not None and query.admits is not None
                )
            ):
                results.extend(bucket[keys])
        return sorted(results)

    def indistinguishable(self) -> Iterator[list[int]]:
        """The positions of all images, together where no probe distinguishes them."""
        for bucket in self._matching.buckets.values():
            yield from bucket.values()

    def _queries(self, probe: Probe) -> list[IndexQuery]:
        rules, config = self._rules, probe.config
        return [
            *(requirement.query(probe) for requirement in rules.requirements),
            *(check.comparison.query(check.field, getattr(config, check.field)) for check in rules.config_checks),
            *(requirement.query(probe) for requirement in rules.later),
        ]

    @property
    def _rows(self) -> tuple[ConfigCheck | Requirement, ...]:
        """All that is looked at of a candidate, in the daemon's order."""
        rules = self._rules
        return (*rules.requirements, *rules.config_checks, *rules.later)

    @cached_property
    def _matching(self) -> Matching:
        """All images by the keys of all checks together: those of `IndexQuery.admits` apart, within each bucket."""
        queries = self._queries(Probe())  # how an image is filed does not depend on the probe
        keys = [(_keys(self._column(row), query), query) for row, query in zip(self._rows, queries, strict=True)]
        columns = [column for column, query in keys if query.admits is None]
        common = {number: column[0] for number, column in enumerate(columns) if all_same(column)}
        others = tuple(number for number in range(len(columns)) if number not in common)
        # Without any, all images are in one bucket.
        alike = itertools.repeat((), len(self._images))
        exact = zip(*(columns[number] for number in others), strict=True) if others else alike
        loose = zip(*(column for column, query in keys if query.admits is not None), strict=True)
        special = [query for _, query in keys if query.special is not None]
        buckets: dict[tuple[Hashable, ...], Bucket] = {}
        for position, key, loose_key in paced(zip(self._numbers, exact, loose, strict=True)):
            bucket = buckets.get(key)
            if bucket is None:
                bucket = buckets[key] = Bucket()
            positions = bucket.get(loose_key)
            if positions is None:
                bucket[loose_key] = [position]
                if any(query.special(key) for query, key in zip(special, loose_key, strict=True) if query.special):
                    parts = (query.parts(key) for query, key in zip(special, loose_key, strict=True) if query.parts)
                    bucket.file(loose_key, next(parts, ()))
            else:
                positions.append(position)
        return Matching(tuple(common.items()), others, buckets)

    def survivors(self, probe: Probe) -> list[Survivors]:
        """What is left after each check, element by element, up to the first that nothing passes."""
        left = self.all
        passed = []
        for row in self._rows:
            if isinstance(row, ConfigCheck):
                queries = row.comparison.queries(row.field, getattr(probe.config, row.field))
            else:
                queries = iter((row.query(probe),))
            for query in queries:
                left &= self._look_up(row, query)
                passed.append(Survivors(query.name, row, left))
                if not left:
                    return passed
        return passed

    def field_matches(self, field: str, probe: ContainerConfig) -> int:
        """The images that pass all checks of one field."""
        bits = self.all
        for check in self._rules.config_checks:
            if check.field == field:
                bits &= self._look_up(check, check.comparison.query(field, getattr(probe, field)))
        return bits

    def differences(self, probe: ContainerConfig) -> tuple[Counts, Counts]:
        """Of each image, how many fields differ from the probe's, and how many elements in them."""
        return self._differences.from_probe(probe)

    @cached_property
    def _differences(self) -> Differences:
        index = weakref.proxy(self)  # it asks its owner: a cycle of the two would stay until it is searched for
        values, matching = lambda field: index._values(field), lambda field, config: index.field_matches(field, config)
        return Differences(self.all, self._rules.compared_fields, values, matching)

    def _look_up(self, row: ConfigCheck | Requirement, query: IndexQuery) -> int:
        table = self._tables.get(query.slot)
        if table is None:
            table = self._tables[query.slot] = Table(self._numbers, self._column(row), query.key, query.special)
        bits = table.bits(query.accepted) if query.accepted is not NO_KEY else 0
        if query.parts is not None and isinstance(row, ConfigCheck) and len(table.special) > self._few:
            return bits | self._differences.read_alike(row.field, dict(query.accepted))  # type: ignore[call-overload]
        if query.admits is not None:
            for key in table.special:
                if key != query.accepted and query.admits(key):
                    bits |= table.bits(key)
        return bits

    def _column(self, row: ConfigCheck | Requirement) -> list[Any]:
        if not isinstance(row, ConfigCheck):
            return [row.read(image) for image in paced(self._images)]
        return self._values(row.field)

    def _values(self, field: str) -> list[Any]:
        """The images' values of a field, as the daemon reads them."""
        column = self._columns.get(field)
        if column is None:
            zero = ContainerConfig.model_fields[field].default
            if field in self._rules.image_fields:
                read = attrgetter(field)
                column = [zero if config is None else read(config) for config in paced(self._configs)]
            else:
                column = [zero] * len(self._configs)
            self._columns[field] = column
        return column


def _keys(column: Sequence[Any], query: IndexQuery) -> Sequence[Hashable]:
    if all_same(column):
        return [query.key(column[0])] * len(column)
    return [query.key(value) for value in paced(column)]


def newest_of(images: Sequence[Image], probe: Probe, rules: RuleSet) -> Image | None:
    """`CandidateIndex.newest`, for a question that is asked once: no table is made for it."""
    # What distinguishes most images comes first, written out; the rest is looked at of the few that are left.
    by_command, command = rules.compares_commands, probe.config.Cmd or ()
    best: tuple[tuple[int, int], Image] | None = None
    for image in paced(images):
        config = image.container_config
        if config is None:
            config = image.config.container_config
        if by_command and ((config.Cmd or ()) if config is not None else ()) != command:
            continue
        created = rules.time(image.created)
        if created is None or (best is not None and created.instant <= best[0]):
            continue  # of equal times the first in store order wins
        if _is_match(rules, probe, image, config):
            best = (created.instant, image)
    return best[1] if best is not None else None


def _is_match(rules: RuleSet, probe: Probe, image: Image, stored: ContainerConfig | None) -> bool:
    """Whether an image is as required and its config matches. The order makes no difference to that."""
    if not rules.configs_match(probe.config, stored):
        return False
    return all(requirement.matches(probe, image) for requirement in (*rules.requirements, *rules.later))


def _age(created: Timestamp | None) -> tuple[int, int]:
    assert created is not None
    seconds, nanosecond = created.instant
    return (-seconds, -nanosecond)
