"""Comparing two builds in the window: chosen in the dialog, dropped as files, or taken from other docks."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from build_kit import Daemon
from diff_kit import Build, base, recorded
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from shared_window import ShowStore
from window_kit import OpenWindow, drop

from cacheview.replay.records import write_record
from cacheview.report.shown_build import ShownBuild
from cacheview.ui.diff.dialog import ChooseBuildsDialog
from cacheview.ui.diff.head import FORMS
from cacheview.ui.diff.model import DiffColumn
from cacheview.ui.diff.options import OptionsDialog
from cacheview.ui.diff.pane import DiffPane
from cacheview.ui.docks import DIFF, REPLAY, WATCH
from cacheview.ui.window import MainWindow

BUILD = Build("FROM base\nLABEL team=a\nCOPY a /a\nRUN make\n", {"a": b"1\n", "b": b"2\n"})


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    return open_window(size=(1280, 720))


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Records of a cached build and of one with a changed file and one more step."""
    folder = tmp_path_factory.mktemp("records")
    daemon = Daemon()
    base(daemon)
    recorded(daemon, BUILD)
    other = replace(BUILD, files={**BUILD.files, "a": b"3\n"}, dockerfile=f"{BUILD.dockerfile}CMD x\n")
    cases = recorded(daemon, BUILD, 1), recorded(daemon, other, 2)
    paths = [folder / "a.jsonl", folder / "b.jsonl.gz"]
    for path, case in zip(paths, cases, strict=True):
        write_record(path, case)
    return str(paths[0]), str(paths[1])


def compared(window: MainWindow, qtbot: QtBot) -> DiffPane:
    pane = window.docks.get(DIFF).pane
    qtbot.waitUntil(lambda: pane.isVisible() and pane.diff is not None, timeout=20_000)
    return pane


def chooser(window: MainWindow, qtbot: QtBot) -> ChooseBuildsDialog:
    qtbot.waitUntil(lambda: bool(window.findChildren(ChooseBuildsDialog)), timeout=20_000)
    [dialog] = window.findChildren(ChooseBuildsDialog)
    return dialog


def test_two_records_that_are_dropped_are_compared(window: MainWindow, qtbot: QtBot, records: tuple[str, str]) -> None:
    drop(window, *records)
    pane = compared(window, qtbot)
    assert pane.answer.text() == "The builds first differ at step 3, `COPY a /a`: the files differ: a: content changed."
    assert pane.loss.text() == "B lost the cache for 2 steps because its own Dockerfile or files changed."
    assert [label.whole()[:10] for label in pane.sides] == ["A: a.jsonl", "B: b.jsonl"]
    assert pane.table.currentIndex().row() == 2
    assert pane.words.text() == "The files differ: a: content changed."
    shown = [pane.model.index(row, DiffColumn.WHAT).data() for row in range(pane.model.rowCount())]
    assert shown == [
        "same",
        "same",
        "the files differ: a: content changed",
        "follows from step 3",
        "only B has this instruction",
    ]
    assert [pane.model.index(2, column).data() for column in (DiffColumn.ANSWER_A, DiffColumn.ANSWER_B)] == [
        *("cached", "not cached"),
    ]
    qtbot.keyClick(pane.table, Qt.Key.Key_Down)
    assert pane.words.text() == "Follows from step 3."
    qtbot.keyClick(pane.table, Qt.Key.Key_Escape)
    assert not pane.isVisible()


def test_the_builds_are_chosen_by_their_paths(window: MainWindow, qtbot: QtBot, records: tuple[str, str]) -> None:
    window.commands.diff.trigger()
    pane = window.docks.get(DIFF).pane
    qtbot.waitUntil(pane.isVisible)
    assert pane.diff is None
    next(each for each in pane.head.findChildren(QToolButton) if each.text() == "Choose builds…").click()
    dialog = chooser(window, qtbot)
    assert not dialog.compare_button.isEnabled()
    for line, path in zip(dialog.lines, records, strict=True):
        line.setFocus()
        qtbot.keyClicks(line.lineEdit(), path)
    assert dialog.compare_button.isEnabled()
    qtbot.keyClick(dialog.lines[1], Qt.Key.Key_Return)
    assert compared(window, qtbot).answer.text().startswith("The builds first differ at step 3")
    with qtbot.waitSignal(pane.settled):
        pane.head.swap_button.click()
    assert [label.whole()[:10] for label in pane.sides] == ["A: b.jsonl", "B: a.jsonl"]
    for form in FORMS:
        pane.head.copy_requested.emit(form)
        assert "The builds first differ at step 3" in QGuiApplication.clipboard().text()


