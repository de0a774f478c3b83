"""Indexes and other results that the probes of a store share, each created on first use and kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

from cacheview.engine.candidate import membership
from cacheview.engine.continuations import Continuations
from cacheview.engine.doubts import doubts_about
from cacheview.engine.history import prefix_value
from cacheview.engine.index import CandidateIndex
from cacheview.engine.layers import children_by_layers
from cacheview.engine.lineage import Lineage, ancestors, lineages
from cacheview.engine.prepared import doubtful_images, tables_of
from cacheview.engine.ruleset import RuleSet
from cacheview.model import SCRATCH, Aspect, Doubt, Image, ImageStore, Probe
from cacheview.model.effort import paced

__all__ = ["CarriedState", "Lookups"]

T = TypeVar("T")


class _HistoriesOf(Enum):
    """The images whose histories are compared with the parent's. The last comparisons of each kind are kept."""

    SOURCES = "sources"
    CHILDREN = "children"
    MAYBE_CHILDREN = "maybe children"
    WITHOUT_PARENT = "without parent"
    ORPHANS = "orphans"


@dataclass(frozen=True)
class CarriedState:
    """The data that a cache object keeps from one probe of a build to the next, apart from the store.

    Attributes:
        sources: the images that ``--cache-from`` brought in; None: not looked up yet.
        restored: ids of images that the cache has created before, by `identity`.
    """

    sources: tuple[Image, ...] | None = None
    restored: Mapping[Hashable, str] = field(default_factory=dict)


