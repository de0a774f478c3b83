"""A fault while the window is open is reported in one line, shown in the window, and changes the exit status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from forked import DOCKS, run_forked

ROOT = Path(__file__).parents[2]
BEGIN = """
import sys, threading, os, signal
from pathlib import Path
from PySide6.QtCore import QTimer
from cacheview.ui import app
real = app._begin
"""
END = """
app._begin = begin
app.run_window('demo:', settings=Path('settings.ini'), with_traceback=%s)
"""


def run(code: str, folder: Path, *, with_traceback: bool = False) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)}
    return run_forked(BEGIN + code + END % with_traceback, modules=DOCKS, environment=environment, folder=folder)


SLOT = """
def begin(application, window, location):
    real(application, window, location)
    def fault():
        QTimer.singleShot(0, done)
        raise ZeroDivisionError("odd \\x1b[1m")
    def done():
        notice = window.center.notice
        print(notice.isVisible(), "ZeroDivisionError" in notice.text)
        window.close()
    window.settled.connect(lambda _: QTimer.singleShot(0, fault))
"""
THREAD = """
def begin(application, window, location):
    real(application, window, location)
    def fault():
        raise ZeroDivisionError("in a thread")
    def start():
        thread = threading.Thread(target=fault)
        thread.start()
        thread.join()
        window.close()
    window.settled.connect(lambda _: QTimer.singleShot(0, start))
"""
WORK = """
import cacheview.ui.opener as opener
def broken(report):
    raise ZeroDivisionError("while reading")
opener.open_work = lambda *_: broken
def begin(application, window, location):
    window.settled.connect(lambda _: QTimer.singleShot(0, window.close))
    real(application, window, location)
"""


@pytest.mark.parametrize("where", [SLOT, THREAD, WORK], ids=["slot", "thread", "work"])
def test_a_fault_is_one_line_and_status_70(where: str, tmp_path: Path) -> None:
    ended = run(where, tmp_path)
    assert ended.returncode == 70, ended.stderr
    reported = [line for line in ended.stderr.splitlines() if "propagateSizeHints" not in line]
    assert len(reported) == 1
    assert reported[0].startswith("cacheview: this is a bug in cacheview. Please report it: ")
    assert "ZeroDivisionError" in reported[0]
    assert "\x1b" not in ended.stderr
    if where is SLOT:
        assert ended.stdout == "True True\n"


def test_the_traceback_option_prints_the_whole_traceback(tmp_path: Path) -> None:
    ended = run(SLOT, tmp_path, with_traceback=True)
    assert ended.returncode == 70
    assert "Traceback (most recent call last)" in ended.stderr


def test_ctrl_c_closes_the_window_quietly(tmp_path: Path) -> None:
    code = """
def begin(application, window, location):
    window.settled.connect(lambda _: print("open", flush=True))
    real(application, window, location)
"""
    with subprocess.Popen(
        [sys.executable, "-c", BEGIN + code + END % False],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "open\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert "Traceback" not in process.stderr.read()
    assert (tmp_path / "settings.ini").exists()  # changed settings are saved
