"""A rule set: the exact matching rules of one image-store kind over a range of releases, as data.

Only this module and ``words/rules.py`` read which member of an enumeration a rule set has. The algorithms use the
properties of `RuleSet` that are derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import compress, count
from operator import attrgetter, is_not
from typing import Any

from cacheview.engine.field_comparison import FieldComparison, NeverTrue, SameElements
from cacheview.engine.requirement import FittingPlatform, Requirement
from cacheview.model import CONFIG_FIELDS, ContainerConfig, DockerVersion, HistoryEntry, Image, StoreKind, Timestamp
from cacheview.platforms import PlatformRule
from cacheview.platforms.rules import ANY_PLATFORM

__all__ = [
    "YEAR_ONE",
    "Candidates",
    "ConfigCheck",
    "Descent",
    "LostParent",
    "MissingTime",
    "Restoring",
    "RuleSet",
    "SourceHit",
    "Sources",
    "Span",
    "StoreKind",
    "Tie",
]

YEAR_ONE = Timestamp.parse("0001-01-01T00:00:00Z")
"""Go's zero time, which a missing time is read as unless it is a pointer."""


class Candidates(Enum):
    """The images that the local cache considers."""

    CHILDREN = "children"
    MARKED = "marked"
    BY_LAYERS = "by layers"


class MissingTime(Enum):
    """The meaning of a time that is missing or null, in an image and in its history."""

    YEAR_ONE = "year 1"
    NONE = "none"


class Sources(Enum):
    """The images that ``--cache-from`` brings in."""

    LINEAGE = "lineage"
    FOUND = "found"
    ALL = "all"


class Descent(Enum):
    """When a local match counts if there are sources."""

    PARENT = "parent"
    ANCESTOR = "ancestor"
    ALWAYS = "always"


class SourceHit(Enum):
    """The answer for a source whose history continues with the step."""

    WHOLE = "whole"
    RESTORE = "restore"


class Tie(Enum):
    """The answer if several images match."""

    NEWEST = "newest"
    FIRST = "first"


@dataclass(frozen=True)
class LostParent:
    """The consequence of a parent that is not in the store, if the daemon reads it.

    Attributes:
        words: the daemon's message, with ``{parent}`` for the parent's id; empty: it is a miss.
    """

    words: str = ""

    @property
    def is_miss(self) -> bool:
        """Whether it is a miss rather than an error."""
        return not self.words

    def error(self, parent: str) -> str:
        """Return the daemon's message about this parent."""
        return self.words.replace("{parent}", parent)


@dataclass(frozen=True)
class Span:
    """A range of releases, given by their tags, including both ends."""

    first: str
    last: str

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    def versions(self) -> tuple[DockerVersion, DockerVersion]:
        """Return both ends as versions."""
        return _version(self.first), _version(self.last)


def _version(tag: str) -> DockerVersion:
    version = DockerVersion.parse(tag)
    assert version is not None, tag
    return version


@dataclass(frozen=True)
class ConfigCheck:
    """One row of the table of config checks: a field and its comparison."""

    field: str
    comparison: FieldComparison

    @cached_property
    def name(self) -> str:
        """The name of the check."""
        return self.comparison.name(self.field)


def _reader(field: str, *, is_read: bool) -> Callable[[ContainerConfig | None], object]:
    zero = ContainerConfig.model_fields[field].default
    if not is_read:
        return lambda _: zero
    getter = attrgetter(field)
    return lambda config: zero if config is None else getter(config)


@dataclass(frozen=True)
class Restoring:
    """The creation of an image from a step in the middle of a source.

    Attributes:
        lost_fields: the fields of the container config that the new image's config does not keep.
        omits: the lists and maps of the container config that are not written when empty.
        is_oci: the new image's config is an OCI config, without a container config, comment or parent.
        writes_version: the new image's config contains the daemon's version.
        keeps_start_interval: a health check keeps its ``StartInterval``.
        marks_built_locally: the new image is marked as built here.
        needs_layer: a step without a layer, or whose layer is not in the store, fails.
        fails_again: restoring the same step a second time fails.
        refuses_features: a source with ``os.features`` fails.
        no_layer_error: containerd's message about the missing layer, if the step needs one.
    """

    lost_fields: frozenset[str] = frozenset()
    omits: frozenset[str] = frozenset()
    is_oci: bool = False
    writes_version: bool = False
    keeps_start_interval: bool = True
    marks_built_locally: bool = False
    needs_layer: bool = False
    fails_again: bool = False
    refuses_features: bool = False
    no_layer_error: str = ""


