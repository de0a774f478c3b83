"""The hazards of an answer that is not a hit, or not a local hit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cacheview.engine.cache import ImageCache
from cacheview.engine.continuations import Continuations
from cacheview.engine.doubts import doubts_about
from cacheview.engine.hazard import Hazard, HazardKind
from cacheview.engine.hazards.configs import requires_mark
from cacheview.engine.history import created_by, has_nothing_to_compare
from cacheview.engine.index.bits import iterate_bits
from cacheview.engine.requirement import BuiltLocally
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome, VerdictReason
from cacheview.engine.words import hazards as words
from cacheview.model import SCRATCH, Image, Probe
from cacheview.model.effort import paced

__all__ = ["of_discarded", "of_divergence", "of_failed_restore", "of_miss"]


def of_discarded(cache: ImageCache, verdict: Verdict) -> Iterator[Hazard]:
    """Yield the hazards of a local match that does not count because of the sources."""
    local = verdict.local
    if local is None or verdict.stage in (StageKind.LOCAL, StageKind.DESCENT):
        return
    if not verdict.sources:
        yield Hazard(HazardKind.SHUT_OUT, *words.shut_out(local), local)
    else:
        text = words.discarded(local, any_ancestor=cache.rules.follows_ancestors)
        yield Hazard(HazardKind.LOCAL_DISCARDED, *text, local)


def of_divergence(verdict: Verdict) -> Iterator[Hazard]:
    """Yield the hazards of an endless loop in the daemon."""
    if verdict.outcome is not VerdictOutcome.DIVERGES or verdict.local is None:
        return
    is_cycle = verdict.why is VerdictReason.PARENT_CYCLE
    text = words.cycle_of_source(verdict.local) if is_cycle else words.loop(verdict.local)
    yield Hazard(HazardKind.DIVERGENCE, *text, verdict.local)


_RESTORE_REASONS = frozenset(
    {VerdictReason.TOO_FEW_LAYERS, VerdictReason.RESTORE_FAILED, VerdictReason.RESTORED_BEFORE}
)


def of_failed_restore(verdict: Verdict) -> Iterator[Hazard]:
    """Yield the hazards of a source with a step from which the daemon cannot create an image."""
    if verdict.why is None or verdict.why not in _RESTORE_REASONS:
        return
    source = verdict.source
    assert source is not None
    yield Hazard(HazardKind.RESTORE_FAILS, *words.restore_fails(source, verdict.why), source)


def of_miss(cache: ImageCache, probe: Probe, verdict: Verdict) -> Iterator[Hazard]:
    """Yield the hazards of images that have the step but are not a hit."""
    if verdict.outcome is not VerdictOutcome.MISS or cache.rules.by_layers:
        return
    if verdict.local is None and requires_mark(cache.rules):
        unmarked = _unmarked(cache, probe)
        if unmarked is not None:
            yield Hazard(HazardKind.MARK_MISSING, *words.unmarked(unmarked), unmarked)
            return
    if not probe.cache_from:
        loaded = _loaded(cache, probe)
        if loaded is not None:
            yield Hazard(HazardKind.LOADED, *words.loaded(loaded, _way_to_hit(cache, probe, loaded)), loaded)
            return
        orphan = _orphan(cache, probe)
        if orphan is not None:
            yield Hazard(HazardKind.PARENT_MISSING, *words.orphan(orphan, _way_to_hit(cache, probe, orphan)), orphan)


def _unmarked(cache: ImageCache, probe: Probe) -> Image | None:
    """Return the newest image that would be the answer if it had the mark."""
    index = cache.candidates(probe.parent)
    if probe.parent == SCRATCH and cache.rules.marks_first_steps:
        index = cache.unmarked_first_steps
    others = [
        requirement
        for requirement in (*cache.rules.requirements, *cache.rules.later)
        if not isinstance(requirement, BuiltLocally)
    ]
    for position in paced(iterate_bits(index.with_config(probe) & index.dated)):
        image = index.image(position)
        if doubts_about(image, "built_locally", "from_scratch", "container_config", "created", "parent"):
            continue
        if all(requirement.matches(probe, image) for requirement in others):
            return image
    return None


def _loaded(cache: ImageCache, probe: Probe) -> Image | None:
    """Return an image without a recorded parent whose history continues the parent's with this step."""
    return _with_step(cache, probe, cache.without_parent)


def _orphan(cache: ImageCache, probe: Probe) -> Image | None:
    """Return an image whose recorded parent the store lacks and whose history continues the parent's with this step."""
    return _with_step(cache, probe, cache.orphans)


def _with_step(cache: ImageCache, probe: Probe, images: Callable[[Probe], Continuations]) -> Image | None:
    parent = cache.store.by_id.get(probe.parent)
    if probe.parent != SCRATCH and (parent is None or has_nothing_to_compare(parent)):
        return None
    if not created_by(probe.config):
        return None
    for image in images(probe).matching(probe.config):
        if parent is None and len(image.history) == 1:
            continue
        if not doubts_about(image, "parent", "history", "history.created", "history.created_by", "diff_ids"):
            return image
    return None


def _way_to_hit(cache: ImageCache, probe: Probe, image: Image) -> words.WayToHit:
    """Return how a step can hit an image whose history has the step on top of the probe's parent."""
    parent = cache.store.by_id.get(probe.parent)
    step = len(parent.history) if parent is not None else 0
    if step < len(image.history) - 1:
        if not cache.rules.may_restore:
            return words.WayToHit.NOT_ALONE
        if cache.rules.restoring.needs_layer and any(entry.empty_layer for entry in image.history[step:-1]):
            return words.WayToHit.NOT_RESTORED
    return words.WayToHit.SOURCE
