"""The audit dock: opening it from the menu, and selecting its images in the tree."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from audit_kit import RULES, make_image, opened_of, unmarked
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.engine import HAZARD_TITLES
from cacheview.model import Image
from cacheview.stores.opened_location import OpenedLocation
from cacheview.ui.audit.models import HazardsColumn
from cacheview.ui.audit.pane import AuditPane
from cacheview.ui.docks import AUDIT, SUITES
from cacheview.ui.theme import GRID, icon_size, strong_font
from cacheview.ui.window import MainWindow

Open = Callable[..., None]


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


@pytest.fixture
def show(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a store with these images. If one is already open, it is reloaded with them."""

    def show(*images: Image) -> None:
        patch_engine(monkeypatch, *images)
        with qtbot.waitSignal(window.settled, timeout=20_000):
            window.open("engine:")

    return show


def patch_engine(monkeypatch: pytest.MonkeyPatch, *images: Image) -> None:
    opened: OpenedLocation = opened_of(*images)
    monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: opened)


def audited(window: MainWindow, qtbot: QtBot) -> AuditPane:
    """Show the audit and wait for its results."""
    with qtbot.waitSignal(window.docks.get(AUDIT).pane.settled, timeout=20_000):
        window.commands.audit.trigger()
    return window.docks.get(AUDIT).pane


def kinds(pane: AuditPane) -> list[str]:
    return [HAZARD_TITLES[hazard.kind] for hazard in pane.model.hazards]


def printed(pane: AuditPane) -> str:
    return "\n".join(label.text() for label in pane.findChildren(QLabel) if label.isVisible())


def selected(window: MainWindow) -> str:
    assert window.workspace is not None
    image = window.workspace.images.selected()
    return image.id if image is not None else ""


def choose_rules(window: MainWindow, name: str) -> None:
    for action in window.commands.rules_menu.actions():
        if action.data() == name:
            action.trigger()


