"""Hostile texts in every dock, dialog, menu, notice and copy: from stores, contexts, Compose files, engines, builds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from every_command import Hostile, hostile, hostile_build
from plain_kit import NASTY, demand_all_plain, demand_plain
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QMenu
from pytestqt.qtbot import QtBot

from cacheview.report.showing import shown_build
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

LONG = 20_000


@pytest.fixture(scope="module")
def given() -> Iterator[Hostile]:
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder, hostile(Path(folder), NASTY) as made:
        yield made


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()


def opened(window: MainWindow, qtbot: QtBot, location: str) -> None:
    with qtbot.waitSignal(window.settled, timeout=LONG):
        window.open(location)


def replayed(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    with qtbot.waitSignal(window.replays.pane.settled, timeout=LONG):
        window.replays.open(str(context))


def demand_plain_dialogs(*begin: Callable[[], object]) -> None:
    """Of each dialog that is opened."""
    for each in begin:
        each()
        dialogs = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog)]
        shown = [dialog for dialog in dialogs if dialog.isVisible()]
        assert shown, each
        for dialog in shown:
            demand_all_plain(dialog)
            dialog.close()


def demand_plain_menus(window: MainWindow) -> None:
    for menu in window.findChildren(QMenu):
        menu.aboutToShow.emit()
    demand_all_plain(window)


def test_of_a_suite_and_what_is_asked_of_it(given: Hostile, window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, str(given.suite))
    do = window.commands
    for action in (do.audit, do.compare, do.suite_checks):
        action.trigger()
    qtbot.waitUntil(lambda: window.session is not None and window.session.answer is not None)
    demand_plain_menus(window)
    demand_plain_dialogs(
        *(action.trigger for action in (do.open_by_name, do.save_suite, do.about_rules, do.changed_rules)),
        *(action.trigger for action in (do.rules_by_version, do.add_probe, do.shortcuts, do.about)),
    )


def test_of_a_replay_and_its_files(given: Hostile, window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, str(given.archive))
    replayed(window, qtbot, given.context)
    demand_all_plain(window)
    opened(window, qtbot, str(given.saved))
    replayed(window, qtbot, given.built)
    pane = window.replays.pane
    assert pane.miss is not None
    window.files.show_miss(pane.miss)
    demand_all_plain(window)
    for copied in (window.commands.copy_text, window.commands.copy_json, window.commands.copy_markdown):
        copied.trigger()
        demand_plain(QGuiApplication.clipboard().text(), copied.text())


def test_of_builds_that_are_watched(window: MainWindow) -> None:
    window.commands.watch.trigger()
    pane = window.watched.pane
    pane.show_records([shown_build(hostile_build(NASTY)), shown_build(hostile_build(NASTY, number=2, failed=True))])
    for row in range(pane.model.rowCount()):
        pane.builds.selectRow(row)
        demand_all_plain(window)


def test_of_what_fails(given: Hostile, window: MainWindow, qtbot: QtBot) -> None:
    for location in (*(f"engine:unix://{socket}" for socket in given.sockets), f"engine:{NASTY}", f"/{NASTY}"):
        opened(window, qtbot, location)
        demand_all_plain(window)
    window.follower.lost.emit(NASTY)
    demand_all_plain(window)
    window.notice.show_text("error", NASTY, [NASTY, NASTY])
    window.status.say(NASTY)
    demand_all_plain(window)
