"""Rows of the tree are folded and unfolded by keyboard and mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from cacheview.model import ImageStore
from cacheview.ui.images.pane import ImagesPane

ALL = ["", "base", "one", "two", "app", "other", "pulled", "orphan"]


@pytest.fixture
def pane(qtbot: QtBot, store: ImageStore) -> Iterator[ImagesPane]:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 600)
    pane.set_store(store)
    with qtbot.waitExposed(pane):
        pane.show()
    pane.tree.setFocus()
    yield pane
    pane.close()


def rows(pane: ImagesPane) -> list[str]:
    return [node.image_id.removeprefix("sha256:") for node in pane.model.rows]


def arrow(pane: ImagesPane, image_id: str) -> QPoint:
    index = pane.tree.row_of_image(image_id)
    node = pane.model.node(index)
    assert node is not None
    item = pane.tree._item(index, node)
    return QPoint(item.x() - pane.tree.indentation() // 2, item.center().y())


def test_arrow_keys_fold_and_navigate_the_tree(pane: ImagesPane, qtbot: QtBot) -> None:
    def press(key: Qt.Key) -> str | None:
        qtbot.keyClick(pane.tree, key)
        return pane.tree.current_id()

    pane.reveal("sha256:two")
    assert press(Qt.Key.Key_Right) == "sha256:two", "it has no rows below"
    assert press(Qt.Key.Key_Left) == "sha256:base", "the row above it in the tree, not the image it was built on"
    assert press(Qt.Key.Key_Left) == "sha256:base"
    assert rows(pane) == ["", "base", "pulled", "orphan"]
    assert press(Qt.Key.Key_Left) == ""
    assert press(Qt.Key.Key_Left) == ""
    assert rows(pane) == ["", "pulled", "orphan"]
    assert press(Qt.Key.Key_Left) == ""
    assert press(Qt.Key.Key_Right) == ""
    assert press(Qt.Key.Key_Right) == "sha256:base"
    assert rows(pane) == ["", "base", "pulled", "orphan"]
    press(Qt.Key.Key_Plus)
    assert rows(pane) == ALL
    press(Qt.Key.Key_Minus)
    assert rows(pane) == ["", "base", "pulled", "orphan"]
    pane.reveal("")
    press(Qt.Key.Key_Asterisk)
    assert rows(pane) == ALL
    assert pane.tree.current_id() == ""


def test_only_a_click_on_the_arrow_folds_a_row(pane: ImagesPane, qtbot: QtBot) -> None:
    place = arrow(pane, "sha256:base")
    qtbot.mouseClick(pane.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert rows(pane) == ["", "base", "pulled", "orphan"]
    assert pane.tree.current_id() == "", "the row is not selected"
    qtbot.mouseClick(pane.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert rows(pane) == ALL
    qtbot.mouseClick(pane.tree.viewport(), Qt.MouseButton.LeftButton, pos=place + QPoint(40, 0))
    assert rows(pane) == ALL
    assert pane.tree.current_id() == "sha256:base"
    qtbot.mouseClick(pane.tree.viewport(), Qt.MouseButton.LeftButton, pos=arrow(pane, "sha256:app"))
    assert rows(pane) == ALL
    assert pane.tree.current_id() == "sha256:app", "it has no arrow"


def test_folding_moves_a_hidden_selection_to_the_folded_row(pane: ImagesPane) -> None:
    pane.reveal("sha256:app")
    pane.tree.collapse(pane.tree.row_of_image("sha256:base"))
    assert pane.tree.current_id() == "sha256:base"
    pane.tree.expand(pane.tree.row_of_image("sha256:base"))
    pane.reveal("sha256:orphan")
    pane.tree.collapse(pane.tree.row_of_image("sha256:base"))
    assert pane.tree.current_id() == "sha256:orphan"


def test_revealing_a_folded_image_unfolds_its_ancestors(pane: ImagesPane) -> None:
    pane.tree.expand_ids(set())
    assert rows(pane) == ["", "pulled", "orphan"]
    assert pane.reveal("sha256:app")
    assert rows(pane) == ALL
    pane.tree.expand_ids(set())
    pane.bring_into_sight("", "sha256:other")
    assert rows(pane) == ALL
    assert pane.tree.current_id() == ""


def test_the_accessible_text_of_a_row_has_level_and_state(pane: ImagesPane) -> None:
    def spoken(image_id: str) -> str:
        return str(pane.tree.row_of_image(image_id).data(Qt.ItemDataRole.AccessibleTextRole))

    assert spoken("").endswith("level 1, expanded")
    assert spoken("sha256:base").endswith("level 2, expanded")
    assert spoken("sha256:two").endswith("level 3")
    pane.tree.collapse(pane.tree.row_of_image("sha256:base"))
    assert spoken("sha256:base").endswith("level 2, collapsed")


def test_letters_typed_in_the_tree_go_on_in_the_filter(pane: ImagesPane, qtbot: QtBot) -> None:
    qtbot.keyClick(pane.tree, Qt.Key.Key_O)
    box = pane.findChild(QLineEdit)
    assert box is not None
    assert box.hasFocus()
    qtbot.keyClicks(box, "rphan")
    assert box.text() == "orphan"
    assert rows(pane) == ["orphan"]
