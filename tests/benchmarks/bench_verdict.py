"""A verdict among 10,000 children of one parent, compared with one among 100, in the same run."""

from __future__ import annotations

import statistics
import time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cacheview.engine import CONTAINERD_71EBFC7, ImageCache, VerdictOutcome, explain
from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Probe, Timestamp

PARENT = "sha256:" + "a" * 64
LIMIT, RATIO = 0.0002, 2.0


def config(i: int, *, command: str = "") -> ContainerConfig:
    return ContainerConfig(
        Cmd=("/bin/sh", "-c", f"make target-{i}{command}"),
        Env=("PATH=/usr/bin:/bin", f"STAGE={i % 7}", "LANG=C.UTF-8"),
        Labels={"team": str(i % 3), "empty": ""},
        ExposedPorts={"80/tcp": {}},
    )


def cache_of(count: int) -> ImageCache:
    images = tuple(
        Image(
            id=f"sha256:{i:064x}",
            parent=PARENT,
            config=ImageConfig(created=Timestamp(i, 0, None), container_config=config(i)),
        )
        for i in range(count)
    )
    return ImageCache(ImageStore(images), CONTAINERD_71EBFC7)


def probes(count: int, *, hit: bool) -> list[Probe]:
    command = "" if hit else " -k"
    return [Probe(parent=PARENT, config=config(i, command=command)) for i in range(0, count, count // 100)]


def median_of_each(cache: ImageCache, probes_to_answer: list[Probe]) -> float:
    """Return the median of the seconds for one verdict, each for a different probe; the index exists already."""
    cache.verdict(probes_to_answer[0])
    times = []
    for _ in range(20):
        for probe in probes_to_answer:
            start = time.perf_counter()
            cache.verdict(probe)
            times.append(time.perf_counter() - start)
    return statistics.median(times)


@pytest.mark.parametrize("hit", [True, False], ids=["hit", "miss"])
def test_verdict_among_10000(benchmark: BenchmarkFixture, hit: bool) -> None:
    few, many = cache_of(100), cache_of(10_000)
    outcome = VerdictOutcome.HIT if hit else VerdictOutcome.MISS
    assert {many.verdict(probe).outcome for probe in probes(10_000, hit=hit)} == {outcome}
    among_100 = median_of_each(few, probes(100, hit=hit))
    among_10000 = median_of_each(many, probes(10_000, hit=hit))
    benchmark(many.verdict, probes(10_000, hit=hit)[50])
    ratio = among_10000 / among_100
    print(f"\nverdict among 10,000: {among_10000 * 1e6:.1f} µs, among 100: {among_100 * 1e6:.1f} µs, ratio {ratio:.2f}")
    assert among_10000 < LIMIT
    assert ratio <= RATIO


def test_explanation_among_10000(benchmark: BenchmarkFixture) -> None:
    """The entire explanation of a miss, including the smallest edit, compared with the verdict alone; only printed."""
    cache = cache_of(10_000)
    probes_to_answer = probes(10_000, hit=False)
    explain(cache, probes_to_answer[0])
    verdict = median_of_each(cache, probes_to_answer)
    benchmark(explain, cache, probes_to_answer[50])
    assert benchmark.stats is not None
    median = benchmark.stats.stats.median
    print(f"\nexplanation of a miss among 10,000: {median * 1e3:.2f} ms, {median / verdict:.0f} verdicts")
    assert median < 0.016
