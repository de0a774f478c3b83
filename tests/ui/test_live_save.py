"""Saving a store as a suite in the window, and opening it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_kit import FakeEngine, make_image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel
from pytestqt.qtbot import QtBot
from shared_window import ShowStore

from cacheview import cli
from cacheview.ui.stores.save_dialog import SaveDialog
from cacheview.ui.window import MainWindow


@pytest.fixture
def window(show_store: ShowStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    images = [make_image(1, None, "docker.io/library/app:1"), make_image(2, 1), make_image(3, 1)]
    FakeEngine(images).install(monkeypatch)
    return show_store("engine:")


def open_dialog(window: MainWindow, qtbot: QtBot) -> SaveDialog:
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(SaveDialog)
    assert isinstance(dialog, SaveDialog)
    return dialog


def press_save(dialog: SaveDialog) -> None:
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    box.button(QDialogButtonBox.StandardButton.Save).click()


def test_saved_and_opened_again(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert window.session is not None
    window.session.choose_rules("Docker 24.0.7, overlay2")
    window.session.document.set_field("User", "nobody", "Set User to nobody")
    probe, answer, daemon = window.session.document.probe, window.session.answer, window.session.daemon
    assert answer is not None
    dialog = open_dialog(window, qtbot)
    assert dialog.path.text() == str(tmp_path / "Docker-Engine.suite.jsonl")
    dialog.env.click()
    with qtbot.waitSignal(window.saver.saved, timeout=10_000):
        press_save(dialog)
    file = tmp_path / "Docker-Engine.suite.jsonl"
    assert window.status.currentMessage() == f"Saved: {file}"
    assert "/bin" not in file.read_text().replace("/bin/sh", "")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(file))
    again = window.session.answer
    assert again is not None
    assert again.explanation.verdict.outcome == answer.explanation.verdict.outcome
    assert window.session.daemon.version == daemon.version == "24.0.7"
    assert window.session.daemon.answers_as(daemon)
    assert again.differences == ()
    assert window.session.document.probe.config.User == probe.config.User == "nobody"
    assert cli.main(["check", str(file)]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed\n"


@pytest.mark.looks
def test_the_save_dialog_states_what_is_not_redacted(window: MainWindow, qtbot: QtBot) -> None:
    dialog = open_dialog(window, qtbot)
    reported = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "All values are included." in reported
    height = dialog.height()
    dialog.labels.click()
    reported = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "All values are included." not in reported
    assert "variable and label names" in reported
    assert dialog.height() == height
    dialog.reject()


def test_an_existing_file_is_replaced_only_by_a_replace_button(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    there = tmp_path / "there.jsonl"
    there.write_text("x")
    dialog = open_dialog(window, qtbot)
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    save = box.button(QDialogButtonBox.StandardButton.Save)
    assert save.text() == "&Save"
    dialog.path.setText(str(there))
    assert save.text() == "&Replace"
    dialog.path.setText(" ")
    assert not save.isEnabled()
    dialog.reject()
    assert there.read_text() == "x"


def test_an_unwritable_store_file_is_reported(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = open_dialog(window, qtbot)
    dialog.path.setText(str(tmp_path / "none" / "x.jsonl"))
    with qtbot.waitSignal(window.saver.failed, timeout=10_000):
        press_save(dialog)
    reported = " ".join(label.text() for label in window.notice.findChildren(QLabel))
    assert "The store was not saved" in reported
    assert "cannot be written" in reported


def test_the_open_suite_is_not_offered_to_be_replaced(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    suite = tmp_path / "bad.suite.jsonl"
    suite.write_text('{"rules": "containerd-71ebfc7", "images": [], "probes": []}\n')
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(suite))
    dialog = open_dialog(window, qtbot)
    assert dialog.path.text() == str(tmp_path / "bad-2.suite.jsonl")
    dialog.path.setText(str(suite))
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    save = box.button(QDialogButtonBox.StandardButton.Save)
    assert save.text() == "&Save"
    assert not save.isEnabled()
    dialog.reject()
