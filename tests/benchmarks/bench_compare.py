"""All rule sets side by side in the window, among 10,000 candidates, while the UI thread keeps running.

The longest turn of the UI thread is compared with the longest turn while the window is resized in the same run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bench_edit_repaint import PARENT, config, window_of
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

sys.path.append(str(Path(__file__).parents[1] / "ui"))

from turns import Turns

from cacheview.model import Probe
from cacheview.ui.docks import COMPARE
from cacheview.ui.window import MainWindow

COUNT = 10_000
RATIO = 3.0


def edited(window: MainWindow, qtbot: QtBot, number: int, user: str) -> float:
    """Return the seconds from an edit to the last answer."""
    assert window.session is not None
    turns = Turns()
    with qtbot.waitSignal(window.docks.get(COMPARE).pane.settled, timeout=120_000):
        window.session.document.edit(Probe(parent=PARENT, config=config(number, user)), "edit")
    turns.stop()
    return turns.seconds


@pytest.mark.usefixtures("as_in_the_program")
def test_the_window_stays_responsive(qtbot: QtBot, tmp_path: Path) -> None:
    window = window_of(COUNT, tmp_path, qtbot)
    qtbot.wait(500)
    resized = Turns()
    window.resize(1440, 640)
    qtbot.wait(300)
    window.resize(1440, 900)
    qtbot.wait(300)
    resized.stop()
    first = Turns()
    with qtbot.waitSignal(window.docks.get(COMPARE).pane.settled, timeout=120_000):
        window.commands.compare.trigger()
    first.stop()
    later = [edited(window, qtbot, number, user) for user in ("", "7") for number in range(10, 20)]
    pane = window.docks.get(COMPARE).pane
    assert window.session is not None
    other = next(line.rules for line in pane.model.lines if not pane.model.is_in_use(line))
    pane.view.setCurrentIndex(pane.model.row_of(other))
    switch = Turns()
    with qtbot.waitSignal(window.session.rules_changed, timeout=120_000):
        qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    switch.stop()
    window.close()
    print(
        f"\nlongest turns: resizing {resized.most_cpu}; first time {first.most_cpu}; switching {switch.most_cpu}"
        f"\nall answers: first time {first.seconds:.2f} s, after an edit {min(later) * 1e3:.0f} ms; "
        f"other rules after {switch.seconds * 1e3:.0f} ms"
    )
    # On any machine, a few times as long as a turn while the window is resized.
    assert first.most_cpu.cpu < RATIO * resized.most_cpu.cpu
    assert switch.most_cpu.cpu < RATIO * resized.most_cpu.cpu
