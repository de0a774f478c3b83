"""The hazards of a whole store under a rule set, without a probe: each told once, with the images that it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cacheview.engine.candidate import container_config_of
from cacheview.engine.doubts import doubts_about
from cacheview.engine.hazards.configs import asks_for_mark, is_restored
from cacheview.engine.hazards.kinds import HazardKind
from cacheview.engine.history import history_keys
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.ties import ties
from cacheview.model import Aspect, ContainerConfig, Image, ImageStore, StoreKind
from cacheview.model.effort import go_on, paced

__all__ = ["StoreHazard", "audit"]


@dataclass(frozen=True, slots=True)
class StoreHazard:
    """A hazard of a store.

    Attributes:
        kind: one of `OF_STORES`.
        sentence: what is surprising, in words that a user of Docker understands.
        advice: what to do about it.
        images: all that it concerns, in store order.
    """

    kind: HazardKind
    sentence: str
    advice: str
    images: tuple[Image, ...]

    @property
    def count(self) -> int:
        return len(self.images)


def audit(store: ImageStore, rules: RuleSet) -> tuple[StoreHazard, ...]:
    """All hazards of a store. None rests on values that are not known exactly."""
    # Those that go by layers read no parent and no config.
    looks = (_ties, _layers) if rules.by_layers else (_parents, _records, _configs, _ties, _layers, _loaded)
    found: list[StoreHazard] = []
    for look in looks:
        go_on()
        found += look(store, rules)
    return tuple(found)


def _these(count: int, one: str, many: str) -> str:
    return f"1 image {one}" if count == 1 else f"{count:,} images {many}"


def _known(image: Image, *aspects: Aspect) -> bool:
    return not image.doubts or not doubts_about(image, *aspects)


def _is_step(image: Image) -> bool:
    """Whether it was made by a step of a build, here or where its record of a parent comes from."""
    return image.parent is not None or image.is_first_step


def _parents(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    by_id = store.by_id
    if rules.store is StoreKind.CONTAINERD:
        held: set[str] = set()
        for image in paced(store.images):
            current: Image | None = image if image.names else None
            while current is not None and current.parent and current.parent not in held and _known(current, "parent"):
                held.add(current.parent)
                current = by_id.get(current.parent)
        unnamed = [image for image in store.images if not image.names and image.id in held and _known(image, "names")]
        if unnamed:
            yield StoreHazard(
                HazardKind.PRUNE,
                f"{_these(len(unnamed), 'has no name and is', 'have no name and are')} what named images were built "
                "on: `docker image prune` removes them from a containerd store, and then the next build misses from "
                "its first step.",
                "Do not prune between builds, or give the images that a build goes on from a name.",
                tuple(unnamed),
            )
    orphans = [
        image for image in store.images if image.parent and image.parent not in by_id and _known(image, "parent")
    ]
    if orphans:
        yield StoreHazard(
            HazardKind.PARENT_MISSING,
            f"{_these(len(orphans), 'records', 'record')} a parent that the store does not have (it was pruned, or "
            "could not be read): a build comes to them only if that very image comes back.",
            "Build again; the new images record parents that are there.",
            tuple(orphans),
        )
    circle = _in_circles(store)
    if circle:
        yield StoreHazard(
            HazardKind.CIRCLE,
            f"The recorded parents of {_these(len(circle), 'lead', 'lead')} back to the image itself: a build with "
            "--cache-from that asks for their ancestors may never end.",
            "Remove one image of each circle.",
            circle,
        )


def _in_circles(store: ImageStore) -> tuple[Image, ...]:
    """The images whose parents lead back to them."""
    done: set[str] = set()
    circles: set[str] = set()
    for image in paced(store.images):
        path: dict[str, int] = {}
        current: Image | None = image
        while current is not None and current.id not in done and current.id not in path:
            path[current.id] = len(path)
            current = store.by_id.get(current.parent) if current.parent and _known(current, "parent") else None
        if current is not None and current.id in path:
            circles.update(list(path)[path[current.id] :])
        done.update(path)
    return tuple(image for image in store.images if image.id in circles)


def _records(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    steps = [image for image in store.images if _is_step(image)]
    unmarked = tuple(i for i in steps if not i.built_locally and _known(i, "built_locally", "parent"))
    if unmarked and asks_for_mark(rules):
        yield StoreHazard(
            HazardKind.MARK_MISSING,
            f"{_these(len(unmarked), 'is', 'are')} not recorded as built here: made by an engine that did not write "
            "this mark, before an upgrade, or loaded. The local cache never answers with such an image, so each of "
            "these steps misses once.",
            "Build once: the new images have the mark.",
            unmarked,
        )
    elif unmarked:
        yield StoreHazard(
            HazardKind.LEGACY_ONLY,
            f"{_these(len(unmarked), 'is a hit', 'are hits')} only under these rules: since Docker 25.0.2, 24.0.9 and "
            "23.0.10 (CVE-2024-24557) the local cache answers only with images that are recorded as built here, and "
            "compares all fields. After an upgrade of the engine each of these steps misses once.",
            "Plan for one build without cache after the upgrade.",
            unmarked,
        )
    timeless = tuple(i for i in steps if i.created is None and _known(i, "created"))
    if timeless and not rules.dates_missing_times:
        yield StoreHazard(
            HazardKind.NO_TIME,
            f"{_these(len(timeless), 'has', 'have')} no creation time: using these rules, such an image never matches.",
            "Build again without cache, or let the tool that makes the images write a time.",
            timeless,
        )


def _candidates(store: ImageStore, rules: RuleSet) -> list[Image]:
    """The images that a probe could have for an answer of the local cache, with all known that it reads."""
    marked = asks_for_mark(rules)
    return [
        image
        for image in paced(store.images)
        if (image.built_locally or not marked)
        and (image.parent is not None or not rules.marks_first_steps or image.from_scratch)
        and rules.time(image.created) is not None
        and _known(image, "parent", "created", "container_config", "built_locally", "from_scratch")
    ]


def _configs(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    candidates = _candidates(store, rules)
    wild = [
        image
        for image in candidates
        if (config := container_config_of(image)) is not None and config.Labels and "" in config.Labels.values()
    ]
    if wild:
        yield StoreHazard(
            HazardKind.LABEL_WILDCARD,
            f"{_these(len(wild), 'has', 'have')} a label with an empty value: it matches any other label in its place, "
            "as a label that the probe lacks reads as empty.",
            "Give labels a value.",
            tuple(wild),
        )
    empty = [
        image
        for image in paced(candidates)
        if (image.parent is not None or is_restored(image))
        and rules.configs_match(ContainerConfig(), container_config_of(image))
    ]
    if empty:
        yield StoreHazard(
            HazardKind.EMPTY_CONFIG,
            f"{_these(len(empty), 'has', 'have')} nothing recorded of what it was made with, which reads as an empty "
            "config: it matches any step whose config is empty. Images that the cache made from a source have none.",
            "Remove them if steps without a command are built here.",
            tuple(empty),
        )


def _ties(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    groups = ties(store, rules)
    if groups:
        concerned = {image.id for group in groups for image in group}
        alike = "have the same parent and time of creation, and the same step matches them"
        if rules.by_layers:
            alike = "come next on the same image by the same command"
        yield StoreHazard(
            HazardKind.TIE,
            f"{len(concerned):,} images tie ({len(groups):,} {'group' if len(groups) == 1 else 'groups'}): they "
            f"{alike}. The order in which the store lists them decides which one is used.",
            "Remove all but one of each group.",
            tuple(image for image in store.images if image.id in concerned),
        )


def _layers(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    short = tuple(
        image
        for image in paced(store.images)
        if len(image.history) > len(image.diff_ids)
        and sum(not entry.empty_layer for entry in image.history) > len(image.diff_ids)
        and _known(image, "history", "history.empty_layer", "diff_ids")
    )
    if not short:
        return
    what = "counts for less as --cache-from than its history says"
    if rules.sources_with_ancestors:
        what = "is silently ignored as --cache-from"
    elif rules.may_restore:
        what = "can end the build with a fault of the daemon (panic) as --cache-from"
    yield StoreHazard(
        HazardKind.LAYERS_MISSING,
        f"The history of {_these(len(short), 'has', 'have')} more steps with a layer than there are layers: such an "
        f"image {what}.",
        "Do not give them as --cache-from; build or pull them again.",
        short,
    )


def _loaded(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    """Images without a recorded parent whose history goes on from that of another image of the store."""
    known = [i for i in store.images if i.history and _known(i, "history", "history.created", "history.created_by")]
    keys = {image.id: history_keys(image, rules) for image in known}
    bases: dict[int, list[Image]] = {}
    for image in paced(known):
        value = 0
        for entry in keys[image.id]:
            value = hash((value, entry))
        bases.setdefault(value, []).append(image)
    loaded = [i for i in known if i.parent is None and _known(i, "parent") and _has_base(i, keys, bases)]
    if loaded:
        yield StoreHazard(
            HazardKind.LOADED,
            f"{_these(len(loaded), 'was', 'were')} built on another image of this store, and no parent is recorded: "
            "loaded, pulled or imported. The local cache does not find their steps.",
            "Give them as --cache-from where the rules allow it, or build them again here.",
            tuple(loaded),
        )


def _has_base(image: Image, keys: dict[str, tuple[tuple[object, ...], ...]], bases: dict[int, list[Image]]) -> bool:
    go_on()
    entries, value = keys[image.id], 0
    for count, entry in enumerate(entries[:-1], 1):
        value = hash((value, entry))
        for base in bases.get(value, ()):
            layers = base.diff_ids
            if keys[base.id] == entries[:count] and image.diff_ids[: len(layers)] == layers:
                return True
    return False
