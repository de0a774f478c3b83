"""Applies a change to a store as an engine would. It reads nothing from an engine and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cacheview.cases import Daemon, DaemonBasis, daemon_of, rules_named
from cacheview.engine.rulesets.named import with_driver
from cacheview.model import (
    NO_CONTAINERS,
    Containers,
    Doubt,
    Image,
    ImageStore,
    Release,
)
from cacheview.stores.opened_location import OpenedCase
from cacheview.whatif import containerd, graph_driver, moving
from cacheview.whatif.change import Change, Load, Prune, Pull, Remove, SaveLoad, Upgrade
from cacheview.whatif.draft import Draft, RefusedChange, Removed, RemovedFor, Tagged, Untagged
from cacheview.whatif.engine_behavior import EngineBehavior, behavior_of
from cacheview.whatif.possible_stores import PossibleStore, merged, possible_stores
from cacheview.whatif.selected import to_save

__all__ = ["CONTAINERS_NOT_READ", "Applied", "ChangedStore", "apply", "unchanged"]

CONTAINERS_NOT_READ: Final = Containers(None)
"""The containers of an engine that have not been read so far."""


@dataclass(frozen=True)
class Applied:
    """One change and its effect on the store.

    Attributes:
        change: the change.
        removed: images that no longer exist.
        untagged: names that no longer exist, including those of removed images.
        tagged: names that are new or have moved.
        added: images that did not exist before.
        unknown: images that may or may not still exist, with the doubt.
        refused: the daemon's message if it refuses, so that nothing has changed.
    """

    change: Change
    removed: tuple[Removed, ...] = ()
    untagged: tuple[Untagged, ...] = ()
    tagged: tuple[Tagged, ...] = ()
    added: tuple[Image, ...] = ()
    unknown: tuple[tuple[Image, Doubt], ...] = ()
    refused: str = ""

    @property
    def has_effect(self) -> bool:
        """Whether the images or their names change, as far as known."""
        return bool(self.removed or self.untagged or self.tagged or self.added or self.unknown)


@dataclass(frozen=True)
class ChangedStore:
    """A store as if some changes had been made, one after another.

    Attributes:
        before: the current store.
        own: the daemon whose answers are computed for the current store.
        store: the changed store.
        daemon: the daemon whose answers are computed for the changed store.
        containers: the remaining containers.
        applied: the effect of each change.
    """

    before: ImageStore
    own: Daemon
    store: ImageStore
    daemon: Daemon
    containers: Containers
    applied: tuple[Applied, ...] = ()

    @property
    def removed(self) -> dict[str, Removed]:
        """The images of the store that would no longer exist, by id."""
        removed = {each.image.id: each for applied in self.applied for each in applied.removed}
        return {image_id: each for image_id, each in removed.items() if image_id not in self.store.by_id}


def unchanged(store: ImageStore, daemon: Daemon, containers: Containers) -> ChangedStore:
    """Return the state of an engine's store without changes."""
    return ChangedStore(store, daemon, store, daemon, containers)


def apply(state: ChangedStore, change: Change) -> ChangedStore:
    """Return the store after one more change.

    Raises `DataError` if the store has no image that the change names, or the result is not known.
    """
    if isinstance(change, Upgrade):
        return _upgrade(state, change)
    containers = state.containers
    if isinstance(change, Prune) and change.kind.removes_containers:
        containers = containers.without_stopped()
    behavior = behavior_of(state.daemon.rules, state.daemon.version)
    if isinstance(change, Prune | Remove):
        store, applied = _apply_to_all(state.store, containers, change, behavior)
    else:
        draft, refused = _apply_to_one(PossibleStore(state.store, NO_CONTAINERS), change, behavior)
        store, applied = draft.as_store, _effect_of(change, draft, refused)
    if isinstance(change, SaveLoad) and change.empties_store and not applied.refused:
        containers = NO_CONTAINERS
    return replace(state, store=store, containers=containers, applied=(*state.applied, applied))


