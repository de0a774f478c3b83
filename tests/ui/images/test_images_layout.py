"""What a tree row shows if there is little room, and which rows stay visible."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from image_kit import make_image, marks
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from cacheview.model import ImageStore, Probe
from cacheview.ui.images.model import ImagesColumn
from cacheview.ui.images.pane import ImagesPane
from cacheview.ui.images.row_painter import RowPainter
from cacheview.ui.images.tree import forest
from cacheview.ui.theme import current_tokens

pytestmark = pytest.mark.looks


@pytest.fixture
def pane(qtbot: QtBot, store: ImageStore) -> Iterator[ImagesPane]:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 600)
    pane.set_store(store)
    pane.show()
    yield pane
    pane.close()


@pytest.fixture
def many() -> ImageStore:
    """More images than fit on screen: fifty lineages of one image each, then one with a child."""
    lone = (make_image(f"lone{number}", names=(f"docker.io/team/lone:{number}",)) for number in range(50))
    last = (make_image("last", names=("docker.io/team/last:1",)), make_image("child", "last", steps=2))
    return ImageStore((*lone, *last), title="made in memory")


def columns(pane: ImagesPane) -> set[ImagesColumn]:
    return {column for column in ImagesColumn if not pane.tree.isColumnHidden(column)}


def test_the_date_column_is_hidden_in_a_narrow_pane(pane: ImagesPane, qtbot: QtBot) -> None:
    pane.resize(300, 600)
    qtbot.waitUntil(lambda: columns(pane) == {ImagesColumn.IMAGE})
    assert pane.tree.columns.hidden == ["id", "size"], "the width hides the date, not the user"
    pane.resize(700, 600)
    qtbot.waitUntil(lambda: columns(pane) == {ImagesColumn.IMAGE, ImagesColumn.CREATED})


def test_a_column_enabled_by_the_user_is_shown_at_any_width(pane: ImagesPane, qtbot: QtBot) -> None:
    pane.resize(300, 600)
    qtbot.waitUntil(lambda: columns(pane) == {ImagesColumn.IMAGE})
    created = next(action for action in pane.tree.columns.menu().actions() if action.text() == "Created")
    assert not created.isChecked()
    created.trigger()
    assert columns(pane) == {ImagesColumn.IMAGE, ImagesColumn.CREATED}


def test_the_selected_image_is_visible_again_after_filtering(qtbot: QtBot, many: ImageStore) -> None:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 300)
    pane.set_store(many)
    pane.show()
    pane.reveal("sha256:child")
    pane.focus_filter()
    box = pane.findChild(QLineEdit)
    qtbot.keyClicks(box, "lone:7")
    assert pane.selected() is None, "the filter hides it"
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    selected = pane.selected()
    assert selected is not None
    assert selected.id == "sha256:child"
    assert pane.tree.viewport().rect().contains(pane.tree.visualRect(pane.tree.currentIndex()).center())


def test_filtered_images_are_scrolled_to_the_top(qtbot: QtBot, many: ImageStore) -> None:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 300)
    pane.set_store(many)
    pane.show()
    pane.reveal("sha256:child")
    box = pane.findChild(QLineEdit)
    assert box is not None
    box.setText("lone")
    assert pane.tree.node(pane.tree.indexAt(pane.tree.viewport().rect().topLeft())) is pane.model.rows[0]
    pane.close()


def test_parent_and_hit_are_scrolled_into_view_together(qtbot: QtBot, many: ImageStore) -> None:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 300)
    pane.set_store(many)
    pane.show()
    pane.bring_into_sight("sha256:last", "sha256:child")
    for image_id in ("sha256:last", "sha256:child"):
        row = pane.tree.row_of_image(image_id)
        assert pane.tree.viewport().rect().contains(pane.tree.visualRect(row).center()), image_id
    selected = pane.selected()
    assert selected is not None
    assert selected.id == "sha256:last"
    pane.close()


def whole(pane: ImagesPane, image_id: str) -> bool:
    """Whether the row of an image is fully visible, from top to bottom edge."""
    row = pane.tree.visualRect(pane.tree.row_of_image(image_id))
    return (
        row.isValid()
        and pane.tree.viewport().rect().contains(row.topLeft())
        and row.bottom() < pane.tree.viewport().height()
    )


@pytest.mark.parametrize("height", range(300, 340, 3))
def test_the_hit_and_its_parent_are_fully_visible_at_any_height(qtbot: QtBot, many: ImageStore, height: int) -> None:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, height)
    pane.set_store(many)
    pane.show()
    pane.reveal("sha256:last")
    pane.scroll_to_both("sha256:last", "sha256:child")
    assert whole(pane, "sha256:last")
    assert whole(pane, "sha256:child")
    pane.resize(420, height - 71)
    assert whole(pane, "sha256:last")
    assert whole(pane, "sha256:child")
    pane.close()


@pytest.mark.parametrize("height", range(300, 340, 3))
def test_all_candidates_of_a_new_probe_are_visible_if_there_is_room(qtbot: QtBot, height: int) -> None:
    names = [f"candidate{number}" for number in range(4)]
    above = [make_image(f"lone{number}") for number in range(6)]
    below = [make_image(f"other{number}") for number in range(9)]
    built = [make_image(name, "base", second=number) for number, name in enumerate(names)]
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, height)
    pane.set_store(ImageStore((*above, make_image("base"), *built, *below)))
    pane.show()
    pane.reveal("sha256:base")
    pane.scroll_to_both("sha256:base", "sha256:candidate1")
    assert whole(pane, "sha256:base")
    assert whole(pane, "sha256:candidate1")
    assert all(whole(pane, f"sha256:{name}") for name in names)
    pane.close()


def test_scrolling_to_a_distant_hit_keeps_its_parent_visible(qtbot: QtBot, many: ImageStore) -> None:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 300)
    pane.set_store(many)
    pane.show()
    pane.reveal("sha256:lone1")
    pane.scroll_to_both("sha256:lone1", "sha256:child")
    assert whole(pane, "sha256:lone1")
    pane.reveal("sha256:child")
    pane.scroll_to_both("sha256:lone1", "sha256:last")  # no longer the current row
    assert whole(pane, "sha256:child")
    pane.close()


def drawn(painter: RowPainter, store: ImageStore, image_id: str, width: int) -> QImage:
    """A row drawn in a cell of this width, on a canvas of 600 pixels."""
    node = forest(store).by_id[image_id]
    shown = marks(store, Probe(parent="sha256:base")).of(image_id)
    canvas = QImage(600, painter.height, QImage.Format.Format_RGB32)
    canvas.fill(QColor(current_tokens().surface))
    with QPainter(canvas) as device:
        painter.paint(device, node, shown, {ImagesColumn.IMAGE: QRect(0, 0, width, painter.height)}, 1.0)
    return canvas


def last_drawn_column(canvas: QImage) -> int:
    """The last column of pixels that is not background."""
    ground = canvas.pixel(599, 0)
    return max(
        (x for x in range(canvas.width()) for y in range(canvas.height()) if canvas.pixel(x, y) != ground), default=0
    )


@pytest.mark.parametrize("width", [60, 100, 140, 180, 240, 400])
def test_badges_do_not_overlap_adjacent_text(qtbot: QtBot, store: ImageStore, width: int) -> None:
    for image_id in ("sha256:base", "sha256:one", "sha256:other"):
        assert last_drawn_column(drawn(RowPainter(), store, image_id, width)) <= width, image_id


def test_the_connecting_line_reaches_the_last_build_on_an_image(store: ImageStore) -> None:
    nodes = forest(store).by_id
    base = nodes["sha256:base"]
    heads = [node.row for node in base.children if not node.follows]
    assert len(heads) == 2
    assert base.last_head == heads[-1], "the line from the image ends at its last build"
