"""Verdicts that are correct under the rules, but surprising."""

from __future__ import annotations

from collections.abc import Iterator

from cacheview.engine.cache import ImageCache
from cacheview.engine.hazard import Hazard, HazardKind
from cacheview.engine.hazards.local import of_layer_match, of_local_hit
from cacheview.engine.hazards.misses import of_discarded, of_divergence, of_failed_restore, of_miss
from cacheview.engine.hazards.steps import of_history_hit, of_moves
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.model import Probe

__all__ = ["Hazard", "HazardKind", "hazards"]


def hazards(cache: ImageCache, probe: Probe, verdict: Verdict) -> tuple[Hazard, ...]:
    """Return all hazards of a verdict that is known. None depends on values that are not known exactly."""
    return tuple(_hazards(cache, probe, verdict))


def _hazards(cache: ImageCache, probe: Probe, verdict: Verdict) -> Iterator[Hazard]:
    if verdict.outcome is VerdictOutcome.UNKNOWN:
        return
    if verdict.outcome is VerdictOutcome.HIT and verdict.image is not None:
        if verdict.stage is StageKind.LOCAL and not cache.rules.by_layers:
            yield from of_local_hit(cache, probe, verdict.image)
        else:
            if verdict.stage is StageKind.LOCAL:
                yield from of_layer_match(cache, probe, verdict.image)
            yield from of_history_hit(cache, probe, verdict)
        yield from of_moves(cache, verdict)
    yield from of_discarded(cache, verdict)
    yield from of_divergence(verdict)
    yield from of_failed_restore(verdict)
    yield from of_miss(cache, probe, verdict)
