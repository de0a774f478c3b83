"""The details of an image: following the tree, navigating and copying."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from details_kit import NASTY, make_image, opened_of
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cacheview.model import Image, decode
from cacheview.ui.details.pane import DetailsPane
from cacheview.ui.docks import DETAILS
from cacheview.ui.window import MainWindow

Open = Callable[..., None]


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    lent_window.resize(1366, 900)
    return lent_window


@pytest.fixture
def show(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a store with these images. If one is already open, it is reloaded with them."""

    def show(*images: Image) -> None:
        monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: opened_of(*images))
        with qtbot.waitSignal(window.settled, timeout=20_000):
            window.open("engine:")

    return show


def details(window: MainWindow, qtbot: QtBot) -> DetailsPane:
    window.commands.details.trigger()
    dock = window.docks.get(DETAILS)
    qtbot.waitUntil(dock.pane.isVisible)
    return dock.pane


def titles(pane: DetailsPane) -> list[str]:
    return [section.title for section in pane.model.sections]


def go(window: MainWindow, image: Image) -> None:
    assert window.workspace is not None
    assert window.workspace.images.reveal(image.id)


def copied(window: MainWindow, qtbot: QtBot, pane: DetailsPane, ask: Callable[[], object]) -> str:
    with qtbot.waitSignal(pane.copied):
        ask()
    return QGuiApplication.clipboard().text()


def test_it_follows_the_tree(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = [make_image(1), make_image(2, 1), make_image(3, 2)]
    show(*images)
    go(window, images[0])
    pane = details(window, qtbot)
    assert pane.image is images[0]
    assert window.workspace is not None
    window.workspace.images.tree.setFocus()
    qtbot.keyClick(window.workspace.images.tree, Qt.Key.Key_Down)
    assert pane.image is images[1]
    assert pane.head.text == "000000000000 RUN 2.1"
    assert window.workspace.images.tree.hasFocus()


def test_the_menu_of_an_image_shows_its_details(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = [make_image(1), make_image(2, 1)]
    show(*images)
    assert window.workspace is not None
    menu = window.workspace.images.menu_for(images[1])
    next(action for action in menu.actions() if action.text() == "&Details").trigger()
    pane = window.docks.get(DETAILS).pane
    qtbot.waitUntil(pane.rows.hasFocus)
    assert pane.image is images[1]


def test_the_parent_is_reached_by_keyboard_from_the_details(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = [make_image(1), make_image(2, 1)]
    show(*images)
    go(window, images[1])
    pane = details(window, qtbot)
    qtbot.waitUntil(pane.rows.hasFocus)
    pane.titles.setFocus()
    qtbot.keyClicks(pane.titles, "Parent")
    qtbot.keyClick(pane.titles, Qt.Key.Key_Return)
    qtbot.waitUntil(pane.rows.hasFocus)
    qtbot.keyClick(pane.rows, Qt.Key.Key_Return)
    assert pane.image is images[0]
    assert window.workspace is not None
    assert window.workspace.images.selected() is images[0]


def test_the_selected_section_stays_when_the_image_changes(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    images = [make_image(1), make_image(2, 1, steps=500)]
    show(*images)
    go(window, images[1])
    pane = details(window, qtbot)
    pane.titles.setCurrentIndex(pane.titles_model.index(titles(pane).index("History"), 0))
    row = pane.model.row(pane.rows.currentIndex().row())
    assert row is not None
    assert row.value.startswith("RUN 2.0")
    go(window, images[0])
    row = pane.model.row(pane.rows.currentIndex().row())
    assert row is not None
    assert row.value.startswith("RUN 1.0")
    assert pane.titles.currentIndex().data() == "History  2"


def test_details_are_copied_as_text_as_json_and_by_row(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    image = make_image(1)
    show(image)
    go(window, image)
    pane = details(window, qtbot)
    text = copied(window, qtbot, pane, pane.head.text_button.click)
    assert "  Platform: linux/arm64" in text.splitlines()
    json = copied(window, qtbot, pane, pane.head.json_button.click)
    assert decode(Image, json) == image
    pane.titles.setCurrentIndex(pane.titles_model.index(titles(pane).index("Config"), 0))
    for _ in range(3):
        qtbot.keyClick(pane.rows, Qt.Key.Key_Down)
    value = copied(
        window, qtbot, pane, lambda: qtbot.keyClick(pane.rows, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    )
    assert value == "B=<b>n</b>\\x1b[31m\\u202e"
    assert NASTY not in pane.value.toPlainText()


def test_a_value_that_is_too_long_to_be_shown_is_copied_whole(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    image = make_image(1, names=("docker.io/" + "n" * 1_000_000,))
    show(image)
    go(window, image)
    pane = details(window, qtbot)
    pane.titles.setCurrentIndex(pane.titles_model.index(titles(pane).index("Names"), 0))
    assert pane.value.toPlainText().endswith("… and 990,010 more characters. Copy the row to get the full value.")
    assert copied(window, qtbot, pane, pane.rows.copy_requested.emit) == image.names[0]


def test_a_reload_updates_the_image_shown_in_the_details(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    image = make_image(1)
    show(image, make_image(2, 1))
    go(window, image)
    pane = details(window, qtbot)
    assert "Children" in titles(pane)
    again = image.model_copy(update={"names": ("docker.io/library/new:1",)})
    show(again)
    assert pane.image is again
    assert "Children" not in titles(pane)
    show(make_image(9))
    assert pane.page is not None
    assert pane.image is None or pane.image.id != image.id


def test_the_details_buttons_are_disabled_without_an_image(window: MainWindow, qtbot: QtBot, show: Open) -> None:
    pane = details(window, qtbot)
    assert not pane.head.text_button.isEnabled()
    show(make_image(1))
    assert window.workspace is not None
    window.workspace.images.reveal("")
    assert pane.image is None
    assert not pane.head.json_button.isEnabled()
