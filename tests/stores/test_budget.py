"""The budget for opening a file grows with the file, up to what the machine has."""

from __future__ import annotations

import pytest

from cacheview.model import DataError, SuiteCase
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.limits import DEFAULT_LIMITS, Limits

GIB = 1 << 30


def test_the_memory_limit_for_a_large_file_depends_on_free_memory() -> None:
    def left(packed: int, free: int) -> int:
        return Budget(packed=packed, free_memory=lambda: free).left(Resource.MEMORY)

    assert left(1000, 0) == DEFAULT_LIMITS.memory  # the usual limit
    assert left(GIB, 100 * GIB) > 20 * GIB
    assert left(GIB, 10 * GIB) == 8 * GIB
    assert left(GIB, 0) == DEFAULT_LIMITS.memory


def test_growing_limits_keep_the_memory_already_spent() -> None:
    calls: list[int] = []

    def free() -> int:
        calls.append(1)
        return 10 * GIB

    budget = Budget(free_memory=free)
    budget.spend(Resource.MEMORY, 1000)
    for _ in range(100):
        budget.read(GIB // 100)
    assert budget.spent(Resource.MEMORY) == 1000
    assert budget.left(Resource.MEMORY) == 8 * GIB - 1000
    assert len(calls) == 1  # otherwise memory taken by the reading itself would count twice


def test_a_limit_caused_by_the_machine_suggests_a_remedy() -> None:
    budget = Budget(Limits(memory=1000), packed=GIB, free_memory=lambda: 5000)
    with pytest.raises(LimitError, match=r"more than 4,000 bytes of memory\. .* Close other programs, or use"):
        budget.spend(Resource.MEMORY, 4001)
    line = b'{"rules": "x", "name": "%s"}' % (b"x" * 4000)
    budget = Budget(Limits(memory=1000), packed=GIB, free_memory=lambda: 5000)
    with pytest.raises(DataError, match="Close other programs"):
        budget.decode(SuiteCase, line)
    with pytest.raises(LimitError, match=r"The rest was not read$"):
        Budget(Limits(memory=1000)).spend(Resource.MEMORY, 1001)