def test_a_record_that_is_open_is_compared_with_another(
    window: MainWindow, qtbot: QtBot, records: tuple[str, str]
) -> None:
    window.open(records[0])
    watch = window.docks.get(WATCH).pane
    qtbot.waitUntil(lambda: watch.isVisible() and watch.model.rowCount() == 1, timeout=20_000)
    watch.head.compare_button.click()
    dialog = chooser(window, qtbot)
    assert dialog.lines[0].currentText() == f"{records[0]}#1"
    dialog.lines[1].setEditText(records[1])
    dialog.compare_button.click()
    assert compared(window, qtbot).answer.text().startswith("The builds first differ at step 3")


def test_the_replayed_build_is_compared_with_a_record(
    show_store: ShowStore, qtbot: QtBot, records: tuple[str, str], tmp_path: Path
) -> None:
    context = tmp_path / "context"
    context.mkdir()
    for name, content in {"Dockerfile": BUILD.dockerfile.encode(), **BUILD.files}.items():
        (context / name).write_bytes(content)
        (context / name).chmod(0o644)
    window = show_store(records[0])
    drop(window, context / "Dockerfile")
    replay = window.docks.get(REPLAY).pane
    qtbot.waitUntil(lambda: replay.request is not None, timeout=20_000)
    replay.head.compare_button.click()
    dialog = chooser(window, qtbot)
    assert dialog.lines[0].currentText().startswith("Replay of ")
    dialog.lines[1].setEditText(records[0])
    dialog.compare_button.click()
    pane = compared(window, qtbot)
    assert pane.answer.text() == "The cache treats both builds the same (3 of 3 steps cached in both)."


def test_two_contexts_are_compared_with_separate_options(
    show_store: ShowStore, qtbot: QtBot, records: tuple[str, str], tmp_path: Path
) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM base\nARG V=1\nRUN make\n")
    window = show_store(records[0])
    dock = window.docks.get(DIFF)
    dialog = dock.choose()
    assert not any(button.isEnabled() for button in dialog.option_buttons)
    dialog.lines[0].setEditText(records[0])
    dialog.lines[1].setEditText(str(context))
    assert [button.isEnabled() for button in dialog.option_buttons] == [False, True]
    for line in dialog.lines:
        line.setEditText(str(context))
    dialog.option_buttons[1].click()
    [options] = dialog.findChildren(OptionsDialog)
    qtbot.keyClicks(options.form.build_args, "V=2")
    options.accept()
    assert [button.text() for button in dialog.option_buttons] == ["Options…", "Options (1)…"]
    dialog.compare_button.click()
    pane = compared(window, qtbot)
    assert pane.answer.text() == (
        'The builds first differ at step 3, `RUN make`: build argument V is "1" in A and "2" in B.'
    )
    again = dock.choose()
    assert [button.text() for button in again.option_buttons] == ["Options…", "Options (1)…"]
    again.lines[1].setEditText(f"{context}/")
    assert [button.text() for button in again.option_buttons] == ["Options…", "Options…"]


def test_a_watched_build_is_compared_by_its_record(
    window: MainWindow, qtbot: QtBot, records: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = window.docks.get(WATCH).pane
    saved = []

    def save(number: int, path: str, _report: object, *, env: bool, labels: bool) -> None:
        saved.append((number, env, labels))
        shutil.copyfile(records[0], path)

    monkeypatch.setattr(watch.bridge, "save", save)
    watch.model.show_build(ShownBuild(7, "app", is_final=True, can_be_recorded=True), 10)
    watch.builds.selectRow(0)
    window.docks.get(WATCH).show_and_focus()
    watch.head.compare_button.click()
    dialog = chooser(window, qtbot)
    assert dialog.lines[0].currentText() == "app"
    dialog.lines[1].setEditText(records[1])
    dialog.compare_button.click()
    assert compared(window, qtbot).answer.text().startswith("The builds first differ at step 3")
    assert saved == [(7, False, False)]


def test_an_image_of_the_open_store_is_compared(show_store: ShowStore, qtbot: QtBot, records: tuple[str, str]) -> None:
    window = show_store(records[0])
    assert window.session is not None
    last = window.session.store.images[-1].id
    dock = window.docks.get(DIFF)
    dock.show_and_focus()
    dock.compare_paths([records[0], f"image:{last}"])
    pane = compared(window, qtbot)
    assert pane.answer.text().startswith("There are no known differences. ")


@pytest.mark.parametrize("path", ["nothing.jsonl", "suite.jsonl"])
def test_a_file_that_is_not_a_build_cannot_be_compared(
    window: MainWindow, qtbot: QtBot, records: tuple[str, str], path: str, tmp_path: Path
) -> None:
    if path == "suite.jsonl":
        (tmp_path / path).write_text('{"rules": "x", "probes": []}\n')
    dock = window.docks.get(DIFF)
    with qtbot.waitSignal(dock.pane.settled, timeout=20_000):
        dock.compare_paths([records[0], str(tmp_path / path)])
    assert dock.pane.diff is None
    assert not dock.pane._content.has_content
