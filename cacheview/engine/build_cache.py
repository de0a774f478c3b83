"""Looks up a build's probes one after another: each may change the store and the sources for the next."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace

from cacheview.engine.cache import NEW_ID, CarriedState, ImageCache
from cacheview.engine.restore import identity
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import Verdict
from cacheview.model import Image, ImageStore, Probe
from cacheview.model.effort import go_on

__all__ = ["BuildCache", "BuildEffects", "with_new_id"]


@dataclass(frozen=True)
class BuildEffects:
    """The effects of a build's answers on the store. Other stages see them too.

    Attributes:
        restored: the images that the cache created from sources, by `identity`.
        new_parents: the parents that were recorded, by image id.
        dangling: the ids of images with names that also got a record without one, because the cache restored them
            again.
    """

    restored: Mapping[Hashable, Image] = field(default_factory=dict)
    new_parents: Mapping[str, str] = field(default_factory=dict)
    dangling: frozenset[str] = frozenset()

    @property
    def key(self) -> Hashable:
        """A key that is equal for equal effects."""
        return (
            frozenset(image.id for image in self.restored.values()),
            frozenset(self.new_parents.items()),
            self.dangling,
        )

    def applied(self, store: ImageStore) -> ImageStore:
        """Return a store after these changes."""
        if not self.restored and not self.new_parents and not self.dangling:
            return store
        restored = self.changed(self.restored.values())
        return store.with_changes(self.moved_in(store), restored)

    @staticmethod
    def of(rules: RuleSet, verdict: Verdict) -> BuildEffects:
        """Return the effects of one answer."""
        image = verdict.image
        restored = {identity(rules, image.config): image} if verdict.is_new and image is not None else {}
        is_dangling = verdict.only_source is not None and image is not None and rules.restoring.fails_again
        dangling = frozenset({image.id} if is_dangling and image is not None else ())
        return BuildEffects(restored, verdict.set_parent, dangling)

    def followed_by(self, later: BuildEffects) -> BuildEffects:
        """Return these effects and later ones together."""
        return BuildEffects(
            {**self.restored, **later.restored},
            {**self.new_parents, **later.new_parents},
            self.dangling | later.dangling,
        )

    def changed(self, images: Iterable[Image]) -> tuple[Image, ...]:
        """Return images after these changes."""
        changes = self._changes
        return tuple(image.model_copy(update=changes[image.id]) if image.id in changes else image for image in images)

    def moved_in(self, store: ImageStore) -> Mapping[str, Image]:
        """Return the images of a store that these changes concern, as they are after them, by id."""
        images = (image for image_id in self._changes if (image := store.by_id.get(image_id)) is not None)
        return {image.id: image for image in self.changed(images)}

    @property
    def _changes(self) -> Mapping[str, Mapping[str, object]]:
        changes: dict[str, dict[str, object]] = {
            image_id: {"parent": parent} for image_id, parent in self.new_parents.items()
        }
        for image_id in self.dangling:
            changes.setdefault(image_id, {})["dangling"] = True
        return changes


class BuildCache:
    """One cache object over one store, as a build uses it.

    Attributes:
        cache: the cache for the next probe.
        cache_from: the references for every probe.
        effects: the changes that the build has made so far.
    """

    def __init__(
        self,
        store: ImageStore,
        rules: RuleSet,
        cache_from: tuple[str, ...],
        effects: BuildEffects | None = None,
    ) -> None:
        self.effects = effects or BuildEffects()
        restored = {key: image.id for key, image in self.effects.restored.items()}
        carried = CarriedState(restored=restored)
        self.cache = ImageCache(self.effects.applied(store), rules, carried)
        self.cache_from = cache_from
        self._count = 0
        self._before = self.cache.store
        self._added: tuple[Image, ...] = ()

    def look_up(self, probe: Probe, new_id: Callable[[Image], str] | None = None) -> tuple[Probe, Verdict]:
        """Return the probe as it is looked up in the cache, and the answer.

        ``new_id`` returns the id of an image that the cache creates; by default, that of the Nth probe is ``new:N``.
        """
        probe = self.with_references(probe)
        verdict = self.cache.verdict(probe)
        if verdict.is_new and verdict.image is not None:
            verdict = _with_id(verdict, f"{NEW_ID}:{self._count}" if new_id is None else new_id(verdict.image))
        self.follow(verdict)
        return probe, verdict

    def with_references(self, probe: Probe) -> Probe:
        """Return a probe with the references of this cache."""
        if probe.cache_from == self.cache_from:
            return probe
        return probe.model_copy(update={"cache_from": self.cache_from})

    def follow(self, verdict: Verdict) -> None:
        """Continue as after a probe with this answer, which `look_up` returned in a copy."""
        self._count += 1
        if verdict.is_new or verdict.set_parent or verdict.only_source is not None:
            self._go_on(verdict)

    def fork(self, *, with_indexes: bool = True) -> BuildCache:
        """Return an independent copy, which continues from here.

        ``with_indexes``: whether it shares the indexes of this cache; otherwise, it creates its own.
        """
        result = copy(self)
        if not with_indexes:
            result.cache = ImageCache(self.cache.store, self.cache.rules, self.cache.carried)
        return result

    def add(self, images: Iterable[Image]) -> None:
        """Add images that the store has received since the last probe. Those already in it are skipped."""
        store = self.cache.store
        new = tuple(image for image in images if image.id not in store.by_id)
        if new:
            self._added += new
            self.cache = ImageCache(self._before.with_more(self._added), self.cache.rules, self.cache.carried)

    def _go_on(self, verdict: Verdict) -> None:
        go_on()
        store, rules = self.cache.store, self.cache.rules
        latest = BuildEffects.of(rules, verdict)
        self.effects = self.effects.followed_by(latest)
        carried = self.cache.carried
        restored = {**carried.restored, **{key: image.id for key, image in latest.restored.items()}}
        carried = replace(carried, sources=verdict.sources_after, restored=restored)
        # Only images that were added since the last change can lack earlier effects.
        moved = (self.effects if self._added else latest).moved_in(store)
        self._before, self._added = store.with_changes(moved, self.effects.changed(latest.restored.values())), ()
        self.cache = ImageCache(self._before, rules, carried)


def with_new_id(verdict: Verdict, number: int) -> Verdict:
    """Return the answer to the Nth probe, from 0, with the id ``new:N`` for an image that it created."""
    return _with_id(verdict, f"{NEW_ID}:{number}") if verdict.is_new else verdict


def _with_id(verdict: Verdict, name: str) -> Verdict:
    """Return an answer with an id for its new image."""
    if verdict.image is None:
        return verdict
    parents = {name if key == NEW_ID else key: parent for key, parent in verdict.set_parent.items()}
    return replace(verdict, image=verdict.image.model_copy(update={"id": name}), set_parent=parents)
