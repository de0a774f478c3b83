"""One probe among 100,000 images, as `cacheview explain` looks it up: verdict, nearest candidates, edit and hazards.

``pytest -s tests/benchmarks/bench_explain.py`` prints seconds of processor time with a cache for one probe, and the
ratio to a cache for several probes, which creates an index of all candidates first. If all configs are unknown, there
is nothing to put into an index, and both take the same time. The store is already in memory: `bench_opening`
measures opening.
"""

from __future__ import annotations

import gc
import statistics
import time

import pytest
from edit_kinds import KINDS, Kind
from slowdown import Slowdown

from cacheview.collector import paused_collector
from cacheview.engine import RULE_SETS, ImageCache, explain
from cacheview.report.explanations import as_text

COUNT, ROUNDS = 100_000, 3
LIMIT = 2.0
"""Seconds, on an idle machine."""


def seconds(kind: Kind, rules: str, slowdown: Slowdown, *, once: bool) -> float:
    """Return the median of the times that an explanation by a new cache takes."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        slowdown.measure()
        with paused_collector():  # as the program does
            begun = time.thread_time()
            assert as_text(explain(ImageCache(kind.store, RULE_SETS[rules], once=once), kind.probe))
            times.append(time.thread_time() - begun)
    return statistics.median(times)


@pytest.mark.parametrize("rules", ["graphdriver-29", "containerd-29"])
@pytest.mark.parametrize("name", ["one field", "several fields", "without parent", "unknown configs"])
def test_explaining_a_single_probe_is_quick(name: str, rules: str) -> None:
    kind, slowdown = KINDS[name](COUNT), Slowdown()
    once = seconds(kind, rules, slowdown, once=True)
    kept = seconds(kind, rules, slowdown, once=False)
    factor = slowdown.factor
    print(f"\n{name}, {rules}: {once:.2f} s, ratio to a cache that is kept {once / kept:.2f}; slowdown {factor:.1f}")
    assert once < LIMIT * factor
