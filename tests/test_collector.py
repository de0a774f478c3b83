"""Searching for cycles only where something may have been left behind."""

from __future__ import annotations

import gc

from cacheview.collector import Leftovers, rare_searches


class Heap:
    """Takes so many blocks, of which a search finds some to be free."""

    def __init__(self) -> None:
        self.blocks = 1000
        self.garbage = 0
        self.searched = 0
        self.leftovers = Leftovers(lambda: self.blocks + self.garbage, self.search)

    def search(self) -> None:
        self.searched += 1
        self.garbage = 0


def test_nothing_is_searched_while_a_store_takes_what_it_took() -> None:
    heap = Heap()
    for _ in range(100):
        assert not heap.leftovers.settle("engine:")
    assert heap.searched == 0


def test_what_is_left_behind_is_found_when_it_is_a_fifth() -> None:
    heap = Heap()
    most = 0
    for _ in range(100):
        heap.leftovers.settle("engine:")
        most = max(most, heap.blocks + heap.garbage)
        heap.garbage += 50
    assert most == 1200
    assert heap.searched == 19


def test_a_store_that_grew_is_searched_once() -> None:
    heap = Heap()
    heap.leftovers.settle("engine:")
    heap.blocks = 2000
    assert heap.leftovers.settle("engine:")
    assert not heap.leftovers.settle("engine:")


def test_another_store_may_take_more() -> None:
    heap = Heap()
    heap.leftovers.settle("demo:")
    heap.blocks = 9000
    assert not heap.leftovers.settle("engine:")


def test_frozen_cycles_are_found() -> None:
    gc.collect()
    circle: list[object] = []
    circle.append(circle)
    gc.freeze()
    counts = iter((1000, 2000, 1000))
    leftovers = Leftovers(lambda: next(counts))
    assert not leftovers.settle("engine:")
    identity = id(circle)
    del circle
    assert leftovers.settle("engine:")
    assert not any(id(each) == identity for each in gc.get_objects())


def test_searches_are_rare_only_inside() -> None:
    before = gc.get_threshold()
    with rare_searches():
        assert gc.get_threshold() > before
    assert gc.get_threshold() == before