def _apply_to_all(
    store: ImageStore, containers: Containers, change: Change, behavior: EngineBehavior
) -> tuple[ImageStore, Applied]:
    """Apply the change to every possible store."""
    stores, unknown = possible_stores(store, containers)
    results = [_apply_to_one(possible, change, behavior) for possible in stores]
    draft, refused = results[0]
    if len(results) == 1:
        return draft.as_store, _effect_of(change, draft, refused)
    images = merged(stores, [draft for draft, _ in results], unknown)
    by_id = {image.id: image for image in images}
    certainly_removed = tuple(each for each in draft.removed if each.image.id not in by_id)
    certainly_untagged = tuple(
        each for each in draft.untagged if each.image not in by_id or each.name not in by_id[each.image].names
    )
    removed = {each.image.id for draft, _ in results for each in draft.removed}
    doubtful = tuple(
        (image, doubt) for image in images if image.id in removed and (doubt := image.doubt("existence")) is not None
    )
    refusals = {refused for _, refused in results}
    applied = Applied(
        change, certainly_removed, certainly_untagged, unknown=doubtful, refused=refused if len(refusals) == 1 else ""
    )
    return replace(store, images=images), applied


def _apply_to_one(possible: PossibleStore, change: Change, behavior: EngineBehavior) -> tuple[Draft, str]:
    """Apply the change to one store; return the result, and the daemon's message if it refuses."""
    draft = Draft(possible.store, behavior.store)
    try:
        _change(draft, possible, change, behavior)
    except RefusedChange as refusal:
        return Draft(possible.store, behavior.store), str(refusal)
    return draft, ""


def _change(draft: Draft, possible: PossibleStore, change: Change, behavior: EngineBehavior) -> None:
    store, containers = possible.store, possible.containers
    match change:
        case Prune(kind) if behavior.is_by_records:
            containerd.prune(draft, containers, behavior, everything=kind.is_all)
        case Prune(kind):
            graph_driver.prune(draft, containers, everything=kind.is_all)
        case Remove(reference, force, prunes):
            image = store.resolve_for(reference, behavior.store)
            if behavior.is_by_records:
                containerd.remove(draft, image, reference, containers, behavior, force=force, prunes=prunes)
            else:
                graph_driver.remove(draft, image, reference, containers, force=force, prunes=prunes)
        case SaveLoad(references, empties):
            images = moving.saved_images(to_save(store, behavior.store, references), behavior.store)
            if empties:
                _reload(draft, images, behavior)
            else:
                moving.load(draft, images, behavior.store, behavior)
        case Load(_, kind, images):
            moving.load(draft, images, kind, behavior)
        case Pull(_, kind, images, digests):
            moving.pull(draft, images, kind, behavior, digests)
        case _:
            pass


def _reload(draft: Draft, images: Sequence[Image], behavior: EngineBehavior) -> None:
    """Empty the store and load the archive, which lacks the data that a store keeps separately from its images."""
    loaded = Draft(ImageStore(()), behavior.store)
    moving.load(loaded, images, behavior.store, behavior)
    kept = {image.id: image for image in loaded.images}
    draft.empty(RemovedFor.NOT_SAVED, kept)
    for image in loaded.images:
        before = draft.get(image.id)
        for name in before.names if before is not None else ():
            if name not in image.names:
                draft.untag(name)
        draft.put(image)


def _effect_of(change: Change, draft: Draft, refused: str) -> Applied:
    if refused:
        return Applied(change, refused=refused)
    return Applied(change, tuple(draft.removed), tuple(draft.untagged), tuple(draft.tagged), tuple(draft.added))


def _upgrade(state: ChangedStore, change: Upgrade) -> ChangedStore:
    """Apply another release: its rules for the same images, or no images if it has another kind of store."""
    kind = state.daemon.rules.store
    name = with_driver(change.release, kind)
    choice = rules_named(name)
    store = state.store
    release = Release(choice.rules.store, choice.version, choice.commit)
    removed: tuple[Removed, ...] = ()
    untagged: tuple[Untagged, ...] = ()
    if choice.rules.store is not kind:
        draft = Draft(store, kind)
        draft.empty(RemovedFor.OTHER_STORE)
        store, removed, untagged = draft.as_store, tuple(draft.removed), tuple(draft.untagged)
    store = replace(store, release=release, rules="")
    daemon = daemon_of(OpenedCase("", store, ""), name)
    return replace(
        state,
        store=store,
        daemon=replace(daemon, basis=DaemonBasis.CHOSEN),
        containers=state.containers if choice.rules.store is kind else NO_CONTAINERS,
        applied=(*state.applied, Applied(change, removed, untagged)),
    )
