"""Choosing rules by version and store, using an engine's own rules, and returning to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from cacheview.cases import daemon_known
from cacheview.engine.rulesets.releases import newest_rules
from cacheview.model import Image, ImageStore, Release, StoreKind
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.ui.rules.by_version import ByVersionDialog
from cacheview.ui.rules.menu import RulesMenu
from cacheview.ui.window import MainWindow


def rules_of(window: MainWindow) -> str:
    assert window.session is not None
    return window.session.cache.rules.name


def own(window: MainWindow) -> QAction:
    """The entry for the engine's own rules, at the top of the menu."""
    assert window.session is not None
    found = window.session.findChild(RulesMenu)
    assert found is not None
    assert found.own is window.commands.rules_menu.actions()[0]
    return found.own


def printed(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.notice.findChildren(QLabel) if label.isVisible())


def back(window: MainWindow) -> list[QPushButton]:
    return [each for each in window.notice.findChildren(QPushButton) if "own rules" in each.text() and each.isVisible()]


def open_dialog(window: MainWindow) -> ByVersionDialog:
    window.commands.rules_by_version.trigger()
    found = window.findChildren(ByVersionDialog)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def of_engine(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """Shows the store of an engine 28.5.2 with containerd."""
    set_version(monkeypatch, "28.5.2")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open("engine:")
    return window


def set_version(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Set the version of the engine, as it is when its store is read next."""
    monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: engine_store(version))


def engine_store(version: str) -> OpenedLocation:
    image = Image.model_validate({"id": f"sha256:{1:064x}", "config": {"container_config": {"Cmd": ("make",)}}})
    store = ImageStore((image,), title=f"docker {version}", release=Release(StoreKind.CONTAINERD, version))
    return OpenedLocation("an engine", "engine:", OpenedKind.ENGINE, (OpenedCase("", store, ""),))


def test_the_version_decides_the_rules(filled: MainWindow, qtbot: QtBot) -> None:
    dialog = open_dialog(filled)
    assert not dialog.use.isEnabled()
    # From an empty line, through an incomplete version, to a version with rules.
    dialog.version.setFocus()
    qtbot.keyClicks(dialog.version, "2")
    assert not dialog.use.isEnabled()
    assert dialog.answer.text.startswith("None: ")
    qtbot.keyClicks(dialog.version, "5.0.2")
    assert dialog.answer.text == "Rules: graph driver, Docker 25.0.2"
    assert "graphdriver-25.0.2" in dialog.answer.advice
    dialog.driver.setEditText("containerd")
    assert dialog.answer.text == "Rules: containerd store, Docker 25.0.2"
    qtbot.keyClick(dialog.version, Qt.Key.Key_Return)
    assert rules_of(filled) == "containerd-25.0.2"
    assert not dialog.isVisible()


def test_a_version_without_rules_cannot_be_accepted(filled: MainWindow, qtbot: QtBot) -> None:
    dialog = open_dialog(filled)
    qtbot.keyClicks(dialog.version, "17.06")
    assert "oldest known rules are for" in dialog.answer.text
    qtbot.keyClick(dialog.version, Qt.Key.Key_Return)
    assert dialog.isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert rules_of(filled) == "containerd-71ebfc7"


def test_the_dialog_begins_with_the_engine_at_hand(of_engine: MainWindow) -> None:
    dialog = open_dialog(of_engine)
    assert dialog.version.text() == "28.5.2"
    assert dialog.driver.currentText() == "containerd"
    assert dialog.rules_found.rules is not None
    assert dialog.rules_found.rules.name == rules_of(of_engine)
    dialog.reject()


def test_rules_that_differ_from_the_engine_are_reported_and_resettable(of_engine: MainWindow, qtbot: QtBot) -> None:
    assert rules_of(of_engine) == "containerd-28.5.2"
    assert own(of_engine).isVisible()
    assert own(of_engine).isChecked()
    assert "The engine's rules" in own(of_engine).text().replace("&", "")
    assert not back(of_engine)
    dialog = open_dialog(of_engine)
    dialog.version.setText("25.0.2")
    dialog.accept()
    assert not own(of_engine).isChecked()
    assert (
        "This store's engine uses the rules of Docker 28.5.2, containerd; you are using the rules of Docker 25.0.2"
        in printed(of_engine)
    )
    qtbot.mouseClick(back(of_engine)[0], Qt.MouseButton.LeftButton)
    assert rules_of(of_engine) == "containerd-28.5.2"
    assert own(of_engine).isChecked()
    assert not back(of_engine)


def test_a_chosen_version_changes_the_builder_under_the_same_rules(of_engine: MainWindow, qtbot: QtBot) -> None:
    assert of_engine.session is not None
    assert of_engine.session.daemon.builder.release == "28.5"
    dialog = open_dialog(of_engine)
    dialog.version.setText("28.0.1")
    with qtbot.waitSignal(of_engine.session.rules_changed):
        dialog.accept()
    assert rules_of(of_engine) == "containerd-28.5.2"
    assert of_engine.session.daemon.builder.release == "28.0"
    assert not own(of_engine).isChecked()
    assert "you are using the rules of Docker 28.0.1, containerd" in printed(of_engine)
    with qtbot.waitSignal(of_engine.settled, timeout=20_000):
        of_engine.commands.reload.trigger()
    assert of_engine.session.daemon.builder.release == "28.0"
    qtbot.mouseClick(back(of_engine)[0], Qt.MouseButton.LeftButton)
    assert of_engine.session.daemon.builder.release == "28.5"
    assert own(of_engine).isChecked()


def test_the_engine_rules_stay_checked_when_chosen_again(of_engine: MainWindow) -> None:
    own(of_engine).trigger()
    assert own(of_engine).isChecked()
    assert rules_of(of_engine) == "containerd-28.5.2"


def test_the_engine_rules_follow_an_engine_upgrade(
    of_engine: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(of_engine).trigger()
    set_version(monkeypatch, "29.6.0")
    with qtbot.waitSignal(of_engine.settled, timeout=20_000):
        of_engine.commands.reload.trigger()
    assert rules_of(of_engine) == "containerd-29"


def test_chosen_rules_stay_and_are_reported_after_the_upgrade(
    of_engine: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = open_dialog(of_engine)
    dialog.accept()
    set_version(monkeypatch, "29.6.0")
    with qtbot.waitSignal(of_engine.settled, timeout=20_000):
        of_engine.commands.reload.trigger()
    assert rules_of(of_engine) == "containerd-28.5.2"
    assert (
        "This store's engine uses the rules of Docker 29.6.0, containerd; you are using the rules of Docker 28.5.2"
        in printed(of_engine)
    )


def test_the_case_of_a_suite_has_rules_of_its_own(filled: MainWindow, qtbot: QtBot) -> None:
    assert "The case's rules" in own(filled).text().replace("&", "")
    for action in filled.commands.rules_menu.actions():
        if action.data() == "graphdriver-28.5.2":
            action.trigger()
    assert rules_of(filled) == "graphdriver-28.5.2"
    assert "This case was written for containerd-71ebfc7; you are using graph driver, Docker 28.0 to 28.5" in printed(
        filled
    )
    back(filled)[0].setFocus()
    qtbot.keyClick(back(filled)[0], Qt.Key.Key_Space)
    assert rules_of(filled) == "containerd-71ebfc7"


def test_a_store_without_an_engine_has_no_own_rules_entry(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = OpenedLocation(
        "a file",
        "x",
        OpenedKind.DOCKER_ARCHIVE,
        (OpenedCase("", ImageStore(engine_store("1").cases[0].store.images), ""),),
    )
    monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: bare)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(tmp_path))
    assert daemon_known(bare.cases[0]).rules.name == rules_of(window) == newest_rules(StoreKind.CONTAINERD).name
    assert not own(window).isVisible()
    assert not window.commands.rules_menu.actions()[1].isVisible(), "the separator below it is hidden as well"
