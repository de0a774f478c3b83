"""The first opening of each dock, in a process of its own: how long the UI thread is at work in one turn."""

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
LONGEST = 0.030
"""Seconds of processor time of one turn."""

OPEN = """
import os, sys, threading
from pathlib import Path
sys.path.insert(0, {benchmarks!r})
from turns import Turns
from cacheview.ui.app import run_window

def shown():
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    from cacheview.ui.docks import DOCKS
    from cacheview.ui.window import MainWindow
    window = next(each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow))
    spec = next(each for each in DOCKS if each.name == {name!r})
    timer = QTimer(window, interval=100)
    rested = []

    def rest():
        # What the window does when it has shown a store is over.
        loaded = "cacheview.ui.watch.dock" in sys.modules
        if loaded and window.session is not None and not any("load" in each.name for each in threading.enumerate()):
            rested.append(1)
        if len(rested) == 10:
            timer.stop()
            turns = Turns()
            QTimer.singleShot(100, spec.action(window.commands).trigger)
            QTimer.singleShot(1500, lambda: done(turns))

    def done(turns):
        turns.stop()
        made = window.docks.made(spec)
        assert made is not None and made.dock.isVisible()
        print(turns.most_cpu.cpu, turns.slowdown, flush=True)
        os._exit(0)

    timer.timeout.connect(rest)
    timer.start()

run_window("demo:", settings=Path({folder!r}, "settings.ini"), size=(1320, 840), on_shown=shown)
"""


def longest_turn(name: str, folder: Path) -> tuple[float, float]:
    """Seconds of processor time of the longest turn while a dock is opened for the first time; and how much longer
    everything took on this machine than when it was at its quickest.
    """
    code = OPEN.format(name=name, folder=str(folder), benchmarks=str(Path(__file__).parent))
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    seconds, slowdown = map(float, ended.stdout.split()[-2:])
    return seconds, slowdown


@pytest.mark.parametrize("name", [spec.name for spec in DOCKS])
def test_first_opening(name: str, benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    turns = [longest_turn(name, tmp_path) for _ in range(ROUNDS)]
    benchmark.pedantic(longest_turn, (name, tmp_path), rounds=1)
    seconds, slowdown = (statistics.median(each) for each in zip(*turns, strict=True))
    print(f"\n{name}: longest turn {seconds * 1e3:.0f} ms of processor time; slowdown {slowdown:.1f}")
    assert statistics.median(each / max(1.0, slow) for each, slow in turns) <= LONGEST
