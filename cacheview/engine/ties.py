"""The images of a store that tie: one step matches several of them, and only their order in the store decides.

It uses the same lookups as a verdict (`CandidateIndex`, `layers`), so it considers everything that a rule set compares.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from cacheview.engine.candidate import container_config_of, local_aspects
from cacheview.engine.doubts import doubts_about
from cacheview.engine.index import CandidateIndex
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.ruleset import RuleSet
from cacheview.model import CONFIG_FIELDS, SCRATCH, ContainerConfig, Image, ImageStore, Probe
from cacheview.model.effort import free_in_steps, go_on, paced

__all__ = ["ties"]


def ties(store: ImageStore, rules: RuleSet) -> list[tuple[Image, ...]]:
    """Return the groups of images that tie, each in store order.

    Images tie if they are candidates for the same parent, were created at the same instant, and the step that created
    one of them matches the others too. Images with unknown values that the local cache reads are left out.
    """
    if rules.by_layers:
        return list(_by_layers(store, rules))
    cache = KnownCache(store, rules)
    aspects = local_aspects(rules)
    tied: dict[tuple[str, ...], tuple[Image, ...]] = {}  # a first step may be a candidate for two parents
    for parent in paced((*store.children, *(() if SCRATCH in store.children else (SCRATCH,)))):
        certain = [image for image in cache.children(parent) if not image.doubts or not doubts_about(image, *aspects)]
        for alike in _groups([(image, _instant(image, rules)) for image in certain]):
            for group in _matched_together(alike, rules):
                tied[tuple(image.id for image in group)] = group
    return list(tied.values())


def _instant(image: Image, rules: RuleSet) -> Hashable:
    """Return the creation time; None: there is none, so the image never matches."""
    created = rules.time(image.created)
    return created.instant if created is not None else None


def _groups(images: Sequence[tuple[Image, Hashable]]) -> list[list[Image]]:
    """Return the groups of images with the same key that have more than one image."""
    tied: dict[Hashable, list[Image]] = {}
    for image, key in images:
        if key is not None:
            tied.setdefault(key, []).append(image)
    return [group for group in tied.values() if len(group) > 1]


def _matched_together(images: Sequence[Image], rules: RuleSet) -> Iterator[tuple[Image, ...]]:
    """Yield groups of the candidates of the same instant that match the step of one of them."""
    index = CandidateIndex(images, rules, compare_up_to=0)
    groups: dict[int, set[int]] = {}
    for alike in index.indistinguishable():
        go_on()
        group = groups.get(alike[0], set[int]())
        if len(group) == len(index):
            break
        step = _step_of(index.image(alike[0]), rules)
        matched = index.matches(step)
        if alike[0] not in matched:  # an image that does not match its own step must not join groups
            group = set()
        added = [position for position in matched if position not in group]
        if added:
            union = group.union(added, *(groups[position] for position in added if position in groups))
            groups.update(dict.fromkeys(union, union))
    for group in {id(each): each for each in groups.values()}.values():
        if len(group) > 1:
            yield tuple(index.in_store_order(sorted(group)))


def _step_of(image: Image, rules: RuleSet) -> Probe:
    """Return a probe with everything that the daemon reads from an image."""
    stored = container_config_of(image)
    fields = {field: rules.read_image(stored, field) for field in CONFIG_FIELDS}
    return Probe(config=ContainerConfig.model_validate(fields), platform=image.config.platform)


def _by_layers(store: ImageStore, rules: RuleSet) -> Iterator[tuple[Image, ...]]:
    """Yield groups of images that follow the same image with the same command."""
    aspects = local_aspects(rules)
    certain = [image for image in store.images if not image.doubts or not doubts_about(image, *aspects)]
    parents = {(image.diff_ids, rules.history_keys(image)) for image in paced(store.images)}
    steps = []
    for image in paced(certain):
        if image.history and image.diff_ids:
            parent = (image.diff_ids[:-1], rules.history_keys(image)[:-1])
            if parent in parents:
                steps.append((image, (parent, image.history[-1].created_by)))
    yield from map(tuple, _groups(steps))
    unused: list[object] = [steps, parents]
    del steps, parents
    free_in_steps(unused)
