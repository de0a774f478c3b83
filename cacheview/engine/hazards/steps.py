"""The hazards of a history hit: of the source, of an image created from it, and of the parents that it records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cacheview.engine.cache import ImageCache
from cacheview.engine.candidate import container_config_of
from cacheview.engine.doubts import doubts_about, prefix_doubts
from cacheview.engine.hazard import Hazard, HazardKind
from cacheview.engine.hazards.configs import differing, requires_mark
from cacheview.engine.history import created_by
from cacheview.engine.verdict import Verdict
from cacheview.engine.words import hazards as words
from cacheview.model import Image, ImageStore, Probe, short_id

__all__ = ["of_history_hit", "of_moves"]


def of_history_hit(cache: ImageCache, probe: Probe, verdict: Verdict) -> Iterator[Hazard]:
    """Yield the hazards of an image that matched by its history."""
    image = verdict.image
    assert image is not None
    source = verdict.only_source or image
    parent = cache.store.by_id.get(probe.parent)
    step = len(parent.history) if parent is not None else 0
    further = len(source.history) - step - 1
    length_doubts = (*doubts_about(source, "history"), *(doubts_about(parent, "history") if parent is not None else ()))
    if further and verdict.only_source is None and not length_doubts:
        yield Hazard(HazardKind.FURTHER_STEPS, *words.further_steps(image, further), image)
    rules = cache.rules
    if verdict.is_new and (rules.restoring.marks_built_locally or not requires_mark(rules)):
        yield Hazard(HazardKind.EMPTY_CONFIG, *words.new_empty_config(), source)
    if not length_doubts:
        yield from _of_step(cache, probe, source, step)


def _of_step(cache: ImageCache, probe: Probe, source: Image, step: int) -> Iterator[Hazard]:
    """Yield the hazards of the config that the step was really built with, if the store still has its image."""
    restored = _image_of_step(cache, source, step)
    stored = container_config_of(restored) if restored is not None else None
    if restored is None or stored is None or doubts_about(restored, "container_config"):
        return  # the config of the step is not known, so nothing can be said about it
    probe_command, image_command = probe.config.Cmd or (), stored.Cmd or ()
    if probe_command != image_command and " ".join(image_command) == created_by(probe.config):
        yield Hazard(HazardKind.JOIN_COLLISION, *words.join_collision(image_command, probe_command), restored, ("Cmd",))
    fields = tuple(field for field in differing(probe.config, stored) if field != "Cmd")
    if fields:
        yield Hazard(HazardKind.UNCOMPARED_FIELD, *words.uncompared_by_history(fields), restored, fields)


def _image_of_step(cache: ImageCache, source: Image, step: int) -> Image | None:
    """Return the image whose last history entry is the step: the source or an ancestor; None: not in the store."""
    current: Image | None = source
    for _ in range(len(source.history) - step):
        if current is None or len(current.history) <= step:
            return None
        if len(current.history) == step + 1:
            rules = cache.rules
            repeats = rules.repeats(source, current)
            return current if repeats and not prefix_doubts(current, source, rules) else None
        current = cache.store.by_id.get(current.parent) if current.parent else None
    return None


def of_moves(cache: ImageCache, verdict: Verdict) -> Iterator[Hazard]:
    """Yield the hazards of the parents that the answer records in the store."""
    for image_id, parent in verdict.set_parent.items():
        image = cache.store.by_id.get(image_id)
        if image is None or doubts_about(image, "parent"):
            continue
        new = _title(cache.store, parent)
        if image.parent is not None and image.parent != parent:
            old = _title(cache.store, image.parent)
            yield Hazard(HazardKind.MOVED_PARENT, *words.moved_parent(image, old, new), image)
        if _has_ancestor(cache.store, parent, image_id, verdict.set_parent):
            yield Hazard(HazardKind.PARENT_CYCLE, *words.new_cycle(image, new), image)


def _title(store: ImageStore, image_id: str) -> str:
    image = store.by_id.get(image_id)
    return image.title if image is not None else short_id(image_id)


def _has_ancestor(store: ImageStore, start: str, ancestor: str, new_parents: Mapping[str, str]) -> bool:
    """Return whether one image is an ancestor of another, or the same, once the new parents are recorded."""
    visited: set[str] = set()
    current: str | None = start
    while current is not None and current not in visited:
        if current == ancestor:
            return True
        visited.add(current)
        image = store.by_id.get(current)
        current = new_parents.get(current) or (image.parent if image is not None else None)
    return False
