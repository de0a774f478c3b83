"""Edits among 10,000 candidates: verdict and deciding check, whatever the probe and the rules.

``pytest -s tests/benchmarks/bench_edit.py`` prints, for each kind of probe and family of rules, median and 99th
percentile of some hundred edits, in milliseconds of this thread's processor time, and how many times the median among
100 candidates of the same run that is. ``python tests/benchmarks/bench_edit.py 100000``: for another number of them.
The indexes are made before, as they are when a store is opened.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time

import pytest
from edit_kinds import KINDS, Kind, edits

from cacheview.engine import RULE_SETS, ImageCache, explain

COUNT, FEW, EDITS = 10_000, 100, 240
MEDIAN, LATE = 8.0, 16.0  # milliseconds; the second of the 99th percentile
FAMILIES = ("graphdriver-24.0.7", "graphdriver-29", "containerd-24.0.7", "containerd-25.0.5", "containerd-29")


def milliseconds(kind: Kind, rules: str) -> tuple[float, float]:
    """Median and 99th percentile of an edit."""
    cache = ImageCache(kind.store, RULE_SETS[rules])
    for probe in (kind.probe, *edits(kind.probe, 12)):
        explain(cache, probe, at_once=False)
    gc.collect()
    gc.freeze()  # as in the program
    times = []
    for probe in edits(kind.probe, EDITS):
        begun = time.thread_time()
        explanation = explain(cache, probe, at_once=False)
        assert explanation.sentence
        times.append((time.thread_time() - begun) * 1e3)
    gc.unfreeze()
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def report(name: str, rules: str, count: int) -> tuple[float, float]:
    baseline, _ = milliseconds(KINDS[name](FEW), rules)
    median, late = milliseconds(KINDS[name](count), rules)
    times = f"median {median:6.2f} ms, 99th percentile {late:6.2f} ms, {median / baseline:6.1f} times that among {FEW}"
    print(f"{name:26}{rules:20}{times}", flush=True)
    return median, late


@pytest.mark.parametrize("rules", FAMILIES)
@pytest.mark.parametrize("name", KINDS)
def test_an_edit_is_answered_within_a_frame(name: str, rules: str) -> None:
    median, late = report(name, rules, COUNT)
    assert median < MEDIAN
    assert late < LATE


if __name__ == "__main__":
    for name in KINDS:
        for rules in FAMILIES:
            report(name, rules, int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
