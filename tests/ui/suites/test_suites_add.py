"""Adding the current probe to a suite, which `cacheview check` then runs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from suites_kit import GOOD, HAZARDS, WRONG, Silent, pane_of, ran, suite

from cacheview import cli
from cacheview.engine import RULE_SETS, ImageCache
from cacheview.engine.case_results import probe_results, unmet_expectations
from cacheview.engine.expectation import case_of, expectation_of
from cacheview.model import DataError, ImageStore, SuiteCase, decode
from cacheview.stores.progress import Canceled
from cacheview.stores.suite import read_suite
from cacheview.ui.docks import SUITES
from cacheview.ui.suites.add_dialog import AddDialog
from cacheview.ui.suites.adding import add_work
from cacheview.ui.window import MainWindow

QUIRKS = Path(__file__).parents[2] / "data" / "quirks"


def open_dialog(window: MainWindow, qtbot: QtBot) -> AddDialog:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_S, modifiers)
    qtbot.waitUntil(lambda: window.findChild(AddDialog) is not None)  # the dock is created first
    dialog = window.findChild(AddDialog)
    assert isinstance(dialog, AddDialog)
    return dialog


def add_button(dialog: AddDialog) -> QPushButton:
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    return box.button(QDialogButtonBox.StandardButton.Save)


def reported(dialog: AddDialog) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel))


def added(window: MainWindow, qtbot: QtBot, dialog: AddDialog) -> None:
    with qtbot.waitSignal(window.docks.get(SUITES).adder.added, timeout=20_000):
        add_button(dialog).click()


def notice(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.notice.findChildren(QLabel))


def cases(file: Path) -> list[SuiteCase]:
    found = list(read_suite(file))
    assert all(isinstance(case, SuiteCase) for case in found)
    return [case for case in found if isinstance(case, SuiteCase)]


def opened(window: MainWindow, qtbot: QtBot, file: Path) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(file))


def test_to_a_new_file(window: MainWindow, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dialog = open_dialog(window, qtbot)
    file = tmp_path / "demo.suite.jsonl"
    assert dialog.path.text() == str(file)
    assert dialog.outcome.currentText() == "miss"
    assert not dialog.image.isEnabled()
    assert "A new file" in reported(dialog)
    assert "The rules give this answer." in reported(dialog)
    # The name field has the focus.
    qtbot.keyClicks(dialog.name, "one variable")
    qtbot.keyClicks(dialog.note, "as it was told")
    added(window, qtbot, dialog)
    assert window.status.currentMessage() == f"Added to {file}, which now has 1 case"
    (case,) = cases(file)
    (probe,) = case.probes
    assert (probe.name, probe.note) == ("one variable", "as it was told")
    assert window.session is not None
    assert probe.probe == window.session.document.probe
    assert len(case.images) == len(window.session.store.images)
    assert cli.main(["check", str(file)]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed\n"


def test_a_probe_is_appended_to_an_existing_suite(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD)
    before = file.read_text()
    pane = pane_of(window)
    ran(pane, qtbot, file)
    dialog = open_dialog(window, qtbot)
    # The dialog suggests the suite that was run.
    assert dialog.path.text() == str(file)
    assert "One line will be appended" in reported(dialog)
    added(window, qtbot, dialog)
    assert file.read_text().startswith(before)
    assert cli.main(["check", str(file)]) == 0
    assert capsys.readouterr().out == "3 passed, 0 failed\n"
    with qtbot.waitSignal(pane.finished, timeout=20_000):
        pane.head.again_button.click()
    assert pane.head.text == "3 passed, 0 failed · s.jsonl"


def test_a_probe_is_added_to_the_open_compressed_suite(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(GOOD).encode()))
    opened(window, qtbot, file)
    assert window.session is not None
    window.session.document.set_field("Tty", True, "Set Tty")
    dialog = open_dialog(window, qtbot)
    assert dialog.path.text() == str(file)
    added(window, qtbot, dialog)
    first, second = cases(file)
    assert first.name == second.name == "good"
    assert second.probes[0].config.Tty is True
    assert cli.main(["check", str(file)]) == 0


def test_a_hit_must_be_added_with_its_expected_image(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    opened(window, qtbot, suite(tmp_path / "s.jsonl", GOOD))
    dialog = open_dialog(window, qtbot)
    assert dialog.outcome.currentText() == "hit"
    assert dialog.image.text() == f"sha256:{'b' * 64}"
    # The first digits of an id are enough.
    dialog.image.setText("bbbb")
    assert "The rules give this answer." in reported(dialog)
    dialog.image.setText("aaaa")
    assert "The rules give a different answer: image: expected sha256:aaaa" in reported(dialog)
    assert add_button(dialog).text() == "Add &anyway"
    dialog.image.setText("zzz")
    assert "no such image" in reported(dialog)
    assert not add_button(dialog).isEnabled()
    dialog.image.clear()
    assert "Enter the expected image" in reported(dialog)
    assert not add_button(dialog).isEnabled()
    dialog.reject()


def test_a_differing_expectation_can_be_added_and_then_fails(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(window, qtbot, suite(tmp_path / "s.jsonl", GOOD))
    dialog = open_dialog(window, qtbot)
    dialog.path.setText(str(tmp_path / "other.jsonl"))
    dialog.outcome.setCurrentText("miss")
    assert "The rules give a different answer: outcome: expected miss, got hit." in reported(dialog)
    assert "Nothing else is checked." in reported(dialog)
    added(window, qtbot, dialog)
    assert cli.main(["check", str(tmp_path / "other.jsonl")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"
    pane = pane_of(window)
    ran(pane, qtbot, tmp_path / "other.jsonl")
    assert pane.head.text == "0 passed, 1 failed · other.jsonl"


def test_the_same_file_is_offered_again(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.jsonl"
    dialog = open_dialog(window, qtbot)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(mine), ""))
    next(button for button in dialog.findChildren(QPushButton) if button.text() == "&Choose…").click()
    assert dialog.path.text() == str(mine)
    added(window, qtbot, dialog)
    again = open_dialog(window, qtbot)
    assert again.path.text() == str(mine)
    again.path.setText(str(tmp_path))
    assert not add_button(again).isEnabled()
    again.reject()


@pytest.mark.parametrize(
    ("content", "why"),
    [("no suite\n", "Nothing was added"), (json.dumps(WRONG)[:40], "Nothing was added")],
    ids=["text", "damaged"],
)
def test_adding_to_a_file_that_is_not_a_suite_keeps_the_file(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, content: str, why: str
) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(content)
    dialog = open_dialog(window, qtbot)
    dialog.path.setText(str(file))
    with qtbot.waitSignal(window.docks.get(SUITES).adder.failed, timeout=20_000):
        add_button(dialog).click()
    assert file.read_text() == content
    assert "The probe was not added" in notice(window)
    assert why in notice(window)


def test_a_store_is_not_written_to(tmp_path: Path) -> None:
    (case,) = cases(suite(tmp_path / "s.jsonl", GOOD))
    inside = tmp_path / "layout" / "s.jsonl"
    inside.parent.mkdir()
    with pytest.raises(DataError, match="never writes to a store"):
        add_work(str(inside), case, (), str(tmp_path / "layout"))(Silent())
    assert not inside.exists()


class Watched(Silent):
    """Records progress, and can cancel the work before it writes."""

    def __init__(self, *, is_canceled: bool = False) -> None:
        self.is_canceled = is_canceled
        self.shares: list[float] = []

    def __call__(self, done: int, total: int | None, what: str) -> None:
        if total:
            self.shares.append(done / total)

    def commit(self) -> None:
        if self.is_canceled:
            raise Canceled


def test_progress_increases_from_zero_to_one(tmp_path: Path) -> None:
    (case,) = cases(suite(tmp_path / "s.jsonl", GOOD))
    watched = Watched()
    assert add_work(str(tmp_path / "s.jsonl"), case, ())(watched) == (str(tmp_path / "s.jsonl"), 2)
    assert watched.shares == sorted(watched.shares)
    assert (watched.shares[0], watched.shares[-1]) == (0, 1)
    assert len(set(watched.shares)) > 3


def test_a_late_cancel_prevents_writing(tmp_path: Path) -> None:
    file = suite(tmp_path / "s.jsonl", GOOD)
    content = file.read_text()
    (case,) = cases(file)
    for path in (file, tmp_path / "new.jsonl"):
        with pytest.raises(Canceled):
            add_work(str(path), case, ())(Watched(is_canceled=True))
    assert file.read_text() == content
    assert [each.name for each in tmp_path.iterdir()] == ["s.jsonl"]


def test_a_case_with_unexpected_results_is_not_written(tmp_path: Path) -> None:
    wrong = decode(SuiteCase, json.dumps(WRONG))
    with pytest.raises(DataError, match="expected miss, got hit"):
        add_work(str(tmp_path / "s.jsonl"), wrong, ())(Silent())
    assert not (tmp_path / "s.jsonl").exists()
    assert add_work(str(tmp_path / "s.jsonl"), wrong, ("outcome: expected miss, got hit",))(Silent()) == (
        str(tmp_path / "s.jsonl"),
        1,
    )


@pytest.mark.parametrize("file", [HAZARDS, *sorted(QUIRKS.iterdir())], ids=lambda file: file.name.split(".jsonl")[0])
def test_a_case_added_from_any_verdict_passes(file: Path) -> None:
    """Errors, panics, recreated images, parents and sources, added as the window does it."""
    outcomes = set()
    for case in cases(file):
        store = ImageStore(case.images, layer_content=case.layer_content)
        rules = RULE_SETS[case.rules]
        for reported in case.probes:
            probe = reported.probe
            if probe.parent.startswith("@"):
                continue
            verdict = ImageCache(store, rules).verdict(probe)
            expect = expectation_of(verdict, probe)
            assert list(unmet_expectations(verdict, expect)) == []
            made = case_of(
                SuiteCase(rules=case.rules, images=case.images, layer_content=case.layer_content),
                probe,
                verdict,
                expect,
            )
            (again,) = probe_results(decode(SuiteCase, made.model_dump_json(exclude_defaults=True)))
            assert again.differences == ()
            outcomes.add(expect.outcome)
    assert outcomes
