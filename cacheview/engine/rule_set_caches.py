"""The caches in which many rule sets look up the same probe: of one store, or after a walk by each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cacheview.engine.cache import ImageCache
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets import RULE_SETS
from cacheview.engine.walk import Walk, continued
from cacheview.model import ImageStore, Probe

__all__ = ["RuleSetCaches", "WalkCaches"]

_MAX_KEPT_IMAGES: Final = 1_000_000
"""The most references to images in the stores of the walks that are kept, counting every store as the largest possible
one."""


class RuleSetCaches:
    """One `ImageCache` for each rule set of a store, created on first use and kept, so the next probe is quick.

    Like the caches, it is not thread-safe.
    """

    def __init__(self, store: ImageStore, caches: Iterable[ImageCache] = ()) -> None:
        """Start with existing caches of the store."""
        self.store = store
        self._caches = {cache.rules.name: cache for cache in caches if cache.store is store}

    @property
    def earlier_probes(self) -> int:
        """The number of probes that each rule set looks up before the one that is compared."""
        return 0

    def cache(self, rules: RuleSet) -> ImageCache:
        """Return the cache of a rule set, the same one until it is released."""
        result = self._caches.get(rules.name)
        if result is None:
            result = self._caches[rules.name] = ImageCache(self.store, rules)
        return result

    def lookup(self, rules: RuleSet, probe: Probe) -> tuple[ImageCache, Probe]:
        """Return the cache of a rule set, and a probe as it is looked up there."""
        return self.cache(rules), probe

    def approach(self, rules: RuleSet) -> Iterator[int]:
        """Look up what comes before the probe with a rule set, and yield how many earlier probes are done.

        Calling it is optional: `cache` does the same, without showing its progress.
        """
        del rules
        return iter(())

    def release(self, rules: RuleSet) -> ImageCache | None:
        """Remove a cache and return it, so that other code can use it; None if there is none.

        The next call of `cache` creates a new one.
        """
        return self._caches.pop(rules.name, None)


class WalkCaches(RuleSetCaches):
    """The caches at one place of a walk. Each rule set walks there by itself, since it may leave another state.

    A probe with the parent `PREVIOUS` continues from the image that the same rule set hit last.

    The walks of small stores are kept, each with one state. In a large store, those that do not fit into memory are
    dropped, and walked again for the next probe.

    Args:
        walk: any walk through the case.
        number: the number of the place, from 0.
        earlier: caches at another place of the same case, whose walks are continued.

    Attributes:
        store: the images before the first probe.
    """

    def __init__(self, walk: Walk, number: int, earlier: WalkCaches | None = None) -> None:
        super().__init__(walk.store)
        self.number = number
        self.probes = walk.probes
        self._walks: dict[str, Walk] = earlier._walks if earlier is not None else {}
        self._unkept: Walk | None = None
        self._previous: dict[str, str] = {}
        size = max(1, len(walk.store.images) + len(walk.probes))  # each probe adds at most one image
        self._max_walks = min(len(RULE_SETS), _MAX_KEPT_IMAGES // size)

    def add(self, walk: Walk) -> None:
        """Use an existing walk of the case."""
        self._walks[walk.rules.name] = walk

    def is_in(self, walk: Walk | None) -> bool:
        """Return whether a walk goes through the same case, under any rules."""
        return walk is not None and walk.store is self.store and walk.probes is self.probes

    @property
    def earlier_probes(self) -> int:
        return self.number

    def cache(self, rules: RuleSet) -> ImageCache:
        return self._at(rules)[0]

    def lookup(self, rules: RuleSet, probe: Probe) -> tuple[ImageCache, Probe]:
        cache, previous = self._at(rules)
        return cache, continued(probe, previous)

    def approach(self, rules: RuleSet) -> Iterator[int]:
        if rules.name in self._caches:
            return
        walk = self._walk(rules)
        for done in range(self.number - walk.distance(self.number), self.number):
            yield done
            walk.at(done + 1)

    def _at(self, rules: RuleSet) -> tuple[ImageCache, str]:
        """Return the cache of a rule set, and the image that `PREVIOUS` is there."""
        known = self._caches.get(rules.name)
        if known is not None:
            return known, self._previous[rules.name]
        walk = self._walk(rules)
        _, cache = walk.at(self.number)
        previous = walk.previous(self.number)
        if walk is not self._unkept:
            self._previous[rules.name], self._caches[rules.name] = previous, cache
        return cache, previous

    def _walk(self, rules: RuleSet) -> Walk:
        walk = self._walks.get(rules.name)
        if walk is not None:
            return walk
        if self._unkept is None or self._unkept.rules is not rules:
            walk = Walk(self.store, rules, self.probes, max_states=1)
            if len(self._walks) < self._max_walks:
                return self._walks.setdefault(rules.name, walk)
            self._unkept = walk
        return self._unkept
