"""Options and limits of the fuzzers, which run separately from the tests."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
for folder in ("stores", "stores/containerd", "stores/docker_engine", "replay", "layers"):
    sys.path.append(str(TESTS / folder))

MOST_MEMORY = 3 << 30  # bytes of address space: exceeding it raises a MemoryError before the machine runs out


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-inputs", type=int, default=2000, help="number of inputs for each fuzzer (default: 2000)")
    parser.addoption("--fuzz-seed", type=int, default=0, help="seed of each fuzzer's random inputs (default: 0)")


@pytest.fixture(scope="session", autouse=True)
def bounded_memory() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
