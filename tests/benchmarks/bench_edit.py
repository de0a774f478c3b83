"""Edits among 10,000 candidates: verdict and deciding check, for any probe, any rules and any earlier lookups.

``pytest -s tests/benchmarks/bench_edit.py`` prints, for each kind of probe and each family of rules, the median and the
99th percentile of a few hundred edits, in milliseconds of this thread's processor time, and how many times as long as
the median among 100 candidates in the same run that is. ``python tests/benchmarks/bench_edit.py 100000`` does the same
for another number of candidates.

First, one probe is edited again and again. Then each edit needs something that has not been looked up in this store
yet: other rules, another parent, platform or source, or another case of a suite. The tables of the store exist already,
as they do when a store or a case of a suite has been opened. Times are divided by the slowdown of the machine.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from edit_kinds import KINDS, Kind, edits, several_parents
from slowdown import Slowdown

from cacheview.engine import RULE_SETS, Explanation, ImageCache, explain, prepare
from cacheview.model import ImageStore, Platform, Probe

CANDIDATES, FEW_CANDIDATES, EDIT_COUNT, FIRST_EDIT_COUNT, CASE_COUNT = 10_000, 100, 240, 100, 12
PARENT_COUNT = 3  # in a store with other parents
MAX_MEDIAN_MS, MAX_99TH_PERCENTILE_MS = 8.0, 16.0
FAMILIES = ("graphdriver-24.0.7", "graphdriver-29", "containerd-24.0.7", "containerd-25.0.5", "containerd-29")
CHANGES = ("rules", "parent", "platform", "source", "case")

Lookup = tuple[ImageCache, Probe]


@contextmanager
def frozen() -> Iterator[None]:
    """Exempt existing objects from garbage collection, as the program does."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def milliseconds(lookups: Sequence[Callable[[], Lookup]]) -> tuple[float, float]:
    """Return the median and the 99th percentile of the times of several explanations in milliseconds.

    Each function is called outside the measured time. It returns a cache with its earlier lookups, and the probe.
    """
    times, slowdown = [], Slowdown()
    explanation: Explanation | None = None
    for make in lookups:
        cache, probe = make()
        explanation = None  # frees the last one and its store now; the window does this in another thread
        slowdown.measure()
        started_at = time.thread_time()
        explanation = explain(cache, probe, at_once=False)
        assert explanation.sentence
        times.append((time.thread_time() - started_at) * 1e3)
    times = [each / slowdown.factor for each in times]
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def typed(kind: Kind, rules: str) -> tuple[float, float]:
    """Measure edits of one probe, one after the other."""
    cache = ImageCache(kind.store, RULE_SETS[rules])
    for probe in (kind.probe, *edits(kind.probe, 12)):
        explain(cache, probe, at_once=False)
    with frozen():
        return milliseconds([lambda probe=probe: (cache, probe) for probe in edits(kind.probe, EDIT_COUNT)])  # type: ignore[misc]


def first(kind: Kind, rules: str, change: str) -> tuple[float, float]:
    """Measure edits of which each is the first of its kind in an open store."""
    probe, images = kind.probe, kind.store.images
    prepare(kind.store)
    opened = ImageCache(kind.store, RULE_SETS[rules])
    explain(opened, probe, at_once=False)

    def make(number: int, edited: Probe) -> Lookup:
        fresh = ImageCache(kind.store, RULE_SETS[rules])
        match change:
            case "rules":
                return fresh, edited
            case "case":
                other = ImageStore(images)
                prepare(other)
                return ImageCache(other, RULE_SETS[rules]), edited
            case "parent":
                explain(fresh, edited, at_once=False)
                others = [image.id for image in images[len(images) // PARENT_COUNT :: len(images) // PARENT_COUNT]]
                return fresh, edited.model_copy(update={"parent": others[number % len(others)]})
            case "platform":
                platform = Platform(os="linux", architecture="arm64", variant=f"v{number}")
                return opened, edited.model_copy(update={"platform": platform})
            case _:
                source = images[-1 - number].id
                return opened, edited.model_copy(update={"cache_from": (*edited.cache_from, source)})

    with frozen():
        changes = enumerate(edits(probe, CASE_COUNT if change == "case" else FIRST_EDIT_COUNT))
        return milliseconds([lambda number=number, edited=edited: make(number, edited) for number, edited in changes])  # type: ignore[misc]


def shown(name: str, rules: str, median: float, late: float, rest: str = "") -> None:
    print(f"{name:36}{rules:20}median {median:6.2f} ms, 99th percentile {late:6.2f} ms{rest}", flush=True)


def report(name: str, rules: str, count: int) -> tuple[float, float]:
    baseline, _ = typed(KINDS[name](FEW_CANDIDATES), rules)
    median, late = typed(KINDS[name](count), rules)
    shown(name, rules, median, late, f", {median / baseline:6.1f} times that among {FEW_CANDIDATES}")
    return median, late


def report_first(name: str, rules: str, count: int, change: str) -> tuple[float, float]:
    kind = several_parents(KINDS[name], count, PARENT_COUNT) if change == "parent" else KINDS[name](count)
    median, late = first(kind, rules, change)
    shown(f"{name}, other {change}", rules, median, late)
    return median, late


@pytest.mark.parametrize("rules", FAMILIES)
@pytest.mark.parametrize("name", KINDS)
def test_an_edit_is_answered_within_a_frame(name: str, rules: str) -> None:
    median, late = report(name, rules, CANDIDATES)
    assert median < MAX_MEDIAN_MS
    assert late < MAX_99TH_PERCENTILE_MS


@pytest.mark.parametrize("rules", FAMILIES)
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_first_edit_of_another_kind_is_answered_within_a_frame(name: str, rules: str, change: str) -> None:
    median, late = report_first(name, rules, CANDIDATES, change)
    assert median < MAX_MEDIAN_MS
    assert late < MAX_99TH_PERCENTILE_MS


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else CANDIDATES
    for each in KINDS:
        for family in FAMILIES:
            report(each, family, number)
            for what in CHANGES:
                report_first(each, family, number, what)
