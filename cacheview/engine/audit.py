"""The hazards of a whole store under a rule set, without a probe: each once, with the affected images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from cacheview.engine.candidate import container_config_of
from cacheview.engine.doubts import doubts_about
from cacheview.engine.hazard import HazardKind
from cacheview.engine.hazards.configs import is_restored, requires_mark
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.ties import ties
from cacheview.engine.words import audits as words
from cacheview.model import Aspect, ContainerConfig, Image, ImageStore, StoreKind
from cacheview.model.effort import go_on, paced

__all__ = ["StoreHazard", "audit"]


@dataclass(frozen=True, slots=True)
class StoreHazard:
    """A hazard of a store.

    Attributes:
        kind: one of `STORE_HAZARDS`.
        sentence: the surprising fact, in words that a user of Docker understands.
        advice: what to do about it.
        images: the affected images, in store order.
    """

    kind: HazardKind
    sentence: str
    advice: str
    images: tuple[Image, ...]

    @property
    def count(self) -> int:
        """The number of affected images."""
        return len(self.images)


def audit(
    store: ImageStore, rules: RuleSet, progress: Callable[[int, int], object] = lambda *_: None
) -> tuple[StoreHazard, ...]:
    """Return all hazards of a store. None of them depends on values that are not known exactly.

    ``progress(done, total)`` is called before each group of hazards.
    """
    # These rules compare layers, and read neither parents nor configs.
    groups = (_ties, _layers) if rules.by_layers else (_parents, _records, _configs, _ties, _layers, _loaded)
    all_hazards: list[StoreHazard] = []
    for done, hazards_of_group in enumerate(groups):
        go_on()
        progress(done, len(groups))
        all_hazards += hazards_of_group(store, rules)
    return tuple(all_hazards)


def _known(image: Image, *aspects: Aspect) -> bool:
    return not image.doubts or not doubts_about(image, *aspects)


def _is_step(image: Image) -> bool:
    """Return whether an image was created by a build step, here or on the machine that recorded its parent."""
    return image.parent is not None or image.is_first_step


def _parents(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    by_id = store.by_id
    if rules.store is StoreKind.CONTAINERD:
        needed: set[str] = set()
        for image in paced(store.images):
            current: Image | None = image if image.names else None
            while current is not None and current.parent and current.parent not in needed and _known(current, "parent"):
                needed.add(current.parent)
                current = by_id.get(current.parent)
        unnamed = [image for image in store.images if not image.names and image.id in needed and _known(image, "names")]
        if unnamed:
            yield StoreHazard(HazardKind.PRUNE, *words.pruned(len(unnamed)), tuple(unnamed))
    orphans = [
        image for image in store.images if image.parent and image.parent not in by_id and _known(image, "parent")
    ]
    if orphans:
        yield StoreHazard(HazardKind.PARENT_MISSING, *words.orphans(len(orphans)), tuple(orphans))
    in_cycle = _in_cycles(store)
    if in_cycle:
        yield StoreHazard(HazardKind.PARENT_CYCLE, *words.cycle(len(in_cycle)), in_cycle)


def _in_cycles(store: ImageStore) -> tuple[Image, ...]:
    """Return the images whose parents form a cycle."""
    done: set[str] = set()
    ids: set[str] = set()
    for image in paced(store.images):
        if (image.parent is None or image.parent in done) and image.id not in done:
            done.add(image.id)  # most parents are listed before the images built on them
            continue
        path: dict[str, int] = {}
        current: Image | None = image
        while current is not None and current.id not in done and current.id not in path:
            path[current.id] = len(path)
            current = store.by_id.get(current.parent) if current.parent and _known(current, "parent") else None
        if current is not None and current.id in path:
            ids.update(list(path)[path[current.id] :])
        done.update(path)
    return tuple(image for image in store.images if image.id in ids)


def _records(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    steps = [image for image in store.images if _is_step(image)]
    unmarked = tuple(i for i in steps if not i.built_locally and _known(i, "built_locally", "parent"))
    if unmarked and requires_mark(rules):
        yield StoreHazard(HazardKind.MARK_MISSING, *words.unmarked(len(unmarked)), unmarked)
    elif unmarked:
        yield StoreHazard(HazardKind.LEGACY_ONLY, *words.legacy_only(len(unmarked)), unmarked)
    timeless = tuple(i for i in steps if i.created is None and _known(i, "created"))
    if timeless and not rules.dates_missing_times:
        yield StoreHazard(HazardKind.NO_TIME, *words.timeless(len(timeless)), timeless)


def _candidates(store: ImageStore, rules: RuleSet) -> list[Image]:
    """Return the images that the local cache could answer with, limited to those whose relevant values are known."""
    marked = requires_mark(rules)
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
    with_empty_labels = [
        image
        for image in candidates
        if (config := container_config_of(image)) is not None and config.Labels and "" in config.Labels.values()
    ]
    if with_empty_labels:
        yield StoreHazard(
            HazardKind.LABEL_WILDCARD, *words.empty_labels(len(with_empty_labels)), tuple(with_empty_labels)
        )
    with_empty_configs = [
        image
        for image in paced(candidates)
        if (image.parent is not None or is_restored(image))
        and rules.configs_match(ContainerConfig(), container_config_of(image))
    ]
    if with_empty_configs:
        yield StoreHazard(
            HazardKind.EMPTY_CONFIG, *words.empty_configs(len(with_empty_configs)), tuple(with_empty_configs)
        )


def _ties(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    groups = ties(store, rules)
    if groups:
        tied = {image.id for group in groups for image in group}
        yield StoreHazard(
            HazardKind.TIE,
            *words.tied(len(tied), len(groups), by_layers=rules.by_layers),
            tuple(image for image in store.images if image.id in tied),
        )


def _layers(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    too_few_layers = tuple(
        image
        for image in paced(store.images)
        if len(image.history) > len(image.diff_ids)
        and sum(not entry.empty_layer for entry in image.history) > len(image.diff_ids)
        and _known(image, "history", "history.empty_layer", "diff_ids")
    )
    if not too_few_layers:
        return
    yield StoreHazard(
        HazardKind.LAYERS_MISSING,
        *words.layers_missing(len(too_few_layers), ignored=rules.sources_with_ancestors, panics=rules.may_restore),
        too_few_layers,
    )


def _loaded(store: ImageStore, rules: RuleSet) -> Iterator[StoreHazard]:
    """Yield the hazard of images without a recorded parent whose history continues that of another image."""
    with_history = [
        i for i in store.images if i.history and _known(i, "history", "history.created", "history.created_by")
    ]
    parentless = [image for image in with_history if image.parent is None and _known(image, "parent")]
    if not any(len(image.history) > 1 for image in parentless):
        return
    bases: dict[int, list[Image]] = {}
    for image in paced(with_history):
        bases.setdefault(_values_of(rules.history_keys(image))[-1], []).append(image)
    loaded = [image for image in parentless if _has_base(image, bases, rules)]
    if loaded:
        yield StoreHazard(HazardKind.LOADED, *words.loaded(len(loaded)), tuple(loaded))


def _values_of(keys: Sequence[object]) -> list[int]:
    """Return a hash for each beginning of a history, the shortest first."""
    return list(accumulate(keys, lambda value, key: hash((value, key)), initial=0))[1:]


def _has_base(image: Image, bases: dict[int, list[Image]], rules: RuleSet) -> bool:
    """Return whether the history continues that of another image. ``bases``: the images by the hash of theirs."""
    go_on()
    # Keys are created when needed: those of all images are millions of objects, which take long to free.
    keys = rules.history_keys(image)
    for count, value in enumerate(_values_of(keys[:-1]), 1):
        for base in bases.get(value, ()):
            layers = base.diff_ids
            if image.diff_ids[: len(layers)] == layers and rules.history_keys(base) == keys[:count]:
                return True
    return False
