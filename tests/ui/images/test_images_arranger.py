"""The rows of a large store are computed in another thread: same rows, and only the latest request is shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from image_kit import make_image, marks
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from cacheview.model import Image, ImageStore, Probe
from cacheview.ui import busy_timer
from cacheview.ui.images import arrange, arranger
from cacheview.ui.images.pane import ImagesPane


class Gate:
    """Blocks the search at its first image until it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.reached = threading.Event()
        self.searched = 0

    def text(self, image: Image) -> str:
        self.searched += 1
        self.reached.set()
        assert self.opened.wait(20)
        return f"{' '.join(image.names)} {image.id} {image.instruction}".lower()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate()
    monkeypatch.setattr(arrange, "search_text", gate.text)
    monkeypatch.setattr(arranger, "_MAX_IMAGES_WITHOUT_THREAD", 0)
    monkeypatch.setattr(busy_timer, "BUSY_AFTER_MS", 0)
    return gate


@pytest.fixture
def pane(qtbot: QtBot, store: ImageStore, gate: Gate) -> Iterator[ImagesPane]:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 600)
    pane.set_store(store)
    pane.show()
    qtbot.waitUntil(lambda: len(rows(pane)) == 8)
    yield pane
    gate.opened.set()
    pane._arranger._loader.close()
    pane.close()


def rows(pane: ImagesPane) -> list[str]:
    return [node.image_id.removeprefix("sha256:") or "scratch" for node in pane.model.rows]


def box(pane: ImagesPane) -> QLineEdit:
    found = pane.findChild(QLineEdit)
    assert found is not None
    return found


def shows(pane: ImagesPane, text: str) -> Callable[[], bool]:
    return lambda: any(label.isVisible() and text in label.text() for label in pane.findChildren(QLabel))


def test_the_image_tree_stays_usable_during_a_search(pane: ImagesPane, gate: Gate, qtbot: QtBot) -> None:
    pane.tree.setFocus()
    qtbot.keyClick(pane.tree, Qt.Key.Key_End)
    pane.focus_filter()
    qtbot.keyClicks(box(pane), "team/")
    assert gate.reached.wait(20)
    qtbot.waitUntil(shows(pane, "Searching… 0%"))
    assert len(rows(pane)) == 8, "the old rows stay until the matches are known"
    qtbot.keyClicks(box(pane), "APP")
    pane.tree.setFocus()
    qtbot.keyClick(pane.tree, Qt.Key.Key_Up)
    assert pane.selected() is not None
    gate.opened.set()
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert rows(pane) == ["scratch", "base", "one", "two", "app"]
    assert box(pane).text() == "team/APP"
    assert shows(pane, "1 of 7 images")()
    assert gate.searched == 7, "search texts are computed once, however many letters are typed meanwhile"
    box(pane).setText("other")
    qtbot.waitUntil(lambda: rows(pane) == ["scratch", "base", "other"])
    assert gate.searched == 7


def test_escape_ends_the_search(pane: ImagesPane, gate: Gate, qtbot: QtBot) -> None:
    pane.tree.collapse(pane.tree.row_of_image("sha256:base"))
    before = rows(pane)
    pane.focus_filter()
    qtbot.keyClicks(box(pane), "app")
    assert gate.reached.wait(20)
    qtbot.keyClick(box(pane), Qt.Key.Key_Escape)
    assert not pane.is_filtering
    assert rows(pane) == before
    assert shows(pane, "7 images")()
    gate.opened.set()
    pane._arranger._loader.wait(time.monotonic() + 20)
    qtbot.wait(0)
    assert rows(pane) == before, "results found after canceling are dropped"


def test_search_results_of_a_previous_store_are_dropped(pane: ImagesPane, gate: Gate, qtbot: QtBot) -> None:
    box(pane).setText("app")
    assert gate.reached.wait(20)
    pane.set_store(ImageStore((make_image("apple"), make_image("pear"))))
    gate.opened.set()
    qtbot.waitUntil(lambda: rows(pane) == ["scratch", "apple"])
    assert box(pane).text() == "app"


def test_a_store_that_is_read_again_stays_filtered(
    pane: ImagesPane, gate: Gate, store: ImageStore, qtbot: QtBot
) -> None:
    gate.opened.set()
    pane.tree.collapse(pane.tree.row_of_image("sha256:base"))
    box(pane).setText("team")
    qtbot.waitUntil(lambda: rows(pane) == ["scratch", "base", "one", "two", "app", "other", "orphan"])
    pane.reveal("sha256:base")
    gate.opened.clear()
    gate.reached.clear()
    pane.set_store(ImageStore((*store.images, make_image("more", "base"))), keep=True, new=["sha256:more"])
    assert gate.reached.wait(20)
    assert len(rows(pane)) == 7, "the previous rows, without showing all in between"
    gate.opened.set()
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert len(rows(pane)) == 7
    selected = pane.selected()
    assert selected is not None
    assert selected.id == "sha256:base"
    box(pane).clear()
    assert rows(pane) == ["scratch", "base", "pulled", "orphan"], "folded as before filtering"


def test_revealing_a_hidden_intermediate_image_shows_its_row(pane: ImagesPane, gate: Gate, qtbot: QtBot) -> None:
    intermediate = next(box for box in pane.findChildren(QCheckBox) if "Intermediate" in box.text())
    intermediate.click()
    qtbot.waitUntil(lambda: rows(pane) == ["scratch", "base", "app", "other", "pulled", "orphan"])
    pane.reveal("sha256:two")
    qtbot.waitUntil(lambda: pane.selected() is not None)
    selected = pane.selected()
    assert selected is not None
    assert selected.id == "sha256:two"
    assert intermediate.isChecked()


def test_candidates_follow_the_probe(pane: ImagesPane, store: ImageStore, gate: Gate, qtbot: QtBot) -> None:
    pane.set_marks(marks(store, Probe(parent="sha256:base")))
    next(box for box in pane.findChildren(QCheckBox) if "candidates" in box.accessibleName()).click()
    qtbot.waitUntil(lambda: rows(pane) == ["scratch", "base", "one", "other"])
    pane.set_marks(marks(store, Probe(parent="sha256:two")))
    pane.set_marks(marks(store, Probe(parent="sha256:app")))
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert rows(pane) == ["scratch", "base", "one", "two", "app"]
    box(pane).setText("nothing of this")
    gate.opened.set()
    qtbot.waitUntil(shows(pane, "Nothing matches"))
    next(button for button in pane.findChildren(QPushButton) if button.isVisible()).click()
    assert len(rows(pane)) == 8
