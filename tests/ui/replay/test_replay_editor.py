"""Opening a step's line of the Dockerfile in an editor."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QPushButton
from pytestqt.qtbot import QtBot
from window_kit import drop

from cacheview.ui.docks import REPLAY
from cacheview.ui.editor.dialog import EditorDialog
from cacheview.ui.replay.pane import ReplayPane
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow


@pytest.fixture
def pane(window: MainWindow, site: Path, settings: Settings, qtbot: QtBot) -> ReplayPane:
    settings.editor = "no-such-editor {file}"  # so that no editor on this machine is started
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        drop(window, site)
    return pane


def opened_in_editor(pane: ReplayPane, qtbot: QtBot, ask: Callable[[], object]) -> tuple[str, int]:
    with qtbot.waitSignal(pane.editor_requested) as result:
        ask()
    assert result.args is not None
    path, line = result.args
    return Path(path).name, line


def choose(pane: ReplayPane, row: int) -> int:
    """Select a row. Returns its line."""
    pane.view.setCurrentIndex(pane.model.index(row, 0))
    chosen = pane.model.row(pane.view.currentIndex())
    assert chosen is not None
    return chosen.line


def test_the_editor_opens_by_key_by_menu_and_by_button(pane: ReplayPane, qtbot: QtBot) -> None:
    line = choose(pane, 2)
    assert line > 1
    qtbot.waitUntil(pane.detail.editor_button.isVisible)
    assert pane.detail.editor_button.text() == f"Open at line {line}"
    click = pane.detail.editor_button
    menu = pane.row_menu.menu()
    entry = menu.actions()[0]
    assert entry.text() == f"&Open in your editor at line {line}"
    for ask in (
        lambda: qtbot.keyClick(pane.view, Qt.Key.Key_F4),
        lambda: qtbot.keyClick(pane.detail, Qt.Key.Key_F4),
        lambda: qtbot.mouseClick(click, Qt.MouseButton.LeftButton),
        entry.trigger,
    ):
        assert opened_in_editor(pane, qtbot, ask) == ("Dockerfile", line)
    menu.deleteLater()


def test_a_dockerfile_in_a_tar_is_not_offered(pane: ReplayPane, window: MainWindow, site: Path, qtbot: QtBot) -> None:
    with tarfile.open(site.parent / "site.tar", "w") as tar:
        tar.add(site, ".")
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        drop(window, site.parent / "site.tar")
        window.docks.get(REPLAY).open(str(site.parent / "site.tar"))
    choose(pane, 2)
    assert pane.detail.editor_button.isHidden()
    menu = pane.row_menu.menu()
    assert not menu.actions()[0].isEnabled()
    assert menu.actions()[0].text().endswith("(the Dockerfile is in a tar file)")
    with qtbot.assertNotEmitted(pane.editor_requested):
        qtbot.keyClick(pane.view, Qt.Key.Key_F4)
    menu.deleteLater()


def test_a_file_that_cannot_be_replayed_can_be_opened(pane: ReplayPane, site: Path, qtbot: QtBot) -> None:
    (site / "Dockerfile").write_bytes(b"")
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        pane.look_up_again()
    assert opened_in_editor(pane, qtbot, lambda: qtbot.keyClick(pane, Qt.Key.Key_F4)) == ("Dockerfile", 0)


def test_an_editor_that_does_not_start_is_reported_and_another_can_be_chosen(
    pane: ReplayPane, window: MainWindow, settings: Settings, qtbot: QtBot
) -> None:
    choose(pane, 2)
    qtbot.keyClick(pane.view, Qt.Key.Key_F4)
    assert "no-such-editor could not be started" in window.notice.text
    button = next(each for each in window.notice.findChildren(QPushButton) if each.text() == "&Choose an editor…")
    button.click()
    dialog = window.findChild(EditorDialog)
    assert isinstance(dialog, EditorDialog)
    assert dialog.command.text() == "no-such-editor {file}"
    buttons = dialog.findChild(QDialogButtonBox)
    assert isinstance(buttons, QDialogButtonBox)
    ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
    dialog.command.setText("kate {line}")
    assert not ok.isEnabled()
    assert "{file}" in dialog.problem.text()
    dialog.command.setText("kate --line {line} {file}")
    ok.click()
    assert settings.editor == "kate --line {line} {file}"
    assert Settings(settings._file).editor == settings.editor
