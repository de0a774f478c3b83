"""Watched builds in the window: the command to paste, the list, the compared steps, and records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot
from watch_kit import FakeProcess, build_of

from cacheview.model import DataError, decode
from cacheview.replay.check import build_result
from cacheview.replay.file import ReplayCase
from cacheview.report.showing import shown_build
from cacheview.ui.docks import WATCH
from cacheview.ui.watch.models import BuildsColumn, BuildsModel, WatchedStepsColumn, WatchedStepsModel
from cacheview.ui.watch.pane import WatchPane
from cacheview.ui.window import MainWindow
from cacheview.watch.build import WatchedBuild


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch) -> FakeProcess:
    made = FakeProcess()
    monkeypatch.setattr("cacheview.watching.process.WatchProcess", lambda *_: made)
    return made


@pytest.fixture
def pane(window: MainWindow, qtbot: QtBot, watcher: FakeProcess) -> WatchPane:
    """The pane of the dock, while it watches."""
    window.commands.watch.trigger()
    qtbot.waitUntil(lambda: window.docks.get(WATCH).pane.isVisible())
    pane = window.docks.get(WATCH).pane
    with qtbot.waitSignal(pane.bridge.started, timeout=20_000):
        qtbot.mouseClick(button(pane, "Watch"), Qt.MouseButton.LeftButton)
    return pane


def button(pane: WatchPane, text: str) -> QPushButton:
    return next(one for one in pane.findChildren(QPushButton) if one.text().replace("&", "") == text)


def printed(pane: WatchPane) -> str:
    return "\n".join(label.text() for label in pane.findChildren(QLabel) if label.isVisible())


def hear(pane: WatchPane, watcher: FakeProcess, qtbot: QtBot, *builds: WatchedBuild) -> None:
    with qtbot.waitSignal(pane.bridge.news, timeout=20_000):
        for build in builds:
            watcher.builds[build.number] = build
            pane.bridge._receive(shown_build(build))


def texts(pane: WatchPane, row: int = 0) -> list[str]:
    return [pane.steps_model.index(row, column).data() for column in WatchedStepsColumn]


def test_the_line_to_paste_is_shown_and_copied(pane: WatchPane) -> None:
    assert "export DOCKER_HOST=unix:///run/user/1000/cacheview/docker.sock" in printed(pane)
    pane.head.copy_button.click()
    assert QGuiApplication.clipboard().text() == "export DOCKER_HOST=unix:///run/user/1000/cacheview/docker.sock"


def test_a_build_is_shown_while_it_runs(pane: WatchPane, watcher: FakeProcess, qtbot: QtBot) -> None:
    hear(pane, watcher, qtbot, build_of(steps=2, is_over=False))
    row = [pane.model.index(0, column).data() for column in BuildsColumn]
    assert row[1:] == ["app:1", "docker-sdk-python/7.1.0", "step 2 of 3", "replayed"]
    assert texts(pane, 2)[2] == ""
    assert not pane.head.save_button.isEnabled()
    hear(pane, watcher, qtbot, build_of())
    assert pane.model.rowCount() == 1
    assert pane.model.index(0, BuildsColumn.COMPARED).data() == "same as the daemon"
    assert texts(pane, 1)[1].startswith("MISS: ")
    assert texts(pane, 2) == ["3 ENV A=1", "not checked", "created 333333333333"]
    assert pane.head.save_button.isEnabled()


def test_simultaneous_build_updates_are_merged_and_spread_over_turns(
    pane: WatchPane, watcher: FakeProcess, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr("cacheview.ui.watch.bridge.time.monotonic", lambda: next(clock) * 0.003)
    shown: list[int] = []
    turns: list[int] = []
    pane.bridge.news.connect(lambda build: shown.append(build.number))
    pane.bridge._calm.timeout.connect(lambda: turns.append(len(shown)))
    begun = (build_of(number, steps=steps, is_over=False) for number in range(1, 60) for steps in (0, 1))
    hear(pane, watcher, qtbot, *begun)
    qtbot.waitUntil(lambda: pane.model.rowCount() == 59, timeout=20_000)
    assert shown == list(range(1, 60))
    assert turns[:3] == [2, 4, 6]  # a turn lasts 5 ms, and on this clock each build takes 3 ms
    assert all(build.done == 1 for build in pane.model.builds)
    assert pane.model.builds[0].number == 59
    first = pane.selected()
    assert first is not None
    assert first.number == 1
    pane.builds.selectRow(10)
    kept = pane.selected()
    hear(pane, watcher, qtbot, build_of(60, is_over=False))
    assert pane.selected() is kept


def test_a_difference_raises_one_notice_and_its_record_can_be_saved(
    pane: WatchPane, window: MainWindow, watcher: FakeProcess, qtbot: QtBot, tmp_path: Path
) -> None:
    build = build_of(differences=("step 2 'CMD x': predicted a miss, but the daemon reported a hit",))
    hear(pane, watcher, qtbot, build, build)
    assert pane.head.text == "1 of 1 build differs from the prediction"
    assert pane.model.index(0, BuildsColumn.COMPARED).data() == "DIFFERS from the daemon"
    assert window.notice.isVisible()
    dialog = window.docks.get(WATCH).save(shown_build(build))
    path = tmp_path / "saved.record.jsonl"
    dialog.path.setText(str(path))
    with qtbot.waitSignal(window.docks.get(WATCH)._loader.succeeded, timeout=20_000):
        dialog.accept()
    assert path.stat().st_mode & 0o777 == 0o600
    case = decode(ReplayCase, path.read_bytes())
    assert [found.partition(":")[0] for found in build_result(case).differences] == ["step 2 'CMD x'"]


def test_stopping_ends_the_watcher_and_can_begin_again(pane: WatchPane, watcher: FakeProcess, qtbot: QtBot) -> None:
    hear(pane, watcher, qtbot, build_of())
    pane.head.stop_button.click()
    assert watcher.is_closed
    assert "No builds are being watched" in printed(pane)
    assert pane.model.rowCount() == 0
    with qtbot.waitSignal(pane.bridge.started, timeout=20_000):
        qtbot.mouseClick(button(pane, "Watch"), Qt.MouseButton.LeftButton)


def test_an_unexpected_end_of_watching_is_reported_and_builds_are_kept(
    pane: WatchPane, watcher: FakeProcess, qtbot: QtBot
) -> None:
    hear(pane, watcher, qtbot, build_of())
    with qtbot.waitSignal(pane.bridge.ended, timeout=20_000):
        pane.bridge._faulty.emit(DataError("the process has ended"))
    assert watcher.is_closed
    assert pane.head.text == "the process has ended"
    assert pane.model.rowCount() == 1
    assert pane.head.watch_button.isVisible()
    assert not pane.head.stop_button.isVisible()


def test_a_fault_while_watching_is_reported_and_watching_continues(
    pane: WatchPane, watcher: FakeProcess, qtbot: QtBot
) -> None:
    with qtbot.captureExceptions() as faults, qtbot.waitSignal(pane.bridge.failed, timeout=20_000):
        pane.bridge._faulty.emit(KeyError("in the relay"))
    assert [kind for kind, *_ in faults] == [KeyError]
    assert not watcher.is_closed
    assert pane.head.stop_button.isVisible()


def test_closing_the_window_ends_watching(pane: WatchPane, window: MainWindow, watcher: FakeProcess) -> None:
    window.close()
    assert watcher.is_closed


def test_an_engine_that_does_not_answer_is_reported(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = FakeProcess("unix:///x: does not respond")
    monkeypatch.setattr("cacheview.watching.process.WatchProcess", lambda *_: refusing)
    window.commands.watch.trigger()
    qtbot.waitUntil(lambda: window.docks.get(WATCH).pane.isVisible())
    pane = window.docks.get(WATCH).pane
    with qtbot.waitSignal(pane.bridge.failed, timeout=20_000):
        qtbot.mouseClick(button(pane, "Watch"), Qt.MouseButton.LeftButton)
    assert "unix:///x: does not respond" in printed(pane)


def test_the_watch_models_are_valid_and_keep_the_latest_builds(qtmodeltester: object) -> None:
    builds, steps = BuildsModel(), WatchedStepsModel()
    for number in range(1, 5):
        builds.show_build(shown_build(build_of(number)), 3)
    assert [build.number for build in builds.builds] == [4, 3, 2]
    builds.show_build(shown_build(replace(build_of(3), unpredicted="x", prediction=None)), 3)
    steps.show_build(shown_build(build_of(steps=1, is_over=False)))
    steps.show_build(shown_build(build_of()))
    for model in (builds, steps):
        qtmodeltester.check(model)  # type: ignore[attr-defined]
    assert steps.first_miss == 1
    steps.show_build(None)
    assert steps.rowCount() == 0
