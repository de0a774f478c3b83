"""The keyboard focus moves from pane to pane, including open docks, and is never lost."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot
from shared_window import ShowStore
from window_kit import OpenWindow

from cacheview.ui.dock import PaneDock, is_seen
from cacheview.ui.docks import AUDIT, DOCKS, REPLAY, SUITES
from cacheview.ui.window import MainWindow

F6, SHIFT, ESCAPE = Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_Escape


@pytest.fixture
def demo(open_window: OpenWindow) -> MainWindow:
    return open_window("demo:")


def place(window: MainWindow) -> str:
    """The pane or dock that has the focus."""
    focus = QApplication.focusWidget()
    assert focus is not None
    assert is_seen(focus)
    for dock in window.findChildren(PaneDock):
        if dock.isAncestorOf(focus):
            return dock.objectName()
    assert window.workspace is not None
    return next(pane.accessibleName() for pane in window.workspace.panes if pane.isAncestorOf(focus))


def shown(dock: PaneDock, action: QAction, qtbot: QtBot) -> PaneDock:
    action.trigger()
    qtbot.waitUntil(lambda: not dock.isHidden())
    return dock


def test_f6_cycles_through_panes_and_docks(demo: MainWindow, qtbot: QtBot) -> None:
    shown(demo.docks.get(AUDIT).dock, demo.commands.audit, qtbot)
    shown(demo.docks.get(SUITES).dock, demo.commands.suite_checks, qtbot)
    round_ = ["Images", "Probe", "Verdict", "audit", "suites"]
    assert place(demo) == "suites"
    for expected in [*round_, "Images"]:
        qtbot.keyClick(demo, F6)
        assert place(demo) == expected
    for expected in [*reversed(round_), "suites"]:
        qtbot.keyClick(demo, F6, SHIFT)
        assert place(demo) == expected


def test_closing_a_dock_returns_the_focus_to_its_previous_place(demo: MainWindow, qtbot: QtBot) -> None:
    audit = shown(demo.docks.get(AUDIT).dock, demo.commands.audit, qtbot)
    for _ in range(2):
        qtbot.keyClick(demo, F6)
    assert place(demo) == "Probe"
    qtbot.keyClick(demo, F6)
    qtbot.keyClick(demo, F6)
    assert place(demo) == "audit"
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, ESCAPE)
    assert audit.isHidden()
    assert place(demo) == "Verdict"


def test_closing_docks_one_by_one_returns_the_focus_to_the_images(demo: MainWindow, qtbot: QtBot) -> None:
    docks = [
        shown(demo.docks.get(AUDIT).dock, demo.commands.audit, qtbot),
        shown(demo.docks.get(SUITES).dock, demo.commands.suite_checks, qtbot),
        shown(demo.docks.get(REPLAY).dock, demo.commands.replay, qtbot),
    ]
    docks[1].hide()  # the third dock was opened from this one
    for _ in range(2):
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClick(focus, ESCAPE)
        place(demo)
    assert all(dock.isHidden() for dock in docks)
    assert place(demo) == "Images"


def test_f6_and_esc_work_without_a_store(window: MainWindow, qtbot: QtBot) -> None:
    window.center.welcome()
    dock = shown(window.docks.get(SUITES).dock, window.commands.suite_checks, qtbot)
    assert place(window) == "suites"
    qtbot.keyClick(window, F6)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert window.center.start_page.isAncestorOf(focus)
    qtbot.keyClick(window, F6)
    assert place(window) == "suites"
    qtbot.keyClick(dock.findChild(QWidget), ESCAPE)
    assert dock.isHidden()


def test_docks_are_in_the_view_menu(window: MainWindow) -> None:
    menu = next(action for action in window.menuBar().actions() if action.text() == "&View").menu()
    do = window.commands
    assert {do.compare, do.audit, do.replay, do.suite_checks} <= set(menu.actions())  # type: ignore[attr-defined]


@pytest.mark.looks
def test_a_dock_leaves_the_panes_their_room(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window("demo:")
    workspace = window.workspace
    assert workspace is not None
    verdict = workspace.verdict

    def has_room() -> None:
        assert verdict.height() < 500
        assert workspace.height() > 340
        row = verdict.view.visualRect(verdict.trace.index(0, 0)).height()
        assert verdict.view.viewport().height() >= 5 * row
        deciding = verdict.view.visualRect(verdict.navigation.deciding_index())
        assert verdict.view.viewport().rect().contains(deciding)

    for action in (window.commands.audit, window.commands.suite_checks, window.commands.replay):
        action.trigger()
        qtbot.waitUntil(has_room)
        assert window.height() == 768
        action.trigger()
        qtbot.waitUntil(lambda: verdict.height() > 600 and all(value.isVisible() for value in verdict.detail.values))


def test_alt_key_mnemonics_are_unique(show_store: ShowStore) -> None:
    demo = show_store("demo:")
    texts = [action.text() for action in demo.menuBar().actions()]
    texts += [label.text() for label in demo.findChildren(QLabel) if label.buddy() is not None and label.isVisible()]
    texts += [button.text() for button in demo.findChildren(QAbstractButton) if button.isVisible()]
    letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert len(letters) == len(set(letters)) > 15, sorted(text for text in texts if "&" in text)


def test_every_dock_is_reached_by_keyboard(demo: MainWindow, qtbot: QtBot) -> None:
    docks = [demo.docks.get(spec).dock for spec in DOCKS]
    for spec, dock in zip(DOCKS, docks, strict=True):
        shown(dock, spec.action(demo.commands), qtbot)
    demo.commands.panes[2].trigger()
    came = []
    for _ in docks:
        demo.commands.next_pane.trigger()
        came.append(place(demo))
    assert came == [spec.name for spec in DOCKS]


def test_everything_in_docks_and_dialogs_has_a_name(demo: MainWindow, qtbot: QtBot) -> None:
    do = demo.commands
    for action in do.docks:
        action.trigger()
    qtbot.waitUntil(lambda: all(action.isChecked() for action in do.docks))
    roots: list[QWidget] = [demo]
    for action in (do.about_rules, do.rules_by_version, do.add_probe, do.save_suite, do.open_by_name, do.shortcuts):
        action.trigger()
        roots += [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
        assert nameless(roots) == []
        for dialog in roots[1:]:
            dialog.close()
        del roots[1:]


def nameless(roots: list[QWidget]) -> list[str]:
    found = []
    for root in roots:
        buddies = [label.buddy() for label in root.findChildren(QLabel)]
        for widget in root.findChildren(QWidget):
            takes_keyboard = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()
            named = widget in buddies or widget.accessibleName() or widget.property("text")
            if takes_keyboard and not named:
                found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__} of {type(root).__name__}")
    return found


def test_closing_a_dock_without_focus_does_not_move_the_focus(demo: MainWindow, qtbot: QtBot) -> None:
    demo.commands.panes[2].trigger()
    assert place(demo) == "Verdict"
    audit = shown(demo.docks.get(AUDIT).dock, demo.commands.audit, qtbot)
    assert place(demo) == "audit"
    demo.commands.panes[0].trigger()
    assert place(demo) == "Images"
    demo.commands.audit.trigger()
    qtbot.waitUntil(audit.isHidden)
    assert place(demo) == "Images"


def test_no_action_is_in_two_menus(show_store: ShowStore) -> None:
    demo = show_store("demo:")
    menus = [menu for menu in demo.menuBar().actions() if menu.menu() is not None]
    found = [action.text() for menu in menus for action in cast("QMenu", menu.menu()).actions() if action.text()]
    assert len(found) == len(set(found))


def test_the_list_of_shortcuts_shows_undo_without_its_target(show_store: ShowStore) -> None:
    demo = show_store("demo:")
    assert demo.session is not None
    demo.session.document.set_field("User", "me", "Probe of step 13")
    assert ("Undo", "Ctrl+Z") in list(demo.commands.listed())
    assert not any("step 13" in what for what, _ in demo.commands.listed())
