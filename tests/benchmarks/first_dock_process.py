"""A process that opens the demo, and then one dock for the first time.

python tests/benchmarks/first_dock_process.py NAME FOLDER prints the processor time of the longest turn of the UI thread
in seconds, and how many times as long a fixed piece of work took as when the machine was at its fastest.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from turns import Turns

from cacheview.ui.app import run_window

_POLL_MS = 100
_IDLE_POLLS = 10  # consecutive polls that find no running work
_DELAY_MS = 100  # before the dock is opened
_OPENING_MS = 1500  # after which all effects of opening it are over


def _or_exit(do: Callable[[], object]) -> Callable[[], None]:
    """End the process on an exception. In a slot, it would only be reported, and the process would wait forever."""

    def checked() -> None:
        try:
            do()
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    return checked


def _measure(name: str) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from cacheview.ui.docks import DOCKS
    from cacheview.ui.window import MainWindow

    window = next(each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow))
    spec = next(each for each in DOCKS if each.name == name)
    timer = QTimer(window, interval=_POLL_MS)
    idle_polls = 0

    def poll() -> None:
        nonlocal idle_polls
        is_loaded = "cacheview.ui.watch.dock" in sys.modules
        is_loading = any("load" in each.name for each in threading.enumerate())
        idle_polls = idle_polls + 1 if is_loaded and window.session is not None and not is_loading else 0
        if idle_polls == _IDLE_POLLS:
            timer.stop()
            turns = Turns()
            QTimer.singleShot(_DELAY_MS, _or_exit(spec.action(window.commands).trigger))
            QTimer.singleShot(_DELAY_MS + _OPENING_MS, _or_exit(lambda: finish(turns)))

    def finish(turns: Turns) -> None:
        turns.stop()
        dock = window.docks.existing(spec)
        assert dock is not None
        assert dock.is_open
        print(turns.most_cpu.cpu, turns.slowdown, flush=True)
        os._exit(0)

    timer.timeout.connect(_or_exit(poll))
    timer.start()


if __name__ == "__main__":
    _, dock, folder = sys.argv
    run_window(
        "demo:",
        settings=Path(folder, "settings.ini"),
        size=(1320, 840),
        on_shown=_or_exit(lambda: _measure(dock)),
    )
