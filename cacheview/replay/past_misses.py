"""The continuation past a miss: the cache's answers if the step had created the nearest candidate.

After a miss the builder stops checking the cache, because everything it builds from then on is new. Users want to know
whether the rest would be cached if that one problem were fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cacheview.engine import ImageCache, RuleSet
from cacheview.engine.explain import deciding_check
from cacheview.engine.verdict import StageKind
from cacheview.model import ImageStore
from cacheview.replay.result import Replay, Step, StepStatus

__all__ = ["replay_past_misses"]

_MAX_MISSES: Final = 100


def replay_past_misses(play: Callable[[Mapping[int, str]], Replay], store: ImageStore, rules: RuleSet) -> Replay:
    """Replay a build past its misses.

    Args:
        play: replays the build with assumed images, by the number of the step: `replay` with all other arguments given.
        store, rules: the cache.

    Returns:
        The replay. The steps after a miss are looked up as if the missed step had created the candidate nearest to a
            hit (`Step.assumed`). Without a candidate, the rest of the stage is not looked up, as usual.
    """
    cache = ImageCache(store, rules)
    assumed: dict[int, str] = {}
    value = play(assumed)
    for _ in range(_MAX_MISSES):
        missed = next((step for step in value.steps if _is_open(step, assumed)), None)
        if missed is None:
            break
        assumed[missed.number] = _nearest(cache, missed)
        value = play(assumed)
    return value


def _is_open(step: Step, assumed: Mapping[int, str]) -> bool:
    return step.status is StepStatus.MISS and step.number not in assumed and step.probe is not None


def _nearest(cache: ImageCache, step: Step) -> str:
    """Return the candidate that the explanation of a miss names; empty if there is none.

    A local match that a source overrides is this very step, so no other candidate is nearer.
    """
    assert step.probe is not None
    verdict, deciding = deciding_check(step.cache or cache, step.probe)
    if verdict.local is not None:
        return verdict.local.id
    if deciding is None or deciding.subject is None or deciding.stage.kind is not StageKind.LOCAL:
        return ""
    return deciding.subject.image.id
