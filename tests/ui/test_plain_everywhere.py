"""Hostile texts in every dock, dialog, menu, notice and copy: from stores, contexts, Compose files, engines, builds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from every_command import Hostile, hostile, hostile_build
from plain_kit import NASTY, demand_all_plain, demand_plain
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QMenu
from pytestqt.qtbot import QtBot

from cacheview.report.showing import shown_build
from cacheview.ui.docks import FILES, REPLAY, SUITES, WATCH
from cacheview.ui.documentation import DocumentationDialog
from cacheview.ui.probe.instruction_dialog import InstructionDialog
from cacheview.ui.window import MainWindow

LONG = 20_000


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


@pytest.fixture(scope="module")
def given() -> Iterator[Hostile]:
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder, hostile(Path(folder), NASTY) as made:
        yield made


def opened(window: MainWindow, qtbot: QtBot, location: str) -> None:
    with qtbot.waitSignal(window.settled, timeout=LONG):
        window.open(location)


def replayed(window: MainWindow, qtbot: QtBot, context: Path) -> None:
    with qtbot.waitSignal(window.docks.get(REPLAY).pane.settled, timeout=LONG):
        window.docks.get(REPLAY).open(str(context))


def demand_plain_dialogs(*begin: Callable[[], object]) -> None:
    """Open each dialog and check that all its text is plain."""
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


def test_a_suite_and_its_docks_are_shown_as_plain_text(given: Hostile, window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, str(given.suite))
    do = window.commands
    for action in (do.details, do.audit, do.compare, do.suite_checks):
        action.trigger()
    qtbot.waitUntil(lambda: window.session is not None and window.session.answer is not None)
    qtbot.waitUntil(lambda: window.docks.get(SUITES).is_open)
    demand_plain_menus(window)
    demand_plain_dialogs(
        *(action.trigger for action in (do.open_by_name, do.save_suite, do.about_rules, do.changed_rules)),
        *(action.trigger for action in (do.rules_by_version, do.add_probe, do.shortcuts, do.about)),
        do.documentation.trigger,
    )


INSTRUCTIONS = (f"RUN {NASTY}", f"ENV A={NASTY}", f"{NASTY} a", f"COPY {NASTY} /", f"USER ${{{NASTY}}}")


def test_an_instruction_is_shown_as_plain_text(given: Hostile, window: MainWindow, qtbot: QtBot) -> None:
    """It becomes the probe, or the dialog gives the reason why it cannot."""
    opened(window, qtbot, str(given.suite))
    session, workspace = window.session, window.workspace
    assert session is not None
    assert workspace is not None
    pane = workspace.probe
    parent = next(image.id for image in session.store.images if "<b>" in image.title)
    for line in INSTRUCTIONS:
        session.document.edit(session.document.probe.model_copy(update={"parent": parent}), "Edit the parent")
        qtbot.mouseClick(pane.from_instruction, Qt.MouseButton.LeftButton)
        dialog = next(each for each in pane.findChildren(InstructionDialog) if each.isVisible())
        assert "<b>hi</b>" in dialog.label.text()  # the parent's name
        demand_all_plain(dialog)
        dialog.line.setText(line)
        dialog.use.click()
        if dialog.config is None:
            assert "would look up" not in dialog.problem.text()
            demand_all_plain(dialog)
            dialog.reject()
        demand_all_plain(window)


def test_a_documentation_search_is_shown_as_plain_text(window: MainWindow) -> None:
    window.commands.documentation.trigger()
    dialog = window.findChild(DocumentationDialog)
    assert isinstance(dialog, DocumentationDialog)
    dialog.search.setText(NASTY)
    dialog.text.anchorClicked.emit(QUrl(NASTY))
    demand_all_plain(dialog)
    assert dialog.pages.currentRow() == 0


def test_a_replay_and_its_files_are_shown_as_plain_text(given: Hostile, window: MainWindow, qtbot: QtBot) -> None:
    opened(window, qtbot, str(given.archive))
    replayed(window, qtbot, given.context)
    demand_all_plain(window)
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.clients.settled, timeout=LONG):
        pane.head.clients_button.click()
    assert pane.clients.isVisible()
    demand_all_plain(window)
    pane.head.clients_button.click()
    opened(window, qtbot, str(given.saved))
    replayed(window, qtbot, given.built)
    assert pane.miss is not None
    window.docks.get(FILES).show_miss(pane.miss)
    demand_all_plain(window)
    for copied in (window.commands.copy_text, window.commands.copy_json, window.commands.copy_markdown):
        copied.trigger()
        demand_plain(QGuiApplication.clipboard().text(), copied.text())


def test_watched_builds_are_shown_as_plain_text(window: MainWindow) -> None:
    window.commands.watch.trigger()
    pane = window.docks.get(WATCH).pane
    pane.show_records([shown_build(hostile_build(NASTY)), shown_build(hostile_build(NASTY, number=2, failed=True))])
    for row in range(pane.model.rowCount()):
        pane.builds.selectRow(row)
        demand_all_plain(window)


def test_errors_are_shown_as_plain_text(given: Hostile, window: MainWindow, qtbot: QtBot) -> None:
    for location in (*(f"engine:unix://{socket}" for socket in given.sockets), f"engine:{NASTY}", f"/{NASTY}"):
        opened(window, qtbot, location)
        demand_all_plain(window)
    window.follower.connection_lost.emit(NASTY)
    demand_all_plain(window)
    window.notice.show_text("error", NASTY, [NASTY, NASTY])
    window.status.show_text(NASTY)
    demand_all_plain(window)
