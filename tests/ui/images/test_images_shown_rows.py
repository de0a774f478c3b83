"""The rows of the previous store stay until those of the new one are known; actions on rows wait until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from image_kit import make_image, marks
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from cacheview.model import Image, ImageStore, Probe
from cacheview.ui.images import arranger
from cacheview.ui.images.pane import ImagesPane
from cacheview.ui.images.tree import forest

pytestmark = pytest.mark.looks

OTHERS = 60
"""More images than fit on screen."""


@pytest.fixture
def pane(qtbot: QtBot, store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImagesPane]:
    """Selects an image that all stores have, and treats every store as large."""
    pane = ImagesPane()
    qtbot.addWidget(pane)
    pane.resize(420, 300)
    pane.set_store(store)
    pane.show()
    pane.reveal("sha256:two")
    monkeypatch.setattr(arranger, "_MAX_IMAGES_WITHOUT_THREAD", 0)
    yield pane
    pane._arranger._loader.close()
    pane.close()


@pytest.fixture
def selected(pane: ImagesPane) -> list[Image | None]:
    """The images that the pane reports as selected by the user."""
    found: list[Image | None] = []
    pane.image_selected.connect(found.append)
    return found


@pytest.fixture
def more(store: ImageStore) -> ImageStore:
    """The same images below many others, and one more."""
    others = (make_image(f"x{number}") for number in range(OTHERS))
    return ImageStore((*others, *store.images, make_image("more", "base")))


@pytest.fixture
def fewer(store: ImageStore) -> ImageStore:
    return ImageStore(store.images[:4])


def rows(pane: ImagesPane) -> list[str]:
    return [node.image_id.removeprefix("sha256:") or "scratch" for node in pane.model.rows]


def check_box(pane: ImagesPane, word: str) -> QCheckBox:
    return next(box for box in pane.findChildren(QCheckBox) if word in box.accessibleName() + box.text())


def box(pane: ImagesPane) -> QLineEdit:
    found = pane.findChild(QLineEdit)
    assert found is not None
    return found


def settle(pane: ImagesPane, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not pane.is_filtering)


def is_in_sight(pane: ImagesPane, image_id: str) -> bool:
    place = pane.tree.visualRect(pane.tree.row_of_image(image_id))
    return place.isValid() and pane.tree.viewport().rect().contains(place)


Reveal = Callable[[ImagesPane, str], object]
REVEALS: tuple[Reveal, ...] = (
    lambda pane, image_id: pane.reveal(image_id, unhide=False),
    lambda pane, image_id: pane.reveal(image_id),
    lambda pane, image_id: pane.bring_into_sight(image_id, None),
)


@pytest.mark.parametrize("reveal", REVEALS, ids=["reveal", "unhide", "step"])
@pytest.mark.parametrize("name", ["base", "orphan", "more"])
def test_an_image_is_revealed_in_the_store_that_follows(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot, reveal: Reveal, name: str, selected: list[Image | None]
) -> None:
    before = rows(pane)
    pane.set_store(more)
    reveal(pane, f"sha256:{name}")
    assert rows(pane) == before
    assert pane.tree.current_id() == "sha256:two", "the rows still shown belong to the previous store"
    settle(pane, qtbot)
    assert pane.tree.current_id() == f"sha256:{name}"
    assert is_in_sight(pane, f"sha256:{name}")
    assert pane.tree.verticalScrollBar().value() > 0
    assert selected == []


def test_a_parent_and_its_hit_are_brought_into_sight_together(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    pane.set_store(more)
    pane.bring_into_sight("sha256:base", "sha256:more")
    pane.scroll_to_both("sha256:base", "sha256:more")
    settle(pane, qtbot)
    assert pane.tree.current_id() == "sha256:base"
    assert is_in_sight(pane, "sha256:base")
    assert is_in_sight(pane, "sha256:more")


def test_pending_steps_are_dropped_when_another_store_is_set(
    pane: ImagesPane, more: ImageStore, fewer: ImageStore, qtbot: QtBot, selected: list[Image | None]
) -> None:
    seen: list[str | None] = []
    pane.current_changed.connect(lambda _: seen.append(pane.tree.current_id()))
    pane.set_store(more)
    pane.bring_into_sight("sha256:base", "sha256:more")
    pane.set_store(fewer)
    pane.reveal("sha256:one", unhide=False)
    settle(pane, qtbot)
    assert len(rows(pane)) == 5
    assert seen == ["sha256:one"]
    pane.set_store(more)
    pane.reveal("sha256:base", unhide=False)
    pane.set_store(fewer)
    settle(pane, qtbot)
    assert pane.tree.current_id() is None
    assert selected == []


def test_an_image_without_a_row_yet_is_not_revealed_in_another_store(
    pane: ImagesPane, store: ImageStore, more: ImageStore, qtbot: QtBot
) -> None:
    check_box(pane, "Intermediate").click()
    settle(pane, qtbot)
    pane.reveal("sha256:two")  # in a tree that includes intermediate images
    pane.set_store(more)
    settle(pane, qtbot)
    assert "two" in rows(pane)
    assert pane.tree.current_id() is None


def test_intermediate_images_are_listed_only_if_the_store_that_follows_hides_the_image(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot
) -> None:
    intermediate = check_box(pane, "Intermediate")
    intermediate.click()
    settle(pane, qtbot)
    for name, is_checked in (("more", False), ("two", True)):
        pane.set_store(ImageStore(more.images))
        pane.reveal(f"sha256:{name}")
        settle(pane, qtbot)
        assert pane.tree.current_id() == f"sha256:{name}"
        assert intermediate.isChecked() is is_checked


def test_the_last_of_several_requests_wins(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    pane.set_store(more)
    pane.reveal("sha256:base", unhide=False)
    pane.reveal("sha256:orphan")
    settle(pane, qtbot)
    assert pane.tree.current_id() == "sha256:orphan"
    pane.set_store(ImageStore(more.images))
    pane.reveal("sha256:orphan")
    pane.reveal("sha256:base", unhide=False)
    settle(pane, qtbot)
    assert pane.tree.current_id() == "sha256:base"


def test_a_filter_that_hides_the_image_in_the_store_that_follows_is_cleared_for_the_user_only(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot
) -> None:
    box(pane).setText("orphan")
    settle(pane, qtbot)
    pane.set_store(more)
    pane.reveal("sha256:more", unhide=False)
    settle(pane, qtbot)
    assert box(pane).text() == "orphan"
    assert pane.tree.current_id() is None
    pane.set_store(ImageStore(more.images))
    pane.reveal("sha256:more")
    settle(pane, qtbot)
    assert box(pane).text() == ""
    assert pane.tree.current_id() == "sha256:more"


@pytest.mark.parametrize("is_large", [True, False], ids=["large", "small"])
def test_candidates_of_another_store_are_listed_with_their_parent(
    pane: ImagesPane, store: ImageStore, more: ImageStore, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, is_large: bool
) -> None:
    if not is_large:
        monkeypatch.undo()
    pane.set_marks(marks(store, Probe(parent="sha256:two")))
    check_box(pane, "candidates").click()
    settle(pane, qtbot)
    pane.set_store(more)
    pane.reveal("sha256:base", unhide=False)
    pane.set_marks(marks(more, Probe(parent="sha256:base")))
    pane.scroll_to_both("sha256:base", "sha256:more")
    settle(pane, qtbot)
    assert rows(pane) == ["scratch", "base", "one", "other", "more"]
    assert pane.tree.current_id() == "sha256:base"


def test_a_step_with_other_candidates_is_shown_among_them(pane: ImagesPane, store: ImageStore, qtbot: QtBot) -> None:
    pane.set_marks(marks(store, Probe(parent="sha256:two")))
    check_box(pane, "candidates").click()
    settle(pane, qtbot)
    assert "other" not in rows(pane)
    pane.set_marks(marks(store, Probe(parent="sha256:base")))
    pane.bring_into_sight("sha256:other", None)
    settle(pane, qtbot)
    assert pane.tree.current_id() == "sha256:other"


def test_a_store_read_again_before_its_rows_are_shown_is_not_the_one_before(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot
) -> None:
    """Until its rows are shown, the pane has no place to keep, and the image to reveal is still revealed later."""
    pane.tree.collapse(pane.tree.row_of_image("sha256:base"))
    pane.set_store(more)
    pane.reveal("sha256:more", unhide=False)
    assert pane.place is None
    pane.set_store(ImageStore(more.images), keep=True)
    settle(pane, qtbot)
    assert pane.tree.current_id() == "sha256:more"
    assert "one" in rows(pane)
    place = pane.place
    assert place is not None
    pane.set_store(ImageStore(more.images), keep=True)
    settle(pane, qtbot)
    assert pane.place == place


def test_a_row_selected_in_a_store_that_is_read_again_stays_selected(
    pane: ImagesPane, more: ImageStore, qtbot: QtBot, selected: list[Image | None]
) -> None:
    pane.set_store(more, keep=True)
    pane.bring_into_sight("sha256:base", None)
    qtbot.keyClick(pane.tree, Qt.Key.Key_Down)
    settle(pane, qtbot)
    assert [image.id for image in selected if image] == [pane.tree.current_id()] == ["sha256:app"]


def test_returning_to_a_place_drops_pending_steps(
    pane: ImagesPane, store: ImageStore, more: ImageStore, qtbot: QtBot
) -> None:
    place = pane.place
    pane.set_store(more)
    pane.reveal("sha256:more", unhide=False)
    pane.return_to(place)
    pane.set_store(ImageStore(store.images), keep=True)
    settle(pane, qtbot)
    assert pane.tree.current_id() == "sha256:two"


def test_the_tree_is_entered_at_its_first_row_once_it_is_found(
    pane: ImagesPane, store: ImageStore, qtbot: QtBot
) -> None:
    pane.focus_filter()
    qtbot.keyClicks(box(pane), "orphan")
    qtbot.keyClick(box(pane), Qt.Key.Key_Escape)
    qtbot.keyClicks(box(pane), "team")
    settle(pane, qtbot)
    pane.set_store(ImageStore((make_image("first", names=("team/first:1",)), *store.images)), keep=False)
    qtbot.keyClick(box(pane), Qt.Key.Key_Down)
    assert pane.tree.hasFocus()
    settle(pane, qtbot)
    assert pane.tree.currentIndex().row() == 0


def test_an_image_that_the_store_lacks_cannot_be_used_as_parent(
    pane: ImagesPane, fewer: ImageStore, qtbot: QtBot
) -> None:
    """It can be used as long as its row is still in the tree."""
    pane.reveal("sha256:orphan")
    image = pane.selected()
    for is_there in (True, False):
        menu = pane.menu_for(image)
        entry = next(action for action in menu.actions() if action.text() == "Use as pa&rent")
        assert entry.isEnabled() is is_there
        menu.deleteLater()
        pane.set_store(fewer)
    settle(pane, qtbot)


def test_steps_also_wait_for_rows_created_in_advance(pane: ImagesPane, more: ImageStore, qtbot: QtBot) -> None:
    pane.set_store(more, forest=forest(more))
    pane.reveal("sha256:base", unhide=False)
    assert pane.tree.current_id() == "sha256:two"
    settle(pane, qtbot)
    assert pane.tree.current_id() == "sha256:base"
    assert is_in_sight(pane, "sha256:base")


def test_the_parent_of_the_next_probe_is_revealed_although_the_marks_of_the_previous_one_hide_it(
    pane: ImagesPane, store: ImageStore, qtbot: QtBot, selected: list[Image | None]
) -> None:
    pane.set_marks(marks(store, Probe(parent="sha256:two")))
    check_box(pane, "candidates").click()
    settle(pane, qtbot)
    assert "other" not in rows(pane)
    pane.reveal("sha256:other", unhide=False)
    pane.set_marks(marks(store, Probe(parent="sha256:other")))
    settle(pane, qtbot)
    assert pane.tree.current_id() == "sha256:other"
    assert selected == []


def test_a_row_that_the_user_selects_comes_before_one_that_the_marks_hide(
    pane: ImagesPane, store: ImageStore, qtbot: QtBot
) -> None:
    pane.set_marks(marks(store, Probe(parent="sha256:two")))
    check_box(pane, "candidates").click()
    settle(pane, qtbot)
    pane.reveal("sha256:other", unhide=False)
    pane.tree.setCurrentIndex(pane.tree.row_of_image("sha256:one"))
    pane.set_marks(marks(store, Probe(parent="sha256:base")))
    settle(pane, qtbot)
    assert "other" in rows(pane)
    assert pane.tree.current_id() == "sha256:one"


def test_a_filter_typed_before_the_marks_of_another_store_waits_for_them(
    pane: ImagesPane, store: ImageStore, more: ImageStore, qtbot: QtBot
) -> None:
    pane.set_marks(marks(store, Probe(parent="sha256:two")))
    check_box(pane, "candidates").click()
    settle(pane, qtbot)
    before = rows(pane)
    pane.set_store(more)
    pane.reveal("sha256:base", unhide=False)
    box(pane).setText("base")
    assert not pane._arranger.is_busy
    assert rows(pane) == before
    pane.set_marks(marks(more, Probe(parent="sha256:base")))
    settle(pane, qtbot)
    assert "base" in rows(pane)
    assert pane.tree.current_id() == "sha256:base"
