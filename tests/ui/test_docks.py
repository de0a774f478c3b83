"""Docks are opened for the first time in turns, and end as if in one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cacheview.ui.docks import COMPARE, DETAILS
from cacheview.ui.names import DEMO
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    window.resize(1100, 800)
    window.show()
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(DEMO)
    yield window
    window.close()


def test_a_dock_is_made_shown_and_painted_beside_the_panes(window: MainWindow, qtbot: QtBot) -> None:
    made = window.docks.made
    assert made(DETAILS) is None
    window.commands.details.trigger()
    pane = made(DETAILS)
    assert pane is not None
    assert not pane.is_open  # in a later turn
    qtbot.waitUntil(lambda: pane.is_open and pane.dock.isVisible())
    assert not window.centre.updatesEnabled()
    qtbot.waitUntil(window.centre.updatesEnabled)  # two frames later
    assert window.commands.details.isChecked()
    focus = QApplication.focusWidget()
    assert focus is not None
    assert pane.dock.isAncestorOf(focus)


def test_an_action_that_is_triggered_again_before_its_dock_is_shown_hides_it(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.compare.trigger()
    window.commands.compare.trigger()
    compare = window.docks.get(COMPARE)
    with qtbot.waitSignals([compare.dock.visibilityChanged] * 2):
        pass
    assert not compare.is_open
    assert not window.commands.compare.isChecked()
    qtbot.waitUntil(window.centre.updatesEnabled)
