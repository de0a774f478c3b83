"""Edits among 10,000 candidates: verdict and deciding check, whatever the probe, the rules, and what was asked before.

``pytest -s tests/benchmarks/bench_edit.py`` prints, for each kind of probe and family of rules, median and 99th
percentile of some hundred edits, in milliseconds of this thread's processor time, and how many times the median among
100 candidates of the same run that is. ``python tests/benchmarks/bench_edit.py 100000``: for another number of them.

First are edits of one probe, typed one after the other; then edits that turn to what has not been asked about in this
store: other rules, another parent, another platform, another source, another case of a suite. The tables of the store
are made before, as they are when it, or a case of a suite, is opened. How much slower the machine is than at its
quickest is divided out.
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

COUNT, FEW, EDITS, FIRST, CASES = 10_000, 100, 240, 100, 12
PARENTS = 3  # in a store in which there is another parent
MEDIAN, LATE = 8.0, 16.0  # milliseconds; the second of the 99th percentile
FAMILIES = ("graphdriver-24.0.7", "graphdriver-29", "containerd-24.0.7", "containerd-25.0.5", "containerd-29")
CHANGES = ("rules", "parent", "platform", "source", "case")

Asked = tuple[ImageCache, Probe]


@contextmanager
def frozen() -> Iterator[None]:
    """What is alive is left out of searches for garbage, as in the program."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def milliseconds(asked: Sequence[Callable[[], Asked]]) -> tuple[float, float]:
    """Median and 99th percentile of explaining each; before, what is called makes what has been asked already."""
    times, slowdown = [], Slowdown()
    explanation: Explanation | None = None
    for make in asked:
        cache, probe = make()
        explanation = None  # frees the last one and its store now, which the window does in another thread
        slowdown.measure()
        begun = time.thread_time()
        explanation = explain(cache, probe, at_once=False)
        assert explanation.sentence
        times.append((time.thread_time() - begun) * 1e3)
    times = [each / slowdown.factor for each in times]
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def typed(kind: Kind, rules: str) -> tuple[float, float]:
    """Edits of one probe, one after the other."""
    cache = ImageCache(kind.store, RULE_SETS[rules])
    for probe in (kind.probe, *edits(kind.probe, 12)):
        explain(cache, probe, at_once=False)
    with frozen():
        return milliseconds([lambda probe=probe: (cache, probe) for probe in edits(kind.probe, EDITS)])  # type: ignore[misc]


def first(kind: Kind, rules: str, change: str) -> tuple[float, float]:
    """Edits each of which is the first of its kind in a store that has been opened."""
    probe, images = kind.probe, kind.store.images
    prepare(kind.store)
    opened = ImageCache(kind.store, RULE_SETS[rules])
    explain(opened, probe, at_once=False)

    def make(number: int, edited: Probe) -> Asked:
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
                others = [image.id for image in images[len(images) // PARENTS :: len(images) // PARENTS]]
                return fresh, edited.model_copy(update={"parent": others[number % len(others)]})
            case "platform":
                platform = Platform(os="linux", architecture="arm64", variant=f"v{number}")
                return opened, edited.model_copy(update={"platform": platform})
            case _:
                source = images[-1 - number].id
                return opened, edited.model_copy(update={"cache_from": (*edited.cache_from, source)})

    with frozen():
        changes = enumerate(edits(probe, CASES if change == "case" else FIRST))
        return milliseconds([lambda number=number, edited=edited: make(number, edited) for number, edited in changes])  # type: ignore[misc]


def shown(name: str, rules: str, median: float, late: float, rest: str = "") -> None:
    print(f"{name:36}{rules:20}median {median:6.2f} ms, 99th percentile {late:6.2f} ms{rest}", flush=True)


def report(name: str, rules: str, count: int) -> tuple[float, float]:
    baseline, _ = typed(KINDS[name](FEW), rules)
    median, late = typed(KINDS[name](count), rules)
    shown(name, rules, median, late, f", {median / baseline:6.1f} times that among {FEW}")
    return median, late


def report_first(name: str, rules: str, count: int, change: str) -> tuple[float, float]:
    kind = several_parents(KINDS[name], count, PARENTS) if change == "parent" else KINDS[name](count)
    median, late = first(kind, rules, change)
    shown(f"{name}, other {change}", rules, median, late)
    return median, late


@pytest.mark.parametrize("rules", FAMILIES)
@pytest.mark.parametrize("name", KINDS)
def test_an_edit_is_answered_within_a_frame(name: str, rules: str) -> None:
    median, late = report(name, rules, COUNT)
    assert median < MEDIAN
    assert late < LATE


@pytest.mark.parametrize("rules", FAMILIES)
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("change", CHANGES)
def test_an_edit_that_turns_to_something_else_is_answered_within_a_frame(name: str, rules: str, change: str) -> None:
    median, late = report_first(name, rules, COUNT, change)
    assert median < MEDIAN
    assert late < LATE


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    for each in KINDS:
        for family in FAMILIES:
            report(each, family, number)
            for what in CHANGES:
                report_first(each, family, number, what)
