"""Past a miss: what the cache would have answered, had the step been the one of the nearest candidate.

After a miss the builder stops checking the cache, as what it builds from then on is new. What a person wants to know is
whether the rest would be cached, were that one thing put right.
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

_MOST_MISSES: Final = 100


def replay_past_misses(play: Callable[[Mapping[int, str]], Replay], store: ImageStore, rules: RuleSet) -> Replay:
    """Replay a build past its misses.

    Args:
        play: replays it with images assumed, by the number of the step: `replay` with all else given.
        store, rules: the cache.

    Returns:
        The same steps. A step that missed is followed by what would be looked up if it were the step that made the
        candidate nearest to a hit (`Step.assumed`); without one, the rest of the stage is not looked up, as usual.
    """
    cache = ImageCache(store, rules)
    assumed: dict[int, str] = {}
    value = play(assumed)
    for _ in range(_MOST_MISSES):
        missed = next((step for step in value.steps if _is_open(step, assumed)), None)
        if missed is None:
            break
        assumed[missed.number] = _nearest(cache, missed)
        value = play(assumed)
    return value


def _is_open(step: Step, assumed: Mapping[int, str]) -> bool:
    return step.status is StepStatus.MISS and step.number not in assumed and step.probe is not None


def _nearest(cache: ImageCache, step: Step) -> str:
    """The candidate that the miss names; empty if there is none.

    A local match that does not count beside the sources is this very step: no other candidate is nearer.
    """
    assert step.probe is not None
    verdict, deciding = deciding_check(step.cache or cache, step.probe)
    if verdict.local is not None:
        return verdict.local.id
    if deciding is None or deciding.subject is None or deciding.stage.kind is not StageKind.LOCAL:
        return ""
    return deciding.subject.image.id