@dataclass(frozen=True)
class RuleSet:
    """The rules of one kind of store in some releases.

    Attributes:
        name: its name in suites.
        releases: for people: ``Docker 25.0.3 to 27.5``.
        source: the code that the rules were read from.
        store: the kind of store that has these rules.
        spans: the ranges of releases; empty if no release has these rules.
        commit: the beginning of the commit that has these rules, if no release does.
        candidates: the images that the local cache considers.
        requirements: the requirements for a candidate that are checked before its config, in order.
        config_checks: the comparisons of two container configs, in order; the daemon stops at the first failure.
        image_fields: the fields that the store reads from an image's container config; on the image's side, all others
            have their zero value, regardless of what its JSON contains.
        later: the requirements for a candidate that are checked after its config.
        missing_time: the meaning of a missing ``created``.
        sources, descent, source_hit: the effects of ``--cache-from``.
        parent_platform: the comparison of platforms that a parent must pass to be found, if there are sources.
        tie: the answer if several images match.
        lost_parent: the consequence of a parent that is not in the store.
        records_parent: whether the parent of a restored image, or its mark as a first step, is recorded when it is
            created; otherwise, the parent is recorded afterwards.
        restoring: how images are restored, if a source hit may do that.
    """

    name: str
    releases: str
    source: str
    store: StoreKind
    spans: tuple[Span, ...]
    candidates: Candidates
    config_checks: tuple[ConfigCheck, ...]
    image_fields: frozenset[str]
    missing_time: MissingTime
    sources: Sources
    descent: Descent
    source_hit: SourceHit
    tie: Tie
    lost_parent: LostParent
    records_parent: bool
    requirements: tuple[Requirement, ...] = ()
    later: tuple[Requirement, ...] = ()
    parent_platform: PlatformRule = ANY_PLATFORM
    restoring: Restoring = Restoring()
    commit: str = ""

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def title(self) -> str:
        """A title for people: the kind of store and the releases."""
        kind = "graph driver" if self.store is StoreKind.GRAPH_DRIVER else "containerd store"
        return f"{kind}, {self.releases}"

    @cached_property
    def by_layers(self) -> bool:
        """Whether only layers and history decide; then neither parents nor container configs are read: see `layers`."""
        return self.candidates is Candidates.BY_LAYERS

    @cached_property
    def marks_first_steps(self) -> bool:
        """Whether the candidates for scratch are the images that are marked as a first step."""
        return self.candidates is Candidates.MARKED

    @cached_property
    def sources_must_exist(self) -> bool:
        """Whether a ``--cache-from`` image that is not found makes the build fail."""
        return self.sources is Sources.ALL

    @cached_property
    def sources_with_ancestors(self) -> bool:
        """Whether a ``--cache-from`` image brings in its recorded ancestors too."""
        return self.sources is Sources.LINEAGE

    @cached_property
    def follows_ancestors(self) -> bool:
        """Whether a local match counts if it is among all recorded ancestors of a source."""
        return self.descent is Descent.ANCESTOR

    @cached_property
    def reads_one_parent(self) -> bool:
        """Whether a local match counts if it is the recorded parent of a source, or of itself if there is none."""
        return self.descent is Descent.PARENT

    @cached_property
    def may_restore(self) -> bool:
        """Whether a step in the middle of a source becomes a new image."""
        return self.source_hit is SourceHit.RESTORE

    @cached_property
    def dates_missing_times(self) -> bool:
        """Whether a missing creation time counts as year 1."""
        return self.missing_time is MissingTime.YEAR_ONE

    @cached_property
    def newest(self) -> DockerVersion | None:
        """The newest release that has these rules; None: there is none."""
        versions = [version for span in self.spans for version in span.versions()]
        return max(versions, key=lambda version: (version.is_final, version), default=None)

    @cached_property
    def platform(self) -> PlatformRule:
        """The comparison of a candidate's platform with the builder's."""
        required = (*self.requirements, *self.later)
        return next((each.rule for each in required if isinstance(each, FittingPlatform)), ANY_PLATFORM)

    @cached_property
    def compared_fields(self) -> tuple[str, ...]:
        """The fields that some check reads, in the order of the checks."""
        return tuple(dict.fromkeys(check.field for check in self.config_checks))

    @cached_property
    def ignored_fields(self) -> tuple[str, ...]:
        """The fields that no check reads, in Docker's order."""
        return tuple(field for field in CONFIG_FIELDS if field not in self.compared_fields)

    def checks_of(self, field: str) -> tuple[ConfigCheck, ...]:
        """Return the checks of one field, in order."""
        return self._checks_by_field[field]

    @cached_property
    def _checks_by_field(self) -> Mapping[str, tuple[ConfigCheck, ...]]:
        return {
            field: tuple(check for check in self.config_checks if check.field == field)
            for field in self.compared_fields
        }

    def read_image(self, config: ContainerConfig | None, field: str) -> object:
        """Return a field of an image's container config as the daemon reads it; its zero value without a config."""
        return self._readers[field](config)

    @cached_property
    def _readers(self) -> Mapping[str, Callable[[ContainerConfig | None], object]]:
        return {field: _reader(field, is_read=field in self.image_fields) for field in CONFIG_FIELDS}

    def field_matches(self, field: str, probe: ContainerConfig, image: ContainerConfig | None) -> bool:
        """Return whether all checks of one field pass."""
        probe_value, image_value = getattr(probe, field), self.read_image(image, field)
        return all(check.comparison.matches(probe_value, image_value) for check in self._checks_by_field[field])

    @cached_property
    def compares_commands(self) -> bool:
        """Whether two configs match only if their commands are equal, word by word."""
        return "Cmd" in self.image_fields and any(
            isinstance(check.comparison, SameElements) for check in self._checks_by_field.get("Cmd", ())
        )

    @cached_property
    def _comparisons(self) -> tuple[tuple[str, bool, object, bool, tuple[Callable[[Any, Any], bool], ...]], ...]:
        """The comparisons for `configs_match`: the compared fields, those that rule out the most images first."""
        return tuple(
            (
                field,
                field in self.image_fields,
                ContainerConfig.model_fields[field].default,
                not any(isinstance(check.comparison, NeverTrue) for check in checks),
                tuple(check.comparison.matches for check in checks),
            )
            for field, checks in sorted(self._checks_by_field.items(), key=lambda item: item[0] != "Cmd")
        )

    def configs_match(self, probe: ContainerConfig, image: ContainerConfig | None) -> bool:
        """Return whether all checks pass."""
        for field, is_read, zero, equal_passes, comparisons in self._comparisons:
            probe_value = getattr(probe, field)
            image_value = getattr(image, field) if is_read and image is not None else zero
            if equal_passes and probe_value == image_value:
                continue  # the usual case
            for matches in comparisons:
                if not matches(probe_value, image_value):
                    return False
        return True

    def time(self, created: Timestamp | None) -> Timestamp | None:
        """Return a time as the daemon reads it."""
        return YEAR_ONE if created is None and self.dates_missing_times else created

    def history_keys(self, image: Image) -> tuple[tuple[object, ...], ...]:
        """Return a key for each entry of an image's history; entries with equal keys are equal for the daemon."""
        keys = image.history_keys
        if not self.dates_missing_times or all(created is not None for created, *_ in keys):
            return keys
        return tuple(self.entry_key(entry) for entry in image.history)

    def equal_entries(self, image: Image, other: Image) -> int:
        """Return the number of entries at the beginning of two histories that the daemon considers equal."""
        left, right = image.history, other.history
        shorter = min(len(left), len(right))
        # Quick in the usual case, where both contain the same objects.
        if not shorter or (left[shorter - 1] is right[shorter - 1] and left[:shorter] == right[:shorter]):
            return shorter
        for place in compress(count(), map(is_not, left, right)):
            entry, other_entry = left[place], right[place]
            # Most entries that differ do so in their command.
            if entry.created_by != other_entry.created_by or self.entry_key(entry) != self.entry_key(other_entry):
                return place
        return shorter

    def repeats(self, image: Image, other: Image) -> bool:
        """Return whether an image's history begins with the entire history of another."""
        return self.equal_entries(other, image) == len(other.history)

    def entry_key(self, entry: HistoryEntry) -> tuple[object, ...]:
        """Return all that ``reflect.DeepEqual`` compares in a history entry: entries are equal if their keys are."""
        created, *rest = entry.key
        return (self.time(created), *rest)
