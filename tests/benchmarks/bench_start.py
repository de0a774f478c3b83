"""From the start of the process to a window that is painted, against a bare window with a tree view.

Whole processes, one of each in turn, so that what else the machine does falls on both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

RATIO = 1.5
ROUNDS = 11

BARE = """
import os, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QMainWindow, QTreeView

class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, shown)

def shown():
    print(time.monotonic(), flush=True)
    os._exit(0)

app = QApplication(sys.argv)
window, model, tree = Window(), QStandardItemModel(), QTreeView()
model.appendRow(QStandardItem("scratch"))
tree.setModel(model)
window.setCentralWidget(tree)
window.resize(1320, 840)
window.show()
app.exec()
"""

OURS = """
import os, time

def shown():
    print(time.monotonic(), flush=True)
    os._exit(0)

from pathlib import Path
from cacheview.ui.app import run_window
run_window("demo:", settings=Path("{folder}", "settings.ini"), size=(1320, 840), on_shown=shown)
"""


def seconds(code: str) -> float:
    """From before the process is made to the moment that it tells."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    begun = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return float(ended.stdout.split()[-1]) - begun  # the monotonic clock is one for all processes


def test_start(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    ours = OURS.format(folder=tmp_path)
    seconds(BARE), seconds(ours)  # compiled, and read from the disk
    pairs = [(seconds(BARE), seconds(ours)) for _ in range(ROUNDS)]
    benchmark.pedantic(seconds, (ours,), rounds=1)
    bare, shown = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"\nstart to shown window: {shown * 1e3:.0f} ms, bare window: {bare * 1e3:.0f} ms, ratio {shown / bare:.2f}")
    assert shown / bare <= RATIO