def test_an_image_of_a_hazard_is_reached_by_keyboard(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = [*unmarked(3), make_image(9, 8)]
    show(*images)
    pane = audited(window, qtbot)
    assert kinds(pane) == ["parent missing", "not recorded as built here"]
    assert pane.head.text == "2 hazards in 5 images. Rules: containerd store, Docker 28.0 to 28.5"
    qtbot.waitUntil(pane.hazards.hasFocus)
    assert [image.id for image in pane.images_model.images] == [images[4].id]
    qtbot.keyClick(pane.hazards, Qt.Key.Key_Down)
    assert [image.id for image in pane.images_model.images] == [image.id for image in images[1:4]]
    qtbot.keyClick(pane.hazards, Qt.Key.Key_Return)
    assert pane.images.hasFocus()
    before = selected(window)
    qtbot.keyClick(pane.images, Qt.Key.Key_Down)
    assert selected(window) == before, "only Enter or a click selects the image in the tree"
    qtbot.keyClick(pane.images, Qt.Key.Key_Return)
    assert selected(window) == images[2].id
    qtbot.keyClick(pane.images, Qt.Key.Key_Backspace)
    assert pane.hazards.hasFocus()
    qtbot.keyClick(pane.hazards, Qt.Key.Key_Escape)
    assert not pane.isVisible()
    assert not window.commands.audit.isChecked()
    assert window.workspace is not None
    assert window.workspace.isAncestorOf(window.focusWidget())


def test_a_click_selects_an_image_hidden_by_a_filter(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = unmarked(3)
    show(*images)
    pane = audited(window, qtbot)
    assert window.workspace is not None
    window.workspace.images.focus_filter()
    qtbot.keyClicks(window.workspace.images.focusWidget(), "base")
    place = pane.images.visualRect(pane.images_model.index(1, 0)).center()
    qtbot.mouseClick(pane.images.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert selected(window) == images[2].id


def test_choosing_other_rules_repeats_the_audit(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    show(*unmarked(3))
    pane = audited(window, qtbot)
    assert kinds(pane) == ["not recorded as built here"]
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        choose_rules(window, "containerd-71ebfc7")
    assert kinds(pane) == ["hit only before an upgrade"]
    assert "moby 71ebfc7" in pane.head.text


def test_no_hazards(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    show(make_image(1, names=("docker.io/library/base:1",)))
    pane = audited(window, qtbot)
    assert "No hazards under these rules" in printed(pane)
    assert "1 image checked" in printed(pane)
    assert not pane.head.copy_button.isEnabled()
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        show(*unmarked(1))
    assert kinds(pane) == ["not recorded as built here"]
    assert pane.images.isVisible()


def test_the_audit_selection_is_kept_when_the_store_changes(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = [*unmarked(3), make_image(9, 8)]
    show(*images)
    pane = audited(window, qtbot)
    pane.hazards.selectRow(1)
    pane.images.selectRow(1)
    chosen = pane.images_model.images[1].id
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        show(images[0], make_image(20, 1, built_locally=False), *images[1:4])  # the other hazard is gone
    assert kinds(pane) == ["not recorded as built here"]
    assert pane.images_model.images[pane.images.currentIndex().row()].id == chosen


def test_a_hidden_dock_releases_a_closed_store(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    show(*unmarked(3))
    pane = audited(window, qtbot)
    window.commands.audit.trigger()
    qtbot.waitUntil(lambda: not pane.isVisible())
    show(*unmarked(2))
    assert kinds(pane) == []
    assert pane.images_model.images == ()
    audited(window, qtbot)
    assert [hazard.count for hazard in pane.model.hazards] == [2]


def test_the_audit_is_kept_while_its_dock_is_hidden(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    show(*unmarked(3))
    pane = audited(window, qtbot)
    window.commands.audit.trigger()
    qtbot.waitUntil(lambda: not pane.isVisible())
    with qtbot.assertNotEmitted(pane.settled, wait=50):
        window.commands.audit.trigger()
        qtbot.waitUntil(pane.isVisible)
    assert kinds(pane) == ["not recorded as built here"]
    assert pane.hazards.hasFocus()


def test_tabbed_docks_are_raised_by_their_menu_action(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    show(*unmarked(3))
    pane = audited(window, qtbot)
    window.commands.suite_checks.trigger()
    qtbot.waitUntil(lambda: window.tabifiedDockWidgets(window.docks.get(AUDIT).dock) == [window.docks.get(SUITES).dock])
    qtbot.waitUntil(lambda: pane.visibleRegion().isEmpty())
    window.commands.audit.trigger()
    qtbot.waitUntil(lambda: not pane.visibleRegion().isEmpty())
    assert pane.hazards.hasFocus()
    assert window.commands.audit.isChecked()
    window.commands.audit.trigger()
    qtbot.waitUntil(lambda: not pane.isVisible())
    assert not window.commands.audit.isChecked()
    assert window.commands.suite_checks.isChecked()


def test_shown_before_a_store_is_open(open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window()
    patch_engine(monkeypatch, *unmarked(3))
    window.commands.audit.trigger()
    pane = window.docks.get(AUDIT).pane
    qtbot.waitUntil(lambda: "No store is open" in printed(pane))
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        window.open("engine:")
    assert kinds(pane) == ["not recorded as built here"]


def test_a_fault_is_reported_and_can_be_tried_again(
    window: MainWindow, qtbot: QtBot, show: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(*unmarked(3))
    with monkeypatch.context() as broken, qtbot.captureExceptions() as faults:

        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError("no")

        broken.setattr("cacheview.engine.audit.audit", fail)
        window.commands.audit.trigger()
        pane = window.docks.get(AUDIT).pane
        qtbot.waitUntil(lambda: "could not be audited" in printed(pane))
        qtbot.waitUntil(lambda: [str(fault) for _, fault, _ in faults] == ["no"])
    assert "ZeroDivisionError: no" in printed(pane)
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        next(each for each in pane.findChildren(QPushButton) if each.isVisible()).click()
    assert kinds(pane) == ["not recorded as built here"]


@pytest.mark.parametrize("by", ["button", "key"])
def test_progress_is_shown_and_the_work_can_be_canceled(
    by: str, window: MainWindow, qtbot: QtBot, show: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(*unmarked(3))
    goes_on = threading.Event()

    def slow(*_: object, progress: Callable[[int, int], object]) -> tuple[()]:
        for done in range(4):
            progress(done, 4)
            assert goes_on.wait(20) or done < 2
        return ()

    with monkeypatch.context() as slowed:
        slowed.setattr("cacheview.engine.audit.audit", slow)
        window.commands.audit.trigger()
        pane = window.docks.get(AUDIT).pane
        qtbot.waitUntil(lambda: "Checking every image: 0%." in printed(pane))
        if by == "button":
            next(each for each in pane.findChildren(QPushButton) if each.isVisible()).click()
        else:
            qtbot.keyClick(pane, Qt.Key.Key_Escape)
        assert "The audit was canceled" in printed(pane)
        goes_on.set()
        pane._loader.wait(time.monotonic() + 20)
        qtbot.wait(0)
        assert "The audit was canceled" in printed(pane), "results found after canceling are dropped"
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        next(each for each in pane.findChildren(QPushButton) if each.isVisible()).click()
    assert kinds(pane) == ["not recorded as built here"]


def test_the_ids_of_chosen_images_are_copied_in_order(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = unmarked(6)
    show(*images)
    pane = audited(window, qtbot)
    ids = [image.id for image in pane.images_model.images]
    pane.images.setFocus()
    for row in (4, 0, 1):
        place = pane.images.visualRect(pane.images_model.index(row, 0)).center()
        modifier = Qt.KeyboardModifier.ControlModifier
        qtbot.mouseClick(pane.images.viewport(), Qt.MouseButton.LeftButton, modifier, place)
    qtbot.keyClick(pane.images, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    chosen = [row for row in range(6) if pane.images.selectionModel().isRowSelected(row)]
    assert len(chosen) > 1
    assert QGuiApplication.clipboard().text().split("\n") == [ids[row] for row in chosen]


def test_copied(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = unmarked(3)
    show(*images)
    pane = audited(window, qtbot)
    qtbot.mouseClick(pane.head.copy_button, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("1 hazard in 4 images\nRules: Docker 28.5.2, containerd (containerd-28.5.2). ")
    qtbot.keyClick(pane.hazards, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert (
        QGuiApplication.clipboard().text().startswith("Hazard (not recorded as built here): 3 images are not recorded")
    )
    pane.images.setFocus()
    qtbot.keyClick(pane.images, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(pane.images, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().split("\n") == [image.id for image in images[1:]]


def test_the_audit_test_kit_uses_the_expected_rules(window: MainWindow, show: Open) -> None:
    show(*unmarked(1))
    assert window.session is not None
    assert window.session.cache.rules.name == RULES


def test_no_title_of_a_column_is_cut_off(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    window.resize(1024, 720)
    show(*unmarked(3), make_image(9, 8))
    pane = audited(window, qtbot)
    header = pane.hazards.horizontalHeader()
    for column in range(header.count()):
        assert header.sectionSize(column) >= header.sectionSizeHint(column)


def test_hazard_names_are_not_truncated_in_a_small_window(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    window.resize(853, 470)
    show(*unmarked(3))
    table = audited(window, qtbot).hazards
    names = [str(table.model().index(row, 0).data()) for row in range(table.model().rowCount())]
    words = {word for name in names for word in name.split()}
    longest = max(map(QFontMetrics(strong_font()).horizontalAdvance, words))
    assert table.columnWidth(0) >= longest + icon_size() + 6 * GRID  # next to the icon, with padding around both


@pytest.mark.looks
def test_a_narrow_dock_has_one_column_of_text(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    show(*unmarked(3), make_image(9, 8))
    pane = audited(window, qtbot)
    figure = pane.hazards.fontMetrics().horizontalAdvance("0")
    hazard = pane.model.hazards[0]

    def texts() -> list[str]:
        shown = [column for column in HazardsColumn if not pane.hazards.isColumnHidden(column)]
        return [pane.model.index(0, column).data() for column in shown[2:]]

    def titles() -> list[str]:
        shown = [column for column in HazardsColumn if not pane.hazards.isColumnHidden(column)]
        return [pane.model.headerData(column, Qt.Orientation.Horizontal) for column in shown[2:]]

    window.resize(220 * figure, 900)
    qtbot.waitUntil(lambda: len(texts()) == 2)
    assert texts() == [hazard.sentence, hazard.advice]
    assert titles() == ["What happens", "What to do"]
    window.resize(100 * figure, 900)
    qtbot.waitUntil(lambda: len(texts()) == 1)
    assert texts() == [f"{hazard.sentence}\n{hazard.advice}"]
    assert titles() == ["What happens, and what to do"]
    needed = pane.hazards.sizeHintForRow(0)
    qtbot.waitUntil(lambda: pane.hazards.rowHeight(0) >= needed)
    window.resize(220 * figure, 900)
    qtbot.waitUntil(lambda: len(texts()) == 2)
