"""Reading a live store again keeps the place in every pane, and reports and marks what changed."""

from __future__ import annotations

import pytest
from live_kit import NOT_RUNNING, FakeEngine, make_image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.model import Problem
from cacheview.ui.images.pane import ImagesPane
from cacheview.ui.session import Session
from cacheview.ui.window import MainWindow


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Forty images on one base, with two more on each: more than fit on screen."""
    images = [make_image(1, None, "docker.io/library/base:1")]
    for number in range(100, 140):
        images.append(make_image(number, 1, f"docker.io/library/app:{number}"))
        images += [make_image(number * 10, number), make_image(number * 10 + 1, number)]
    return FakeEngine(images).install(monkeypatch)


@pytest.fixture
def window(lent_window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> MainWindow:
    lent_window.resize(1200, 700)
    with qtbot.waitSignal(lent_window.settled, timeout=20_000):
        lent_window.open("engine:")
    return lent_window


def reloaded(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000):
        qtbot.keyClick(window, Qt.Key.Key_F5)


def images(window: MainWindow) -> ImagesPane:
    assert window.workspace is not None
    return window.workspace.images


def session(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def printed(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.notice.findChildren(QLabel) if label.isVisible())


def details(window: MainWindow) -> list[str]:
    button = next(b for b in window.notice.findChildren(QPushButton) if b.text() == "Show &details")
    button.click()
    box = window.notice.findChild(QPlainTextEdit)
    assert isinstance(box, QPlainTextEdit)
    assert box.isVisible()
    return box.toPlainText().splitlines()


def rows_on_screen(window: MainWindow) -> list[str]:
    tree = images(window).tree
    found, row = [], tree.indexAt(tree.viewport().rect().topLeft())
    while row.isValid() and tree.visualRect(row).top() < tree.viewport().height():
        found.append(row.data())
        row = tree.indexBelow(row)
    return found


def marked_new(window: MainWindow) -> list[str]:
    model = images(window).model
    return [
        node.image.id
        for node in model.forest.nodes
        if node.image is not None and any(mark.word == "new" for mark in model.marks_of(node))
    ]


def test_selection_expansion_scroll_and_probe_stay(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    pane = images(window)
    session(window).document.set_field("User", "nobody", "Set User to nobody")
    folded = pane.tree.row_of_image(engine.images[7].id)  # app:102
    pane.tree.collapse(folded)
    pane.reveal(make_image(1301).id)
    pane.tree.verticalScrollBar().setValue(40)
    probe, expanded, on_screen = session(window).document.probe, pane.tree.expanded_ids(), rows_on_screen(window)
    del engine.images[1:4]  # app:100 and the images on it, above the visible rows
    engine.images.append(make_image(9000, 1, "docker.io/library/late:1"))
    reloaded(window, qtbot)
    selected = pane.selected()
    assert selected is not None
    assert selected.id == make_image(1301).id
    assert session(window).document.probe == probe
    assert session(window).document.undo_stack.undoText() == "Set User to nobody"
    assert pane.tree.expanded_ids() == expanded - {make_image(100).id}
    assert make_image(102).id not in pane.tree.expanded_ids()
    now = rows_on_screen(window)  # fewer, because the notice above takes up space
    assert 5 < len(now) <= len(on_screen)
    assert now == on_screen[: len(now)]


@pytest.mark.usefixtures("engine")
def test_panes_are_painted_one_by_one_after_a_reload(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window("engine:")
    assert window.workspace is not None
    panes = window.workspace.shown_panes
    counts: list[int] = []
    every_turn = QTimer(window, interval=0)
    every_turn.timeout.connect(lambda: counts.append(sum(pane.updatesEnabled() for pane in panes)))
    window.center.opened.connect(every_turn.start)
    reloaded(window, qtbot)
    qtbot.waitUntil(lambda: len(panes) in counts)
    every_turn.stop()
    assert set(counts) == {0, 1, 2, 3}
    assert counts == sorted(counts)


def test_what_changed_is_reported_and_marked(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    gone = engine.images.pop(2)
    engine.images[1] = make_image(100, 1, "docker.io/library/app:renamed")
    engine.images += [make_image(9000, 1), make_image(9001, 9000, "docker.io/library/<b>late</b>:1")]
    reloaded(window, qtbot)
    assert "2 new, 1 removed, 1 changed since " in printed(window)
    assert marked_new(window) == [make_image(9000).id, make_image(9001).id]
    reported = details(window)
    assert reported[0].startswith(f"new:  {make_image(9000).id}  RUN step 9000")
    assert reported[1].startswith(f"new:  {make_image(9001).id}  docker.io/library/<b>late</b>:1")
    assert reported[2].startswith(f"changed:  {make_image(100).id}  docker.io/library/app:renamed")
    assert reported[3].startswith(f"removed:  {gone.id}  RUN step 1000")
    assert len(reported) == 4
    # The marks stay until the next reload, which finds no changes.
    reloaded(window, qtbot)
    assert marked_new(window) == []
    assert not window.notice.isVisible()


def test_new_rows_stay_marked_while_intermediate_images_are_hidden(
    window: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    engine.images.append(make_image(9001, 1, "docker.io/library/late:1"))
    reloaded(window, qtbot)
    images(window).intermediate = False
    assert marked_new(window) == [make_image(9001).id]


def test_descendants_of_an_image_with_a_new_child_stay_visible(
    window: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    engine.images = [make_image(1), make_image(2, 1), make_image(3, 2)]
    reloaded(window, qtbot)
    engine.images.append(make_image(4, 2))
    reloaded(window, qtbot)
    pane = images(window)
    last = pane.tree.row_of_image(make_image(3).id)
    assert pane.tree.visualRect(last).isValid()


def test_the_selected_image_is_gone(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    images(window).reveal(make_image(1391).id)
    probe = session(window).document.probe
    engine.images.pop()
    reloaded(window, qtbot)
    assert images(window).selected() is None
    assert session(window).document.probe == probe
    assert "1 removed" in printed(window)


def test_problems_are_reported_beside_what_changed(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    gone = engine.images.pop()
    engine.problems = (Problem(gone.id, "it was deleted while it was read"),)
    reloaded(window, qtbot)
    assert "1 removed since" in printed(window)
    assert "1 entry could not be read; the rest are shown." in printed(window)
    assert details(window)[-1] == f"{gone.id}: it was deleted while it was read"


def test_the_store_stays_shown_after_the_daemon_stops(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    before = session(window).store
    engine.error = NOT_RUNNING
    reloaded(window, qtbot)
    assert session(window).store is before
    assert "Docker Engine could not be opened: unix:///var/run/docker.sock: nothing is listening there" in printed(
        window
    )


def test_chosen_rules_stay(window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> None:
    rule_sets = [action for action in window.commands.rules_menu.actions() if action.data() is not None]
    for action in (rule_sets[0], rule_sets[-1]):
        action.trigger()
        chosen = session(window).cache.rules.name
        assert chosen == action.data()
        reloaded(window, qtbot)
        assert session(window).cache.rules.name == chosen
