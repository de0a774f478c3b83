"""A build's probes one after the other: each may change the store and the sources that the next one finds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from copy import copy
from dataclasses import replace

from cacheview.engine.cache import NEW, ImageCache, Past
from cacheview.engine.restore import LayerContent, identity
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import Verdict
from cacheview.model import Image, ImageStore, Probe

__all__ = ["Walk", "named"]


class Walk:
    """One cache object over one store, as a build uses it.

    Attributes:
        cache: what the next probe is put to.
        cache_from: the references that every probe is asked with.
    """

    def __init__(
        self, store: ImageStore, rules: RuleSet, cache_from: tuple[str, ...], layers: LayerContent | None = None
    ) -> None:
        self.cache = ImageCache(store, rules, Past(layers=layers or {}))
        self.cache_from = cache_from
        self._asked = 0
        self._restored: dict[Hashable, str] = {}

    def ask(self, probe: Probe) -> tuple[Probe, Verdict]:
        """The probe as it is put to the cache, and the answer. A new image has the id ``new:N`` of the Nth probe."""
        number = self._asked
        self._asked += 1
        if probe.cache_from != self.cache_from:
            probe = probe.model_copy(update={"cache_from": self.cache_from})
        verdict = self.cache.verdict(probe)
        verdict = named(verdict, number)
        if verdict.is_new and verdict.image is not None:
            self._restored[identity(self.cache.rules, verdict.image.config)] = verdict.image.id
        if verdict.is_new or verdict.set_parent or verdict.narrowed is not None:
            self._go_on(verdict)
        return probe, verdict

    def fork(self) -> Walk:
        """A walk that goes on from here by itself."""
        other = copy(self)
        other._restored = dict(self._restored)
        return other

    def add(self, images: Iterable[Image]) -> None:
        """Images have come into the store since the last probe. Those that it has already are passed over."""
        store = self.cache.store
        new = tuple(image for image in images if image.id not in store.by_id)
        if new:
            self.cache = ImageCache(replace(store, images=(*store.images, *new)), self.cache.rules, self.cache.past)

    def _go_on(self, verdict: Verdict) -> None:
        store = self.cache.store
        images = store.images
        if verdict.is_new and verdict.image is not None:
            images = (*images, verdict.image)
        moved = verdict.set_parent
        images = tuple(
            image.model_copy(update={"parent": moved[image.id]}) if image.id in moved else image for image in images
        )
        past = replace(self.cache.past, sources=verdict.sources_after, restored=dict(self._restored))
        self.cache = ImageCache(replace(store, images=images), self.cache.rules, past)


def named(verdict: Verdict, number: int) -> Verdict:
    """The answer to the probe of that number, from 0: an image that it made anew has the id ``new:N`` in a walk."""
    if not verdict.is_new or verdict.image is None:
        return verdict
    name = f"{NEW}:{number}"
    parents = {name if key == NEW else key: parent for key, parent in verdict.set_parent.items()}
    return replace(verdict, image=verdict.image.model_copy(update={"id": name}), set_parent=parents)
