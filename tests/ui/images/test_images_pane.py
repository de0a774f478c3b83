"""The images pane: filtering, selecting, menus and columns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from image_kit import make_image, marks
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from cacheview.model import Image, ImageStore, Probe, decode
from cacheview.ui.images.model import ImagesColumn
from cacheview.ui.images.pane import ImagesPane


@pytest.fixture
def pane(qtbot: QtBot, store: ImageStore) -> Iterator[ImagesPane]:
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 600)
    pane.set_store(store)
    pane.show()
    yield pane
    pane.close()


def filter_box(pane: ImagesPane) -> QLineEdit:
    found = pane.findChild(QLineEdit)
    assert found is not None
    return found


def toggle(pane: ImagesPane, text: str) -> QCheckBox:
    return next(box for box in pane.findChildren(QCheckBox) if text in box.text().replace("&", ""))


def shown_texts(pane: ImagesPane) -> list[str]:
    return [label.text() for label in pane.findChildren(QLabel) if label.isVisible() and label.text()]


def visible_ids(pane: ImagesPane) -> list[str]:
    """The ids of the visible rows, top to bottom."""
    found = []
    index = pane.tree.indexAt(pane.tree.viewport().rect().topLeft())
    while index.isValid():
        node = pane.tree.node(index)
        assert node is not None
        found.append(node.image.id[7:] if node.image else "scratch")
        index = pane.tree.indexBelow(index)
    return found


def test_filter_by_typing(pane: ImagesPane, qtbot: QtBot) -> None:
    pane.focus_filter()
    qtbot.keyClicks(filter_box(pane), "TEAM/app")
    assert visible_ids(pane) == ["scratch", "base", "one", "two", "app"]
    assert "1 of 7 images" in shown_texts(pane)
    qtbot.keyClick(filter_box(pane), Qt.Key.Key_Escape)
    assert len(visible_ids(pane)) == 8
    assert "7 images" in shown_texts(pane)


def test_clearing_the_filter_restores_folded_rows(pane: ImagesPane) -> None:
    base = pane.tree.row_of_image("sha256:base")
    pane.tree.collapse(base)
    before = visible_ids(pane)
    filter_box(pane).setText("app")
    assert "app" in visible_ids(pane)
    filter_box(pane).clear()
    assert visible_ids(pane) == before


def test_filter_that_matches_nothing_offers_a_way_out(pane: ImagesPane, qtbot: QtBot) -> None:
    filter_box(pane).setText("<b>none</b>")
    assert "Nothing matches “<b>none</b>”" in shown_texts(pane)
    button = next(b for b in pane.findChildren(QPushButton) if b.isVisible())
    assert button.text() == "Clear filter"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(visible_ids(pane)) == 8


def test_empty_store(pane: ImagesPane) -> None:
    pane.set_store(ImageStore(()))
    assert "This store has no images" in shown_texts(pane)
    assert "0 images" in shown_texts(pane)


def test_intermediate_images(pane: ImagesPane, qtbot: QtBot) -> None:
    pane.reveal("sha256:app")
    toggle(pane, "Intermediate").click()
    assert visible_ids(pane) == ["scratch", "base", "app", "other", "pulled", "orphan"]
    assert "5 of 7 images" in shown_texts(pane)
    selected = pane.selected()
    assert selected is not None
    assert selected.id == "sha256:app"


def test_only_candidates_are_shown_if_chosen(pane: ImagesPane, store: ImageStore) -> None:
    pane.set_marks(marks(store, Probe(parent="sha256:base")))
    toggle(pane, "candidates").click()
    assert visible_ids(pane) == ["scratch", "base", "one", "other"]
    pane.set_marks(marks(store, Probe(parent="sha256:app")))
    assert visible_ids(pane) == ["scratch", "base", "one", "two", "app"]


def test_selecting_emits_a_signal_and_revealing_does_not(pane: ImagesPane, qtbot: QtBot) -> None:
    printed: list[Image | None] = []
    pane.image_selected.connect(printed.append)
    pane.reveal("sha256:two")
    assert printed == []
    pane.tree.setFocus()
    qtbot.keyClick(pane.tree, Qt.Key.Key_Down)
    assert [image.id for image in printed if image] == ["sha256:app"]


def test_revealing_an_image_clears_the_filters_that_hide_it(pane: ImagesPane) -> None:
    filter_box(pane).setText("orphan")
    toggle(pane, "Intermediate").click()
    assert pane.reveal("sha256:two")
    assert "two" in visible_ids(pane)
    assert not pane.reveal("sha256:never")
    assert pane.reveal("")
    assert pane.selected() is None


def test_a_probe_is_requested_by_keyboard_alone(pane: ImagesPane, qtbot: QtBot) -> None:
    signal: list[Image] = []
    pane.menu.probe_requested.connect(signal.append)
    pane.focus_filter()
    qtbot.keyClicks(filter_box(pane), "other")
    qtbot.keyClick(filter_box(pane), Qt.Key.Key_Down)
    assert pane.tree.hasFocus()
    qtbot.keyClick(pane.tree, Qt.Key.Key_End)
    qtbot.keyClick(pane.tree, Qt.Key.Key_Return)
    assert [image.id for image in signal] == ["sha256:other"]


def test_enter_on_scratch_makes_it_the_parent(pane: ImagesPane, qtbot: QtBot) -> None:
    with qtbot.waitSignal(pane.menu.parent_requested) as signal:
        pane.tree.activated_row.emit(pane.model.index(0, 0))
    assert signal.args == [None]


def test_context_menu(pane: ImagesPane, store: ImageStore, qtbot: QtBot) -> None:
    image = store.by_id["sha256:app"]
    menu = pane.menu_for(image)
    actions = {action.text().replace("&", "").partition(" (")[0]: action for action in menu.actions()}
    assert list(filter(None, actions)) == [
        "Show the builder's probe",
        "Use as parent",
        "Add to “Cache from”",
        "Details",
        "Files in this layer",
        "Copy ID",
        "Copy names",
        "Copy text",
        "Copy Markdown",
        "Copy JSON",
    ]
    with qtbot.waitSignal(pane.menu.cache_from_requested) as signal:
        actions["Add to “Cache from”"].trigger()
    assert signal.args == [image]
    copied: list[str] = []
    pane.menu.copied.connect(copied.append)
    actions["Copy ID"].trigger()
    assert QGuiApplication.clipboard().text() == "sha256:app"
    actions["Copy names"].trigger()
    assert QGuiApplication.clipboard().text() == "docker.io/team/app:1\ndocker.io/team/app:latest"
    actions["Copy text"].trigger()
    assert QGuiApplication.clipboard().text().startswith("id: sha256:app\nname: docker.io/team/app:1\n")
    actions["Copy Markdown"].trigger()
    assert "| name | docker.io/team/app:1 |" in QGuiApplication.clipboard().text()
    actions["Copy JSON"].trigger()
    assert decode(Image, QGuiApplication.clipboard().text()) == image
    assert copied == ["ID", "names", "image as text", "image as Markdown", "JSON for the image"]
    assert [a.text() for a in pane.menu_for(None).actions()] == ["Use as pa&rent"]


def test_columns(pane: ImagesPane) -> None:
    pane.resize(700, 600)
    assert pane.tree.isColumnHidden(ImagesColumn.ID)
    assert pane.tree.isColumnHidden(ImagesColumn.SIZE)
    menu = pane.tree.columns.menu()
    menu.actions()[0].trigger()
    assert not pane.tree.isColumnHidden(ImagesColumn.ID)
    assert pane.tree.columns.hidden == ["size"]
    pane.tree.columns.set_hidden(["created", "nonsense"])
    assert pane.tree.isColumnHidden(ImagesColumn.CREATED)
    # No size is known in this store, so the column has nothing to show.
    assert pane.tree.isColumnHidden(ImagesColumn.SIZE)
    pane.set_store(ImageStore((make_image("a", size=1),)))
    assert not pane.tree.isColumnHidden(ImagesColumn.SIZE)


@pytest.mark.looks
@pytest.mark.parametrize(
    "size", [1 << 63, 10**400, -(10**400), 3 * (10**4300 - 1)], ids=["64 bits", "400", "negative", "4301"]
)
def test_an_enormous_size_is_painted_as_too_large(size: int, pane: ImagesPane) -> None:
    """No float can hold it, and Python refuses to format a number of so many digits. An exception while painting
    fails the test.
    """
    image = make_image("a", size=1)
    pane.set_store(ImageStore((image,)))
    pane.resize(700, 600)
    pane.tree.columns.set_hidden([])
    assert not pane.tree.isColumnHidden(ImagesColumn.SIZE)
    small = pane.tree.viewport().grab().toImage()
    pane.set_store(ImageStore((image.model_copy(update={"size": size}),)))
    assert not pane.tree.isColumnHidden(ImagesColumn.SIZE)
    assert pane.tree.viewport().grab().toImage() != small
    index = pane.model.index_of_image(image.id)
    assert index.siblingAtColumn(ImagesColumn.SIZE).data() == "too large"
    assert "size too large" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_marks_show_without_changing_the_model(pane: ImagesPane, store: ImageStore, qtbot: QtBot) -> None:
    changed: list[QModelIndex] = []
    pane.model.dataChanged.connect(lambda first, *_: changed.append(first))
    pane.set_marks(marks(store, Probe(parent="sha256:base")))
    assert changed == []


@pytest.mark.looks
def test_rows_are_painted_in_both_states(pane: ImagesPane, store: ImageStore, qtbot: QtBot) -> None:
    """A row's appearance follows its marks."""
    plain = pane.tree.viewport().grab().toImage()
    pane.set_marks(marks(store, Probe(parent="sha256:base")))
    marked = pane.tree.viewport().grab().toImage()
    assert plain != marked
    pane.set_marks(None)
    assert pane.tree.viewport().grab().toImage() == plain


def test_accessible_names(pane: ImagesPane) -> None:
    assert pane.tree.accessibleName()
    assert filter_box(pane).accessibleName()


def test_the_candidates_filter_stays_on_after_a_reload(pane: ImagesPane, store: ImageStore) -> None:
    pane.set_marks(marks(store, Probe(parent="sha256:base")))
    toggle(pane, "candidates").click()
    pane.reveal("sha256:other")
    again = ImageStore((*store.images, make_image("more", "base")))
    pane.set_store(again, keep=True, new=["sha256:more"])
    pane.set_marks(marks(again, Probe(parent="sha256:base")))
    assert visible_ids(pane) == ["scratch", "base", "one", "other", "more"]
    assert pane.tree.current_id() == "sha256:other"
