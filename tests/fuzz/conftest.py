"""Fuzzers: how many inputs, from which seed, and what each may cost. They run apart from the tests."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
for folder in ("stores", "stores/containerd", "stores/docker_engine", "replay", "layers"):
    sys.path.append(str(TESTS / folder))

MOST_MEMORY = 3 << 30  # bytes of address space: a MemoryError before it is one of the machine's


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-inputs", type=int, default=2000, help="inputs of each fuzzer (default: 2000)")
    parser.addoption("--fuzz-seed", type=int, default=0, help="where each fuzzer begins (default: 0)")


@pytest.fixture(scope="session", autouse=True)
def bounded_memory() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
