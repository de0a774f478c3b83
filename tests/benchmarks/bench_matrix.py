"""One probe under all rule sets among 10,000 images, compared with the same probe under one, in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from bench_verdict import cache_of, probes

from cacheview.engine import RULE_SETS
from cacheview.engine.matrix import compare
from cacheview.engine.rule_set_caches import RuleSetCaches

COUNT = 10_000
RATIO = 2.0 * len(RULE_SETS)
LIMIT = 0.020


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(30):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


@pytest.mark.parametrize("hit", [True, False], ids=["hit", "miss"])
def test_all_rule_sets_against_one(hit: bool) -> None:
    cache = cache_of(COUNT)
    caches, edits = RuleSetCaches(cache.store, [cache]), probes(COUNT, hit=hit)
    compare(cache.store, edits[0], caches=caches)
    every = [caches.cache(rules) for rules in RULE_SETS.values()]
    verdicts = median(lambda: [each.verdict(edits[50]) for each in every])
    one = median(lambda: compare(cache.store, edits[50], [cache.rules], caches))
    whole = median(lambda: compare(cache.store, edits[50], caches=caches))
    print(
        f"\nall {len(RULE_SETS)} rule sets: verdicts {verdicts * 1e3:.2f} ms, "
        f"with deciding checks {whole * 1e3:.2f} ms; of one rule set {one * 1e3:.2f} ms, ratio {whole / one:.1f}"
    )
    assert verdicts < LIMIT
    assert whole / one <= RATIO
