"""Garbage is searched for cycles only when something may have been left behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from cacheview import collector
from cacheview.collector import Leftovers, paused_collector, rare_searches

EVERY = collector._READINGS_PER_MEASUREMENT


@pytest.fixture(autouse=True)
def own_thresholds() -> Iterator[None]:
    """Use Python's own thresholds, which the program starts with."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


class Heap:
    """A fake heap with a number of blocks, some of them garbage that a search frees."""

    def __init__(self) -> None:
        self.blocks = 1000
        self.garbage = 0
        self.searched = self.measured = 0
        self.leftovers = Leftovers(self.measure, self.search)

    def measure(self) -> int:
        self.measured += 1
        return self.blocks + self.garbage

    def search(self) -> None:
        self.searched += 1
        self.garbage = 0

    def read(self, location: str = "engine:", *, left: int = 0, more: int = 0, images: int = 10) -> bool:
        """Read a store again with ``more`` blocks than before. Returns whether there was a search."""
        self.leftovers.begin()
        self.garbage += left
        self.blocks += more
        return self.leftovers.end(location, images)


def test_constant_memory_use_does_not_trigger_collection() -> None:
    heap = Heap()
    assert not any(heap.read() for _ in range(100))
    assert heap.searched == 0


def test_few_readings_are_measured() -> None:
    heap = Heap()
    for _ in range(1 + 10 * EVERY):
        heap.read()
    assert heap.measured == 1 + 2 * 10


def test_garbage_is_collected_when_it_is_a_fifth_of_the_heap() -> None:
    heap = Heap()
    heap.read()
    most = 0
    for _ in range(100):
        heap.read(left=50)
        most = max(most, heap.blocks + heap.garbage)
    assert most < 1200 + 50 * EVERY
    assert heap.searched == 100 // EVERY


def test_small_repeated_leaks_are_found() -> None:
    heap = Heap()
    heap.read()
    searched = [heap.read(left=10) for _ in range(50)]
    assert searched.index(True) + 1 == 3 * EVERY  # 210


def test_a_single_growth_does_not_trigger_collection() -> None:
    heap = Heap()
    heap.read()
    assert not any(heap.read(more=1000 if number == 3 else 0) for number in range(5 * EVERY))


def test_steady_growth_triggers_collection() -> None:
    heap = Heap()
    heap.read()
    assert [heap.read(more=100) for _ in range(EVERY)] == [*[False] * (EVERY - 1), True]
    assert not heap.read()


def test_a_store_with_more_images_may_need_more_memory() -> None:
    heap = Heap()
    heap.read(images=10)
    assert not any(heap.read(more=100, images=11 + number) for number in range(5 * EVERY))
    assert any(heap.read(more=100, images=10 + 5 * EVERY) for _ in range(5 * EVERY))


def test_allocations_between_readings_do_not_trigger_a_collection() -> None:
    heap = Heap()
    for number in range(5 * EVERY):
        heap.blocks += 5000 if number % 2 == 0 else -5000  # as when all rule sets are compared
        assert not heap.read()


def test_a_one_time_growth_between_reads_does_not_trigger_collection() -> None:
    heap = Heap()
    heap.read()
    for number in range(3 * EVERY):
        assert not heap.read(more=100 if number == EVERY - 1 else 0)


def test_garbage_is_found_even_if_other_memory_is_freed() -> None:
    heap = Heap()
    heap.blocks = 9000
    heap.read()
    heap.blocks = 1000
    assert [heap.read(left=50) for _ in range(2 * EVERY)] == [*[False] * (2 * EVERY - 1), True]


def test_memory_growth_between_different_stores_is_not_a_leak() -> None:
    heap = Heap()
    for number in range(5 * EVERY):
        assert not heap.read("demo:" if number % 2 else "engine:", more=8000)


def test_frozen_cycles_are_found() -> None:
    gc.collect()
    circle: list[object] = []
    circle.append(circle)
    gc.freeze()
    counts = iter((1000, 1000, 2000, 1000))
    leftovers = Leftovers(lambda: next(counts))
    for _ in range(EVERY):
        leftovers.begin()
        assert not leftovers.end("engine:", 10)
    identity = id(circle)
    del circle
    leftovers.begin()
    assert leftovers.end("engine:", 10)
    assert not any(id(each) == identity for each in gc.get_objects())


def test_garbage_collection_is_less_frequent_only_inside_the_block() -> None:
    before = gc.get_threshold()
    with rare_searches():
        assert gc.get_threshold() > before
    assert gc.get_threshold() == before


@pytest.mark.parametrize(("is_frozen", "made", "searched"), [(True, 20_000, 0), (True, 2_000, 1), (False, 20_000, 0)])
def test_many_objects_that_were_created_in_a_pause_are_not_searched_after_it(
    monkeypatch: pytest.MonkeyPatch, is_frozen: bool, made: int, searched: int
) -> None:
    monkeypatch.setattr(collector._PAUSE, "frozen", is_frozen)
    gc.collect()
    visited: list[int] = []
    gc.callbacks.append(lambda phase, _: visited.append(gc.get_count()[0]) if phase == "start" else None)
    try:
        with paused_collector():
            kept: list[list[int]] = [[] for _ in range(made)]
        more: list[list[int]] = [[] for _ in range(1_000)]  # enough to start a collection
    finally:
        gc.callbacks.pop()
        gc.unfreeze()
    assert visited
    assert sum(count > made for count in visited) == searched
    assert len(kept) + len(more) == made + 1_000


def test_a_nested_pause_keeps_the_collector_disabled() -> None:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with paused_collector():
            gc.enable()
            with paused_collector():
                assert not gc.isenabled()
        assert gc.isenabled()
    finally:
        if not was_enabled:
            gc.disable()
