"""Creates the trace of a probe: the same rules as `ImageCache.verdict`, explained check by check."""

from __future__ import annotations

from cacheview.engine.cache import ImageCache
from cacheview.engine.trace import Stage, Trace
from cacheview.engine.tracing.history import history_stage
from cacheview.engine.tracing.layers import layer_stages
from cacheview.engine.tracing.local import local_stage
from cacheview.engine.tracing.sources import cache_from_stage, descent_stage
from cacheview.model import Probe

__all__ = ["trace"]


def trace(cache: ImageCache, probe: Probe) -> Trace:
    """Return the trace of a probe.

    Checks are created only when examined, so this is quick for any number of candidates.
    """
    answer = cache.verdict(probe)
    verdict = answer.as_known
    stages: tuple[Stage, ...]
    index = cache.candidates(probe.parent)
    if cache.rules.by_layers:
        layers = layer_stages(probe, cache, verdict)
        stages = (_cache_from(cache, probe), *layers) if probe.cache_from else layers
        return Trace(probe, cache.store, cache.rules, answer, stages, index)
    local = local_stage(probe, cache.rules, cache.children(probe.parent), index)
    stages = (local,)
    if probe.cache_from:
        stages = (
            _cache_from(cache, probe),
            local,
            descent_stage(verdict, cache),
            history_stage(probe, cache, verdict),
        )
    return Trace(probe, cache.store, cache.rules, answer, stages, index)


def _cache_from(cache: ImageCache, probe: Probe) -> Stage:
    references = probe.cache_from
    return cache.last("cache-from stage", references, lambda: cache_from_stage(cache.lineages(references)))
