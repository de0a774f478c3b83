"""When the window closes while threads hang or work, the process ends with the status that it would otherwise have."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from closing_kit import LONG, WORKS, close_while
from forked import DOCKS, run_forked

GENEROUS = LONG / 4
"""Seconds allowed on the busiest machine for something that takes one second at most."""

# Prints whether the process ends in time after the window begins to close.
PROGRAM = """
import os, sys, threading, time
from pathlib import Path
from PySide6.QtCore import QTimer
from cacheview.ui import app
begun = []
real_begin, real_end = app._begin, app.end_process

def end(status):
    print("closed in a second and a moment:", time.monotonic() - begun[0] < 1.0 + {moment}, flush=True)
    real_end(status)

def close(window):
    begun.append(time.monotonic())
    window.close()

app.end_process = end
{code}
app.run_window('demo:', settings=Path("settings.ini"))
"""

TOGETHER = {
    "an engine": (
        "following a flood of events",
        "downloading from an engine that stalls",
        "reading along with a context without end",
        "summing a file of 4 GiB",
        "unpacking xz",
    ),
    "a store": ("replaying 10,000 steps", "auditing 5,000 images", "looking up a name"),
    "an archive": ("reading a layer",),
    "an answer": ("waiting for an engine's answer",),
}
"""The kinds of work that run at the same time, in the order in which they start."""

# The worker of every dock hangs at the same time, in a call that cannot be interrupted.
HANGING = """
from cacheview.ui.loading import Loader
hanging = threading.Semaphore(0)
def hang(report):
    hanging.release()
    threading.Event().wait()
def begin(application, window, location):
    real_begin(application, window, location)
    def opened(_):
        for name in ("audit", "compare", "suite_checks", "replay"):
            getattr(window.commands, name).trigger()
        loaders = window.findChildren(Loader)
        for loader in loaders:
            loader.start(hang)
        print("hanging:", sum(hanging.acquire(timeout=20) for _ in loaders), flush=True)
        close(window)
    window.settled.connect(lambda _: QTimer.singleShot(0, lambda: opened(_)))
app._begin = begin
"""

FAULT = """
import cacheview.engine.audit
def broken(*_, **__):
    raise ZeroDivisionError("in a dock")
cacheview.engine.audit.audit = broken
def begin(application, window, location):
    real_begin(application, window, location)
    def look():
        if window.notice.isVisible():
            print("shown:", "ZeroDivisionError: in a dock" in window.notice.text, flush=True)
            timer.stop()
            close(window)
    timer = QTimer(window)
    timer.timeout.connect(look)
    def opened(_):
        window.commands.audit.trigger()
        timer.start(20)
    window.settled.connect(lambda _: QTimer.singleShot(0, lambda: opened(_)))
app._begin = begin
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(code=code, moment=GENEROUS)
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)}
    return run_forked(program, modules=DOCKS, environment=environment, folder=folder, seconds=LONG)


@pytest.mark.parametrize("works", TOGETHER.values(), ids=TOGETHER)
def test_while_threads_work(works: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder:  # the path of a socket has to be short
        ended = close_while([WORKS[name] for name in works], Path(folder))
    assert ended.status == 0, ended.output
    assert ended.was_at_work, ended.output
    assert ended.seconds < GENEROUS, ended.output


def test_closing_works_while_the_workers_of_all_docks_hang(tmp_path: Path) -> None:
    ended = run(HANGING, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout.split()[1]) > 4
    assert "moment: True" in ended.stdout


def test_a_fault_in_a_dock_worker_exits_with_status_70(tmp_path: Path) -> None:
    ended = run(FAULT, tmp_path)
    assert ended.returncode == 70, ended.stderr
    assert "shown: True" in ended.stdout
    assert "ZeroDivisionError: in a dock" in ended.stderr
    assert "Traceback" not in ended.stderr
