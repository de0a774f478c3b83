"""The hazards of a hit of the local cache."""

from __future__ import annotations

from collections.abc import Iterator

from cacheview.engine.cache import ImageCache
from cacheview.engine.candidate import container_config_of
from cacheview.engine.doubts import doubts_about
from cacheview.engine.hazard import Hazard, HazardKind
from cacheview.engine.hazards.configs import differing, is_restored, is_unset, requires_mark
from cacheview.engine.words import hazards as words
from cacheview.model import SCRATCH, ContainerConfig, Image, Probe

__all__ = ["of_layer_match", "of_local_hit"]


def of_local_hit(cache: ImageCache, probe: Probe, image: Image) -> Iterator[Hazard]:
    """Yield the hazards of an image that matched by its container config."""
    yield from _ties(cache, probe, image)
    config_known = not doubts_about(image, "container_config")
    if config_known:
        yield from _of_configs(cache, probe, image)
    matches_any_root = not (cache.rules.by_layers or cache.rules.marks_first_steps or requires_mark(cache.rules))
    origin_doubts = doubts_about(image, "from_scratch", "parent", "container_config", "history", "history.created_by")
    if matches_any_root and probe.parent == SCRATCH and not image.is_first_step and not origin_doubts:
        yield Hazard(HazardKind.PULLED_FOR_SCRATCH, *words.pulled_for_scratch(image), image)


def _ties(cache: ImageCache, probe: Probe, image: Image) -> Iterator[Hazard]:
    time = cache.rules.time
    created = time(image.created)
    if created is None or doubts_about(image, "created"):
        return
    index = cache.candidates(probe.parent)
    ties = []
    for position in index.matches(probe):
        other = index.image(position)
        other_time = time(other.created)
        if other_time is None or other_time.instant != created.instant:
            break  # matches are sorted, newest first
        if other.id != image.id and not doubts_about(other, "container_config", "created", "parent", "built_locally"):
            ties.append(other)
    if ties:
        text = words.tie(image, ties, dated=image.created is not None)
        yield Hazard(HazardKind.TIE, *text, image)


def _of_configs(cache: ImageCache, probe: Probe, image: Image) -> Iterator[Hazard]:
    recorded = container_config_of(image)
    stored = recorded or ContainerConfig()
    empty_labels = [
        key for key, value in (stored.Labels or {}).items() if not value and key not in (probe.config.Labels or {})
    ]
    if empty_labels:
        yield Hazard(HazardKind.LABEL_WILDCARD, *words.empty_label(empty_labels), image, ("Labels",))
    # It is a hit, so the fields that differ are not compared, or not completely.
    fields = tuple(field for field in differing(probe.config, stored) if field != "Labels")
    if fields and recorded is not None:  # a config that is not stored is not known to differ
        text = words.uncompared_by_config(fields, needs_mark=requires_mark(cache.rules))
        yield Hazard(HazardKind.UNCOMPARED_FIELD, *text, image, fields)
    if is_restored(image) and is_unset(probe.config):
        yield Hazard(HazardKind.EMPTY_CONFIG, *words.restored_empty_config(image), image)


def of_layer_match(cache: ImageCache, probe: Probe, image: Image) -> Iterator[Hazard]:
    """Yield the hazards of a child that matched by only its history and layers."""
    ties = [
        other
        for other in cache.next_children(probe).matching(probe.config)
        if other.id != image.id
        and not doubts_about(other, "history", "history.created", "history.created_by", "diff_ids")
    ]
    if ties:
        yield Hazard(HazardKind.TIE, *words.layer_tie(image, ties), image)
