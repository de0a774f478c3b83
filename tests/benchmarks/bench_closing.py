"""How long the process takes to end after its window is closed while a thread is working.

pytest tests/benchmarks/bench_closing.py -s
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "ui"))

from closing_kit import WORKS, close_while

LIMIT = 1.0 + 0.5
"""Seconds: the window waits one second at most, and the process takes a moment to end."""


@pytest.mark.parametrize("name", WORKS)
def test_closing_waits_for_no_thread(name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder:
        ended = close_while([WORKS[name]], Path(folder))
    print(f"\n{name}: {ended.seconds:.2f} s")
    assert ended.status == 0, ended.output
    assert ended.was_at_work, ended.output
    assert ended.seconds < LIMIT
