"""Docks are opened for the first time in several turns, with the same result as in one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from cacheview.ui.docks import COMPARE, DETAILS, REPLAY
from cacheview.ui.names import DEMO
from cacheview.ui.painting import paint_later
from cacheview.ui.replay.dock import Replays
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


def paints(window: MainWindow) -> list[bool]:
    """Whether painting is enabled, for each pane."""
    assert window.workspace is not None
    return [pane.updatesEnabled() for pane in window.workspace.panes]


def test_a_dock_is_created_shown_and_painted_in_separate_turns(window: MainWindow, qtbot: QtBot) -> None:
    made = window.docks.existing
    assert made(DETAILS) is None
    window.commands.details.trigger()
    pane = made(DETAILS)
    assert pane is not None
    assert not pane.is_open  # it opens in a later turn
    qtbot.waitUntil(lambda: pane.is_open and pane.dock.isVisible())
    assert not any(paints(window))
    qtbot.waitUntil(lambda: all(paints(window)))  # two frames later
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
    qtbot.waitUntil(lambda: all(paints(window)))


def test_actions_on_a_dock_run_in_order_once_it_exists(window: MainWindow, qtbot: QtBot) -> None:
    docks, done = window.docks, list[str]()
    docks.use(REPLAY, lambda replays: done.append(f"first {replays.has_dock}"))
    docks.use(REPLAY, lambda _: done.append("second"))
    docks.use(COMPARE, lambda _: done.append("another dock"))
    replays = docks.existing(REPLAY)
    assert replays is not None
    assert not replays.has_dock  # it is created in a later turn
    qtbot.waitUntil(lambda: len(done) == 3)
    assert [each for each in done if each != "another dock"] == ["first True", "second"]
    docks.use(REPLAY, lambda _: done.append("at once"))
    assert done[-1] == "at once"


def test_a_dock_that_could_not_be_created_is_created_on_the_next_request(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    docks, done = window.docks, list[str]()
    with monkeypatch.context() as broken:
        broken.setattr(docks, "get", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            docks.use(REPLAY, lambda _: done.append("first"))
    docks.use(REPLAY, lambda _: done.append("second"))
    qtbot.waitUntil(lambda: bool(done))
    assert done == ["second"]


def test_no_dock_is_created_after_the_window_was_closed(window: MainWindow, qtbot: QtBot) -> None:
    window.docks.use(REPLAY, lambda replays: replays.show_and_focus())
    window.close()
    replays = window.docks.existing(REPLAY)
    assert replays is not None
    turns: list[None] = []
    every_turn = QTimer(window, interval=0)
    every_turn.timeout.connect(lambda: turns.append(None))
    every_turn.start()
    qtbot.waitUntil(lambda: len(turns) > 9)
    every_turn.stop()
    assert not replays.has_dock


def test_a_build_is_replayed_in_a_dock_that_does_not_exist_yet(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\nRUN a\n")
        window.docks.use(REPLAY, partial(Replays.open, path=str(tmp_path / name)))
    existing = window.docks.existing
    qtbot.waitUntil(lambda: (replays := existing(REPLAY)) is not None and replays.pane.result is not None)
    replays = window.docks.get(REPLAY)
    assert replays.is_open
    assert replays.pane.result is not None
    assert replays.pane.result.request.build.context == str(tmp_path / "two")
    qtbot.waitUntil(lambda: (focus := QApplication.focusWidget()) is not None and replays.dock.isAncestorOf(focus))


def test_panes_resized_by_a_dock_or_a_line_are_painted_one_by_one(window: MainWindow, qtbot: QtBot) -> None:
    details = window.docks.get(DETAILS)
    details.dock.show_or_hide()
    qtbot.waitUntil(lambda: all(paints(window)))
    line = window.add_line()
    counts: set[int] = set()
    every_turn = QTimer(window, interval=0)
    every_turn.timeout.connect(lambda: counts.add(sum(paints(window))))
    for change in (line.show, line.hide, details.dock.show_or_hide):
        change()
        assert not any(paints(window))
        counts.clear()
        every_turn.start()
        qtbot.waitUntil(lambda: 3 in counts)
        every_turn.stop()
        assert counts == {0, 1, 2, 3}


def test_a_deleted_pane_does_not_block_painting_the_others(qtbot: QtBot) -> None:
    there, gone = QWidget(), QWidget()
    qtbot.addWidget(there)
    paint_later((gone, there))
    delete(gone)
    qtbot.waitUntil(there.updatesEnabled)