class Lookups:
    """The indexes of one store under one rule set, neither of which may change.

    Several threads may use them at the same time: results are stored in one piece, and at worst computed twice.

    Args:
        once: whether they are for a single probe: no table is created that only further probes would need.
    """

    def __init__(
        self, store: ImageStore, rules: RuleSet, carried: CarriedState | None = None, *, once: bool = False
    ) -> None:
        self.store = store
        self.rules = rules
        self.carried = carried or CarriedState()
        self._once = once
        self._candidates: dict[str, CandidateIndex] = {}
        self._looked_up_once: set[str] = set()
        self._children: dict[str, Sequence[Image]] = {}
        self._strays: dict[tuple[Aspect, ...], CandidateIndex] = {}
        self._lineages: dict[str, Lineage] = {}
        self._last: dict[str, tuple[Hashable, Any]] = {}
        self._continuations: dict[tuple[_HistoriesOf, bool], Continuations] = {}

    def last(self, name: str, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the last result stored under a name if it was for the same key; otherwise compute it."""
        cached = self._last.get(name)
        if cached is None or cached[0] != key:
            cached = self._last[name] = (key, compute())
        return cached[1]

    def candidates(self, parent: str) -> CandidateIndex:
        """Return the images that the local cache considers for a parent, or for `SCRATCH`."""
        index = self._candidates.get(parent)
        if index is None:
            index = self._candidates[parent] = self._index(self.children(parent))
        return index

    def _index(self, images: Sequence[Image]) -> CandidateIndex:
        return CandidateIndex(images, self.rules, once=self._once, tables=tables_of(self.store, self.rules))

    @property
    def is_prepared(self) -> bool:
        """Whether there are tables of all images, see `prepared`."""
        return tables_of(self.store, self.rules) is not None

    def children(self, parent: str) -> Sequence[Image]:
        """Return the same images as `candidates`, in store order."""
        results = self._children.get(parent)
        if results is None:
            if self.rules.by_layers:
                results = children_by_layers(self.store, parent)
            elif self.rules.marks_first_steps and parent == SCRATCH:
                results = tuple(image for image in self.store.images if image.from_scratch)
            else:
                results = self.store.children.get(parent, ())
            self._children[parent] = results
        return results

    @cached_property
    def by_history(self) -> Mapping[int, Sequence[Image]]:
        """The images by `prefix_value` of their whole history."""
        results: dict[int, list[Image]] = {}
        for image in paced(self.store.images):
            results.setdefault(prefix_value(image, len(image.history), self.rules), []).append(image)
        return results

    @cached_property
    def _on_named_parents(self) -> Sequence[Image]:
        """The images on a parent with a name, or without a parent."""
        by_id = self.store.by_id
        return [
            image
            for image in paced(self.store.images)
            if image.parent is None or ((parent := by_id.get(image.parent)) is not None and parent.names)
        ]

    @cached_property
    def _index_of_named(self) -> CandidateIndex:
        return self._index(self._on_named_parents)

    def elsewhere(self, parent: str) -> tuple[CandidateIndex, int]:
        """Return the images on another parent with a name, or without one: a probe on that parent might match them.

        The result is an index and a set of its images. The last result is kept.
        """

        def compute() -> tuple[CandidateIndex, int]:
            excluded = {image.id for image in self.children(parent)}
            others = [image for image in paced(self._on_named_parents) if image.id not in excluded]
            if 2 * len(others) < len(self._on_named_parents):
                index = self._index(others)
                return index, index.all
            index = self._index_of_named
            return index, index.all & ~index.having(excluded) if excluded else index.all

        return self.last("elsewhere", parent, compute)

    @cached_property
    def has_doubts(self) -> bool:
        """Whether any value of any image is not known exactly. If not, every answer is certain."""
        return bool(doubtful_images(self.store))

    @cached_property
    def name_doubts(self) -> tuple[Doubt, ...]:
        """The doubts about the names of images."""
        doubtful = doubtful_images(self.store, "names")
        return tuple(dict.fromkeys(doubt for image in paced(doubtful) for doubt in doubts_about(image, "names")))

    def strays(self, parent: str) -> CandidateIndex:
        """Return the images for which it is not known whether they are candidates for a parent."""
        aspects = membership(self.rules, parent)
        result = self._strays.get(aspects)
        if result is None:
            result = self._strays[aspects] = self._index(doubtful_images(self.store, *aspects))
        return result

    def lineages(self, cache_from: tuple[str, ...]) -> tuple[Lineage, ...]:
        """Return the images that each ``--cache-from`` reference brings in. The last result is kept."""
        if not cache_from:
            return ()

        def compute() -> tuple[Lineage, ...]:
            return lineages(self.store, cache_from, self.rules, self.name_doubts, self._lineages)

        return self.last("lineages", cache_from, compute)

    def sources(self, cache_from: tuple[str, ...]) -> tuple[tuple[Image, ...], tuple[Image, ...]]:
        """Return all sources in order, with and without repetitions: comparing each image once is enough."""
        if not cache_from and self.carried.sources is None:
            return (), ()

        def compute() -> tuple[tuple[Image, ...], tuple[Image, ...]]:
            sources = self.carried.sources
            if sources is None:
                sources = tuple(source for lineage in self.lineages(cache_from) for source in lineage.sources)
            return sources, tuple({source.id: source for source in sources}.values())

        return self.last("sources", cache_from, compute)

    def continuations(self, probe: Probe, *, explained: bool = False) -> Continuations:
        """Return how the sources of a probe continue its parent's history.

        ``explained``: whether to keep the result until another probe is explained, even if others are looked up.
        """
        return self._continued(
            _HistoriesOf.SOURCES, self.sources(probe.cache_from)[1], self.parent(probe), explained=explained
        )

    def next_children(self, probe: Probe, *, explained: bool = False) -> Continuations:
        """Return how the candidates continue the parent's history, for rules that compare it."""
        parent = self.store.by_id.get(probe.parent)
        return self._continued(_HistoriesOf.CHILDREN, self.children(probe.parent), parent, explained=explained)

    def maybe_children(self, probe: Probe, parent: Image) -> Continuations:
        """Return how the candidates, and all images that may be candidates, continue the parent's history."""

        def compute() -> Sequence[Image]:
            if doubts_about(parent, "diff_ids"):
                return self.store.images
            doubtful = doubtful_images(self.store, "diff_ids", "existence")
            children = self.children(probe.parent)
            if not doubtful:
                return children
            ids = {image.id for images in (children, doubtful) for image in images}
            return [image for image in paced(self.store.images) if image.id in ids]

        images = self.last("maybe children", parent.id, compute)
        if images is self.children(probe.parent):
            return self.next_children(probe)
        return self._continued(_HistoriesOf.MAYBE_CHILDREN, images, parent)

    def without_parent(self, probe: Probe) -> Continuations:
        """Return how the images without a recorded parent continue the history of the probe's parent."""
        images = self.store.children.get(SCRATCH, ())
        parent = self.store.by_id.get(probe.parent)
        return self._continued(_HistoriesOf.WITHOUT_PARENT, images, parent, explained=True)

    def orphans(self, probe: Probe) -> Continuations:
        """Return how images whose recorded parent is not in the store continue the history of the probe's parent."""
        parent = self.store.by_id.get(probe.parent)
        return self._continued(_HistoriesOf.ORPHANS, self._orphans, parent, explained=True)

    @cached_property
    def _orphans(self) -> Sequence[Image]:
        by_id = self.store.by_id
        orphaned = (
            images for parent, images in self.store.children.items() if parent != SCRATCH and parent not in by_id
        )
        return [image for images in orphaned for image in images]

    @cached_property
    def unmarked_first_steps(self) -> CandidateIndex:
        """The images without a parent that look like first steps, whether or not they are recorded as such."""
        first_steps = [image for image in self.store.children.get(SCRATCH, ()) if image.is_first_step]
        return self._index(first_steps)

    def _continued(
        self, kind: _HistoriesOf, images: Sequence[Image], parent: Image | None, *, explained: bool = False
    ) -> Continuations:
        for slot in (True, False):
            cached = self._continuations.get((kind, slot))
            if cached is not None and cached.images is images and cached.parent is parent:
                break
        else:
            unclear = doubtful_images(self.store, "history.created_by")
            cached = Continuations(images, parent, self.rules, commands_known=not unclear)
        self._continuations[kind, explained] = cached
        return cached

    def steps_of_sources(self, cache_from: tuple[str, ...]) -> Mapping[str, Sequence[tuple[Image, int]]]:
        """Return the history entries of the sources by command: the source, and the index in its history."""

        def compute() -> Mapping[str, Sequence[tuple[Image, int]]]:
            results: dict[str, list[tuple[Image, int]]] = {}
            for source in paced(self.sources(cache_from)[1]):
                for step, entry in enumerate(source.history):
                    results.setdefault(entry.created_by, []).append((source, step))
            return results

        return self.last("source steps", cache_from, compute)

    def counting_parents(self, cache_from: tuple[str, ...]) -> frozenset[str | None]:
        """Return the parents of the sources, and their further ancestors if the rules follow them.

        A local match counts only if it is one of them; None: a source has no parent. The last result is kept.
        """

        def compute() -> frozenset[str | None]:
            sources = self.sources(cache_from)[1]
            parents: set[str | None] = {source.parent for source in sources}
            return frozenset(parents | ancestors(self.store, sources) if self.rules.follows_ancestors else parents)

        return self.last("counting parents", cache_from, compute)

    def parent(self, probe: Probe) -> Image | None:
        """Return the probe's parent as the history check finds it; None: there is none, or it is not found."""
        image = self.store.by_id.get(probe.parent)
        if image is None or not self.rules.parent_platform.matches(probe.platform, image.config.platform):
            return None
        return image
