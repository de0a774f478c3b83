"""What if is entered and left in several turns in a large store, and the user's place is restored."""

from __future__ import annotations

import pytest
from live_kit import FakeEngine, make_image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from shared_window import ShowStore

from cacheview.ui.images import arranger
from cacheview.ui.images.pane import ImagesPane
from cacheview.ui.images.view import TreePlace
from cacheview.ui.session import Session, StoreRelation
from cacheview.ui.window import MainWindow

REMOVED = make_image(1010).id


@pytest.fixture
def window(lent_window: MainWindow, show_store: ShowStore, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """Sixty images on one base, with two more on each: more than fit on screen. The store counts as large."""
    images = [make_image(1, None, "docker.io/library/base:1")]
    for number in range(100, 160):
        images.append(make_image(number, 1, f"docker.io/library/app:{number}"))
        images += [make_image(number * 10, number), make_image(number * 10 + 1, number)]
    FakeEngine(images).install(monkeypatch)
    lent_window.resize(1200, 700)
    window = show_store("engine:")
    monkeypatch.setattr(arranger, "_MAX_IMAGES_WITHOUT_THREAD", 0)
    return window


@pytest.fixture
def pane(window: MainWindow) -> ImagesPane:
    """Selects an image in the middle, below folded rows. It stays visible if a notice takes up space above."""
    assert window.workspace is not None
    pane = window.workspace.images
    pane.tree.collapse(pane.tree.row_of_image(make_image(102).id))
    pane.reveal(make_image(1301).id)
    pane.tree.verticalScrollBar().setValue(85)
    return pane


def session_of(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def suppose(window: MainWindow, qtbot: QtBot) -> None:
    """Suppose that an image was removed, without the containers that use images."""
    pane = window.workspace.images if window.workspace is not None else None
    assert pane is not None
    window.what_if.suppose(f"remove:{REMOVED}")
    qtbot.waitUntil(lambda: session_of(window).supposed is not None)
    window.what_if.without_containers()
    qtbot.waitUntil(lambda: REMOVED not in session_of(window).store.by_id and not pane.is_filtering)
    assert pane.model.forest.node_of(REMOVED) is not None, "it is still listed, but struck through"


def go_elsewhere(pane: ImagesPane) -> None:
    pane.tree.expand_ids({""})
    pane.reveal(make_image(1591).id)


def leave(window: MainWindow) -> None:
    """Leave What if; the rows of the actual store are shown in a later turn."""
    assert window.workspace is not None
    window.what_if.leave()
    assert window.workspace.images.is_filtering
    assert window.workspace.images.model.rows, "the tree is not emptied, which would flicker"


def place_of(pane: ImagesPane) -> TreePlace:
    assert pane.place is not None
    return pane.place


def box_of(pane: ImagesPane) -> QLineEdit:
    found = pane.findChild(QLineEdit)
    assert found is not None
    return found


def test_selection_folding_and_scroll_position_are_as_before(
    window: MainWindow, pane: ImagesPane, qtbot: QtBot
) -> None:
    before = place_of(pane)
    suppose(window, qtbot)
    assert place_of(pane).folded == before.folded
    assert place_of(pane).current == before.current
    go_elsewhere(pane)
    selected: list[object] = []
    pane.image_selected.connect(selected.append)
    leave(window)
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert place_of(pane) == before
    assert selected == []
    assert pane.model._removed == frozenset()
    assert window.status.currentMessage() == "“What if” is off: the actual store is shown"


def test_it_is_the_same_store_again_without_changes(window: MainWindow, pane: ImagesPane, qtbot: QtBot) -> None:
    suppose(window, qtbot)
    session, reported = session_of(window), []
    session.store_changed.connect(lambda relation: reported.append((relation, session.change)))
    leave(window)
    assert reported == [(StoreRelation.SAME, None)]
    qtbot.waitUntil(lambda: not pane.is_filtering)


def test_a_filter_stays(window: MainWindow, pane: ImagesPane, qtbot: QtBot) -> None:
    box_of(pane).setText("app:1")
    qtbot.waitUntil(lambda: not pane.is_filtering)
    pane.reveal(make_image(140).id)
    before, shown = place_of(pane), [node.image_id for node in pane.model.rows]
    suppose(window, qtbot)
    assert [node.image_id for node in pane.model.rows] == shown
    pane.reveal(make_image(101).id)
    leave(window)
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert pane.model.is_filtered
    assert [node.image_id for node in pane.model.rows] == shown
    assert place_of(pane) == before


def test_a_key_press_before_the_rows_update_moves_from_the_old_place(
    window: MainWindow, pane: ImagesPane, qtbot: QtBot
) -> None:
    suppose(window, qtbot)
    go_elsewhere(pane)
    leave(window)
    qtbot.keyClick(pane.tree, Qt.Key.Key_Down)
    assert not pane.is_filtering
    row = pane.tree.row_of_image(make_image(1301).id).row() + 1
    assert pane.tree.currentIndex().row() == row
    qtbot.waitUntil(lambda: session_of(window).answer is not None)
    assert pane.tree.currentIndex().row() == row


def test_a_reload_before_the_rows_update_keeps_the_place(window: MainWindow, pane: ImagesPane, qtbot: QtBot) -> None:
    before = place_of(pane)
    suppose(window, qtbot)
    go_elsewhere(pane)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        leave(window)
        window.opener.reload()
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert place_of(pane).current == before.current
    assert place_of(pane).folded == before.folded


def test_a_reload_ends_the_what_if_at_the_previous_place(window: MainWindow, pane: ImagesPane, qtbot: QtBot) -> None:
    before = place_of(pane)
    suppose(window, qtbot)
    go_elsewhere(pane)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.opener.reload()
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert session_of(window).supposed is None
    assert place_of(pane).current == before.current
    assert place_of(pane).folded == before.folded


def test_entering_what_if_again_before_the_rows_update_keeps_the_place(
    window: MainWindow, pane: ImagesPane, qtbot: QtBot
) -> None:
    before = place_of(pane)
    suppose(window, qtbot)
    go_elsewhere(pane)
    leave(window)
    suppose(window, qtbot)
    assert place_of(pane).current == before.current
    go_elsewhere(pane)
    leave(window)
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert place_of(pane) == before


def test_a_store_opened_while_leaving_what_if_is_shown_from_its_top(
    window: MainWindow, pane: ImagesPane, qtbot: QtBot
) -> None:
    suppose(window, qtbot)
    leave(window)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open("demo:")
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert {node.image_id for node in pane.model.rows} <= {"", *session_of(window).store.by_id}
    assert window.status.currentMessage() != "“What if” is off: the actual store is shown"


def test_leaving_what_if_before_its_rows_are_ready_keeps_the_place(
    window: MainWindow, pane: ImagesPane, qtbot: QtBot
) -> None:
    before = place_of(pane)
    window.what_if.suppose(f"remove:{REMOVED}")
    qtbot.waitUntil(lambda: session_of(window).supposed is not None)
    window.what_if.leave()
    qtbot.waitUntil(lambda: not pane.is_filtering)
    assert place_of(pane) == before
    assert pane.model.forest is session_of(window).listed.forest


def test_choosing_another_probe_leaves_what_if(show_store: ShowStore, qtbot: QtBot) -> None:
    window = show_store("demo:")
    session = session_of(window)
    assert window.workspace is not None
    pane = window.workspace.images
    before = session.store
    shown = [node.image_id for node in pane.model.rows]
    window.what_if.suppose("prune")
    qtbot.waitUntil(lambda: session.supposed is not None)
    window.what_if.without_containers()
    qtbot.waitUntil(lambda: len(session.store.images) < len(before.images))
    assert pane.model._removed
    session.places.choose_probe(1)
    assert session.supposed is None
    assert session.store is before
    assert not pane.model._removed
    assert [node.image_id for node in pane.model.rows] == shown
    assert session.change is None
