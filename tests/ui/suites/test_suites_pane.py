"""The pane of suite checks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from suites_kit import GOOD, HAZARDS, WRONG, case, cells, pane_of, probe, ran, rows, suite
from window_kit import OpenWindow

from cacheview.ui.docks import SUITES
from cacheview.ui.suites.model import ChecksColumn
from cacheview.ui.suites.rows import Outcome
from cacheview.ui.window import MainWindow

CONTROL = Qt.KeyboardModifier.ControlModifier


def texts(window: MainWindow) -> list[str]:
    return [
        label.text()
        for label in window.docks.get(SUITES).pane.findChildren(QLabel)
        if label.isVisible() and label.text()
    ]


def filter_box(window: MainWindow) -> QLineEdit:
    box = window.docks.get(SUITES).pane.findChild(QLineEdit)
    assert isinstance(box, QLineEdit)
    return box


def only_failed(window: MainWindow) -> QCheckBox:
    box = window.docks.get(SUITES).pane.findChild(QCheckBox)
    assert isinstance(box, QCheckBox)
    return box


@pytest.mark.looks
def test_opened_and_closed_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_K, CONTROL)
    dock = window.docks.get(SUITES).dock
    qtbot.waitUntil(dock.isVisible)
    assert window.commands.suite_checks.isChecked()
    assert window.height() == 768
    assert "No suite has been run" in texts(window)
    focus = QApplication.focusWidget()
    assert focus is window.docks.get(SUITES).pane.head.open_button
    qtbot.keyClick(focus, Qt.Key.Key_Escape)
    assert not dock.isVisible()
    assert not window.commands.suite_checks.isChecked()


def test_files_are_chosen_and_run(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = suite(tmp_path / "one.jsonl", GOOD), suite(tmp_path / "two.jsonl", WRONG)
    pane = pane_of(window)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(one), str(two)], ""))
    with qtbot.waitSignal(pane.finished, timeout=20_000):
        qtbot.keyClick(pane.head.open_button, Qt.Key.Key_Space)
    assert pane.head.text == "2 passed, 1 failed · 2 suites"
    assert [cells(pane.table, i)[:4] for i in range(3)] == [
        ["passed", "one.jsonl", "1 good", "1 the step"],
        ["passed", "one.jsonl", "1 good", "2 another step"],
        ["failed", "two.jsonl", "1 wrong", "1 not so"],
    ]
    assert cells(pane.table, 2)[4:] == ["miss", "hit bbbbbbbbbbbb", "outcome: expected miss, got hit"]
    # The focus moves to the rows.
    assert QApplication.focusWidget() is pane.table
    qtbot.keyClick(pane.table, Qt.Key.Key_End, CONTROL)
    assert "case 1 wrong, probe 1 not so: outcome: expected miss, got hit — as it was once" in texts(window)


def test_the_suite_column_is_hidden_for_a_single_file(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    pane = pane_of(window)
    ran(pane, qtbot, suite(tmp_path / "one.jsonl", GOOD))
    assert pane.table.isColumnHidden(ChecksColumn.SUITE)
    assert pane.head.text == "2 passed, 0 failed · one.jsonl"
    ran(pane, qtbot, tmp_path / "one.jsonl", HAZARDS)
    assert not pane.table.isColumnHidden(ChecksColumn.SUITE)


def test_failed_only_and_filter(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    pane = pane_of(window)
    ran(pane, qtbot, suite(tmp_path / "s.jsonl", GOOD, "{", WRONG))
    assert pane.head.text == "2 passed, 2 failed (1 could not be run) · s.jsonl"
    only_failed(window).click()
    assert [row.outcome for row in rows(pane)] == [Outcome.UNUSABLE, Outcome.FAILED]
    qtbot.keyClicks(filter_box(window), "not wrong")
    assert [row.case_name for row in rows(pane)] == ["wrong"]
    qtbot.keyClicks(filter_box(window), "zzz")
    assert "Nothing matches “not wrongzzz”" in texts(window)
    qtbot.keyClick(filter_box(window), Qt.Key.Key_Escape)
    assert len(rows(pane)) == 2
    assert window.docks.get(SUITES).dock.isVisible()


def test_the_row_stays_selected_when_the_filter_goes(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    pane = pane_of(window)
    ran(pane, qtbot, suite(tmp_path / "s.jsonl", GOOD, WRONG))
    only_failed(window).click()
    pane.table.select(pane.model.index(0, 0))
    only_failed(window).click()
    assert len(rows(pane)) == 3
    row = pane.table.current_row()
    assert row is not None
    assert row.case_name == "wrong"


def test_the_failed_filter_reports_that_none_failed(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    pane = pane_of(window)
    only_failed(window).click()
    ran(pane, qtbot, suite(tmp_path / "s.jsonl", GOOD))
    assert "None failed" in texts(window)
    assert "2 probes passed." in texts(window)
    (button,) = [b for b in pane.findChildren(QPushButton) if b.isVisible()]
    button.click()
    assert len(rows(pane)) == 2


def test_enter_opens_the_probe_of_another_suite_file(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    older = case("older", probe("y", "miss"), probe("x", "miss", name="not so"), rules="graphdriver-24.0.7")
    pane = pane_of(window)
    ran(pane, qtbot, suite(tmp_path / "s.jsonl", "{", GOOD, older))
    pane.table.select(pane.model.index(4, 0))
    with qtbot.waitSignal(window.docks.get(SUITES).shower.shown, timeout=20_000):
        qtbot.keyClick(pane.table, Qt.Key.Key_Return)
    session = window.session
    assert session is not None
    assert session.opened.location == str(tmp_path / "s.jsonl")
    assert (session.case.name, session.probe_number) == ("older", 1)
    assert session.cache.rules.name == "graphdriver-24.0.7"
    assert session.document.probe.config.Cmd == ("x",)
    assert session.answer is not None
    assert session.answer.differences == ("outcome: expected miss, got hit",)


def test_a_click_on_a_result_selects_its_probe_in_the_open_file(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    assert session is not None
    pane = pane_of(window)
    with qtbot.waitSignal(pane.finished, timeout=20_000):
        pane.head.current_button.click()
    assert pane.head.text.startswith(f"{len(session.case.probes)} passed, 0 failed")
    session.choose_rules("containerd-29")
    settled: list[bool] = []
    window.settled.connect(settled.append)
    where = pane.table.visualRect(pane.model.index(2, ChecksColumn.PROBE)).center()
    qtbot.mouseClick(pane.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.probe_number == 2
    assert session.cache.rules.name == session.case.rules
    assert session.answer is not None
    assert session.answer.differences == ()
    assert not settled


def test_a_click_on_a_result_selects_the_rules_of_its_release(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD | {"rules": "Docker 24.0.7, overlay2"})
    pane, session = pane_of(window), window.session
    assert session is not None
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(file))
    daemon = session.daemon
    ran(pane, qtbot, file)
    session.choose_rules("containerd-29")
    window.docks.get(SUITES).shower.show(rows(pane)[1])
    assert session.daemon == daemon
    assert session.probe_number == 1
    assert session.answer is not None
    assert session.answer.differences == ()


def test_an_unreadable_case_cannot_be_opened_from_its_row(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    pane = pane_of(window)
    ran(pane, qtbot, suite(tmp_path / "s.jsonl", "{", GOOD))
    pane.table.select(pane.model.index(0, 0))
    qtbot.keyClick(pane.table, Qt.Key.Key_Return)
    assert window.session is not None
    assert window.session.opened.kind == "demo"
    reported = " ".join(label.text() for label in window.notice.findChildren(QLabel))
    assert "There is nothing to show for case 1" in reported


def test_a_file_that_was_changed_is_read_again(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD)
    pane = pane_of(window)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(file))
    suite(file, GOOD, WRONG)
    ran(pane, qtbot, file)
    pane.table.select(pane.model.index(2, 0))
    with qtbot.waitSignal(window.docks.get(SUITES).shower.shown, timeout=20_000):
        qtbot.keyClick(pane.table, Qt.Key.Key_Return)
    assert window.session is not None
    assert window.session.case.name == "wrong"


def test_choosing_a_result_of_a_changed_suite_is_reported(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD, WRONG)
    pane = pane_of(window)
    ran(pane, qtbot, file)
    suite(file, WRONG, GOOD)
    pane.table.select(pane.model.index(2, 0))
    with qtbot.waitSignal(window.docks.get(SUITES).shower.failed, timeout=20_000):
        qtbot.keyClick(pane.table, Qt.Key.Key_Return)
    reported = " ".join(label.text() for label in window.notice.findChildren(QLabel))
    assert "Run the suite again" in reported


def test_results_of_a_canceled_run_are_kept(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    many = [case(f"case {number}", *(probe(f"y{i}", "miss") for i in range(30))) for number in range(200)]
    pane = pane_of(window)
    pane.model.rowsInserted.connect(lambda: pane.head.cancel_button.click())
    ran(pane, qtbot, suite(tmp_path / "s.jsonl", *many))
    assert 0 < pane.model.total < 6000
    assert "canceled; not all probes were run" in pane.head.text
    assert not pane.head.cancel_button.isVisible()
    before = pane.model.total
    pane.model.rowsInserted.disconnect()
    with qtbot.waitSignal(pane.finished, timeout=60_000):
        pane.head.again_button.click()
    assert before < pane.model.total == 6000
    assert pane.head.text == "6,000 passed, 0 failed · s.jsonl"


def test_closing_the_window_ends_a_run(open_window: OpenWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window("demo:")
    many = [case(f"case {number}", *(probe(f"y{i}", "miss") for i in range(30))) for number in range(200)]
    pane = pane_of(window)
    with qtbot.waitSignal(pane.model.rowsInserted, timeout=20_000):
        pane.run([str(suite(tmp_path / "s.jsonl", *many))])
    window.close()
    assert not pane.is_busy


def test_rows_are_copied_as_lines(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD, WRONG)
    pane = pane_of(window)
    ran(pane, qtbot, file)
    pane.table.setFocus()
    pane.table.select(pane.model.index(1, 0))
    qtbot.keyClick(pane.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(pane.table, Qt.Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text().splitlines() == [
        f"{file}: case 1 good, probe 2 another step: passed",
        f"{file}: case 2 wrong, probe 1 not so: failed: outcome: expected miss, got hit",
    ]
    assert window.status.currentMessage() == "Copied: 2 probes"


def test_every_control_has_a_name_and_takes_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    pane = pane_of(window)
    head = pane.head
    for button in (head.open_button, head.current_button, head.again_button, head.cancel_button, head.close_button):
        assert button.accessibleName() or button.text()
        assert button.toolTip()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert filter_box(window).accessibleName()
    assert pane.table.accessibleName()
