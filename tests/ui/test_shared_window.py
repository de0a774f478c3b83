"""A shared window that is put back shows a store as it did for the first time."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QLineEdit
from pytestqt.qtbot import QtBot
from shared_window import SharedWindow, ShowStore

from cacheview.ui.docks import DOCKS, SUITES
from cacheview.ui.window import MainWindow


def seen(window: MainWindow) -> dict[str, object]:
    """What is open, chosen, selected and shown in the window."""
    session, workspace = window.session, window.workspace
    assert session is not None
    assert workspace is not None
    assert session.answer is not None
    return {
        "answer": (session.document.probe, session.answer.explanation.verdict),
        "choices": (session.daemon, session.supposed, window.tool_bar.rules.text()),
        "place": (session.document.place, session.document.undo_stack.count(), [*session.edits.places]),
        "tree": (workspace.images.place, [node.image_id for node in workspace.images.model.rows]),
        "texts": [box.text() for box in window.findChildren(QLineEdit)],
        "notice": window.notice.text if window.notice.isVisible() else "",
        "frame": (window.size(), workspace.widths, window.windowTitle(), window.status.currentMessage()),
        "focus": QApplication.focusWidget(),
        "docks": [spec.name for spec in DOCKS if window.docks.existing(spec) is not None],
        "widgets": (len(window.findChildren(QDockWidget)), len(window.findChildren(QDialog))),
    }


def test_a_store_is_shown_as_in_a_new_window_after_all_kinds_of_changes(
    shared_window: SharedWindow, show_store: ShowStore, qtbot: QtBot
) -> None:
    window = show_store("demo:")
    session, workspace = window.session, window.workspace
    assert session is not None
    assert workspace is not None
    before = seen(window)
    session.choose_rules("graphdriver-29")
    session.places.choose_probe(3)
    session.document.set_field("User", "me")
    for action in (window.commands.compare, window.commands.suite_checks, window.commands.about_rules):
        action.trigger()
    qtbot.waitUntil(lambda: window.docks.existing(SUITES) is not None and window.docks.get(SUITES).is_open)
    window.what_if.suppose("prune")
    qtbot.waitUntil(lambda: session.supposed is not None)
    workspace.images.findChildren(QLineEdit)[0].setText("app")
    window.resize(900, 650)
    window.status.showMessage("changed")
    shared_window.settings.add_recent("engine:")
    changed = seen(window)
    assert [name for name, value in before.items() if changed[name] == value] == []
    shared_window.put_back()
    assert shared_window.lend(is_painted=False) is window
    assert shared_window.settings.recent == []
    assert seen(show_store("demo:")) == before
