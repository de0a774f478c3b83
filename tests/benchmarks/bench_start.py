"""From the start of the process to a painted window, compared with a plain window that contains a tree view.

Whole processes are measured alternately, in processor time, so that other work on the machine affects both. For both,
the bytecode of the modules exists, as after an installation with pip, whatever this process does with its own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

RATIO = 1.3
ROUNDS = 31

BARE = """
import os, sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QMainWindow, QTreeView

class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, shown)

def shown():
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
import os

def shown():
    os._exit(0)

from pathlib import Path
from cacheview.ui.app import run_window
run_window("demo:", settings=Path("{folder}", "settings.ini"), size=(1320, 840), on_shown=shown)
"""


def seconds(code: str, bytecode: Path) -> float:
    """Return the processor time in seconds from the start of the process to its end right after the first paint.

    ``bytecode``: a folder for the bytecode of all modules. The first process fills it.
    """
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_utime + usage.ru_stime


def test_start(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    ours, bytecode = OURS.format(folder=tmp_path), tmp_path / "bytecode"
    seconds(BARE, bytecode), seconds(ours, bytecode)  # compiles the modules, and reads them from the disk
    pairs = [(seconds(BARE, bytecode), seconds(ours, bytecode)) for _ in range(ROUNDS)]
    benchmark.pedantic(seconds, (ours, bytecode), rounds=1)
    bare, shown = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(ours / theirs for theirs, ours in pairs)
    print(f"\nstart to shown window: {shown * 1e3:.0f} ms, bare window: {bare * 1e3:.0f} ms, ratio {ratio:.2f}")
    assert ratio <= RATIO
