"""The first opening of each dock, in a separate process: the longest time that the UI thread works in one turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cacheview.ui.docks import DOCKS

ROUNDS = 5
MAX_TURN_SECONDS = 0.030
"""The limit in seconds of processor time for one turn."""

PROCESS = Path(__file__).with_name("first_dock_process.py")


def longest_turn(name: str, folder: Path) -> tuple[float, float]:
    """Return the longest turn during the first opening of a dock, in seconds of processor time, and the slowdown.

    The slowdown is how many times as long a fixed piece of work took as when the machine was at its fastest.
    """
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, str(PROCESS), name, str(folder)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True, timeout=60)
    seconds, slowdown = map(float, ended.stdout.split()[-2:])
    return seconds, slowdown


@pytest.mark.parametrize("name", [spec.name for spec in DOCKS])
def test_first_opening(name: str, benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    turns = [longest_turn(name, tmp_path) for _ in range(ROUNDS)]
    benchmark.pedantic(longest_turn, (name, tmp_path), rounds=1)
    seconds, slowdown = (statistics.median(each) for each in zip(*turns, strict=True))
    print(f"\n{name}: longest turn {seconds * 1e3:.0f} ms of processor time; slowdown {slowdown:.1f}")
    assert statistics.median(each / max(1.0, slow) for each, slow in turns) <= MAX_TURN_SECONDS
