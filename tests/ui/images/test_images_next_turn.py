"""The rows of another large store are shown in a later turn, and actions that come before them are not lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from image_kit import make_image, marks
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from cacheview.model import Image, ImageStore, Probe
from cacheview.ui.images import arranger
from cacheview.ui.images.pane import ImagesPane
from cacheview.ui.images.tree import forest
from cacheview.ui.images.view import TreePlace


@pytest.fixture
def pane(qtbot: QtBot, store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImagesPane]:
    """Treats every store as large."""
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 600)
    pane.set_store(store)
    pane.show()
    monkeypatch.setattr(arranger, "_MAX_IMAGES_WITHOUT_THREAD", 0)
    yield pane
    pane._arranger._loader.close()
    pane.close()


@pytest.fixture
def more(store: ImageStore) -> ImageStore:
    """The same images and one more."""
    return ImageStore((*store.images, make_image("more", "base")))


def show(pane: ImagesPane, store: ImageStore, *, keep: bool = True) -> None:
    """Show a store whose tree was built in advance. Its rows are not shown yet."""
    before = rows(pane)
    pane.set_store(store, keep=keep, forest=forest(store))
    assert pane.is_filtering
    assert rows(pane) == before, "the old rows stay visible; the tree is not emptied"


def rows(pane: ImagesPane) -> list[str]:
    return [node.image_id.removeprefix("sha256:") or "scratch" for node in pane.model.rows]


def current(pane: ImagesPane) -> str | None:
    return pane.tree.current_id()


def box(pane: ImagesPane) -> QLineEdit:
    found = pane.findChild(QLineEdit)
    assert found is not None
    return found


def settle(pane: ImagesPane, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not pane.is_filtering)


def test_the_rows_are_updated_in_a_later_turn_and_keep_the_selection(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot
) -> None:
    pane.reveal("sha256:two")
    show(pane, more)
    settle(pane, qtbot)
    assert "more" in rows(pane)
    assert current(pane) == "sha256:two"


def test_restoring_a_place_restores_folding_and_selection(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    pane.reveal("sha256:other")
    pane.tree.collapse(pane.tree.row_of_image("sha256:one"))
    before, place = rows(pane), pane.place
    pane.reveal("sha256:orphan")
    pane.tree.expand_ids({"", "sha256:base", "sha256:one"})
    selected: list[Image | None] = []
    pane.image_selected.connect(selected.append)
    pane.return_to(place)
    assert pane.place == place
    show(pane, more)
    settle(pane, qtbot)
    assert [row for row in rows(pane) if row != "more"] == before
    assert current(pane) == "sha256:other"
    assert selected == []


def test_the_place_in_the_tree_is_not_applied_to_another_store(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot
) -> None:
    pane.return_to(TreePlace("sha256:two", {"sha256:base"}, None, 0))
    show(pane, more, keep=False)
    settle(pane, qtbot)
    assert current(pane) is None
    assert "more" in rows(pane)


def test_a_key_acts_on_the_rows_that_were_about_to_be_shown(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    pane.reveal("sha256:two")
    place = pane.place
    pane.reveal("sha256:orphan")
    selected: list[str] = []
    pane.image_selected.connect(lambda image: selected.append(image.id))
    pane.return_to(place)
    show(pane, more)
    qtbot.keyClick(pane.tree, Qt.Key.Key_Down)
    assert not pane.is_filtering
    assert selected == ["sha256:app"]
    settle(pane, qtbot)
    assert current(pane) == "sha256:app"


def test_a_click_selects_a_row_of_the_new_store(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    show(pane, more)
    place = pane.tree.visualRect(pane.tree.row_of_image("sha256:pulled")).center()
    qtbot.mouseClick(pane.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not pane.is_filtering
    row = pane.tree.indexAt(place)
    node = pane.tree.node(row)
    assert node is not None
    assert current(pane) == node.image_id
    assert "more" in rows(pane)


def test_wheel_scrolling_is_kept_when_the_rows_are_replaced(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    pane.resize(420, 260)
    pane.return_to(pane.place)
    show(pane, more)
    middle = QPointF(pane.tree.viewport().rect().center())
    held = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase)
    turned = QWheelEvent(middle, middle, QPoint(), QPoint(0, -120), *held, False)
    QApplication.sendEvent(pane.tree.viewport(), turned)
    scrolled = pane.tree.verticalScrollBar().value()
    assert scrolled > 0
    qtbot.wait(0)
    settle(pane, qtbot)
    assert "more" in rows(pane)
    assert pane.tree.verticalScrollBar().value() == scrolled


def test_typing_a_filter_searches_the_new_store(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    shown: list[list[str]] = []
    pane.model.modelReset.connect(lambda: shown.append(rows(pane)))
    show(pane, more)
    box(pane).setText("more")
    settle(pane, qtbot)
    assert rows(pane) == ["scratch", "base", "more"]
    assert all("more" in each for each in shown)


def test_the_last_of_several_stores_is_shown(
    pane: ImagesPane, store: ImageStore, more: ImageStore, qtbot: QtBot
) -> None:
    show(pane, more)
    show(pane, store)
    settle(pane, qtbot)
    assert "more" not in rows(pane)
    assert len(rows(pane)) == 8


def test_the_shown_store_is_shown_again_before_the_rows_of_another(
    pane: ImagesPane, store: ImageStore, more: ImageStore, qtbot: QtBot
) -> None:
    show(pane, store)
    settle(pane, qtbot)
    tree = pane.model.forest
    pane.set_store(more, keep=True)  # in another thread
    assert pane.is_filtering
    pane.set_store(store, keep=True, forest=tree)
    settle(pane, qtbot)
    pane._arranger._loader.close()
    qtbot.wait(0)
    assert pane.model.forest is tree
    assert "more" not in rows(pane)


def test_an_image_is_revealed_in_the_new_rows(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    show(pane, more)
    pane.reveal("sha256:more", unhide=False)
    settle(pane, qtbot)
    assert current(pane) == "sha256:more"
    show(pane, ImageStore(more.images))
    assert pane.reveal("sha256:app"), "the user asks for it, so the rows are shown now"
    assert current(pane) == "sha256:app"
    assert not pane.is_filtering


def test_a_step_and_its_hit_are_brought_into_sight_in_the_new_rows(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot
) -> None:
    pane.tree.collapse(pane.tree.row_of_image("sha256:base"))
    show(pane, more)
    pane.bring_into_sight("sha256:base", "sha256:more")
    pane.scroll_to_both("sha256:base", "sha256:more")
    settle(pane, qtbot)
    assert current(pane) == "sha256:base"
    assert pane.tree.visualRect(pane.tree.row_of_image("sha256:more")).isValid()


def test_marks_that_come_before_the_rows_are_those_of_the_rows(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot
) -> None:
    show(pane, more)
    pane.set_marks(marks(more, Probe(parent="sha256:base")))
    settle(pane, qtbot)
    node = pane.model.forest.node_of("sha256:more")
    assert node is not None
    assert pane.model.marks_of(node)
