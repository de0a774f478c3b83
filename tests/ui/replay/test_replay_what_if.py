"""What if: the window behaves as if the store had changed, says so, and one key leaves this mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from replay_kit import real_build

from cacheview.replay.file import ReplayCase
from cacheview.ui.docks import REPLAY
from cacheview.ui.replay.pane import ReplayPane
from cacheview.ui.replay.rows import flat, word_of
from cacheview.ui.session import Session
from cacheview.ui.window import MainWindow

Open = Callable[[ReplayCase], None]


@pytest.fixture
def pane(window: MainWindow, qtbot: QtBot, site: Path) -> ReplayPane:
    """A build whose steps are all cached, with its third step selected."""
    pane = window.docks.get(REPLAY).pane
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.docks.get(REPLAY).open(str(site))
    pane.view.setCurrentIndex(pane.model.index_of(3))
    return pane


def session_of(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def suppose(window: MainWindow, qtbot: QtBot, *changes: str) -> None:
    """Suppose these changes, and wait until they and the replay are shown."""
    with qtbot.waitSignal(window.docks.get(REPLAY).pane.settled, timeout=9_000):
        window.what_if.suppose(*changes)


def seen(window: MainWindow) -> tuple[object, ...]:
    """What is open, selected and shown in the window."""
    session, workspace = session_of(window), window.workspace
    assert workspace is not None
    selected = session.selected
    return (
        session.store,
        session.daemon,
        session.document.probe,
        session.relation,
        selected.name if selected is not None else "",
        workspace.images.tree.place(),
        window.docks.get(REPLAY).pane.model.row(window.docks.get(REPLAY).pane.view.currentIndex()),
    )


def words(pane: ReplayPane) -> list[str]:
    return [word_of(row) for row in flat(pane.model.rows)]


def test_the_progress_of_changes_has_a_total(window: MainWindow, qtbot: QtBot, pane: ReplayPane) -> None:
    del pane
    progress: list[tuple[int, int | None]] = []
    window.what_if._loader.progressed.connect(lambda done, total, _: progress.append((done, total)))
    suppose(window, qtbot, "upgrade:26.1.5", "prune")
    assert progress[0] == (0, 4)
    assert progress == sorted(progress)
    assert {total for _, total in progress} == {4}


def test_what_if_is_marked_and_esc_restores_the_previous_view(
    window: MainWindow, qtbot: QtBot, pane: ReplayPane
) -> None:
    before, line, rules = seen(window), window.center.mode, window.tool_bar.rules.text()
    assert not line.isVisible()
    suppose(window, qtbot, "upgrade:26.1.5")
    assert line.isVisible()
    assert line.text == "What if: an upgrade to 26.1.5. No images would be removed. The store itself is not changed."
    assert session_of(window).daemon.version == "26.1.5"
    assert session_of(window).supposed is not None
    assert window.tool_bar.rules.text() != rules
    assert pane.strip.texts[0].startswith("WHAT IF: ")
    assert "hit → miss" in words(pane)
    assert "hit → rebuilt" in words(pane)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.keyClick(pane.view, Qt.Key.Key_Escape)
    assert not line.isVisible()
    assert window.status.currentMessage() == "“What if” is off: the actual store is shown"
    assert seen(window) == before
    assert window.tool_bar.rules.text() == rules
    assert session_of(window).supposed is None
    assert "WHAT IF" not in " ".join(pane.strip.texts)


def test_assuming_no_containers_makes_the_result_of_prune_certain(
    window: MainWindow, qtbot: QtBot, pane: ReplayPane
) -> None:
    suppose(window, qtbot, "prune-all")
    line = window.center.mode
    assert " may be gone." in line.text
    assert all(step.cached is None for step in pane.result.replay.looked_up) if pane.result is not None else False
    (assume,) = (button for button in line.findChildren(QPushButton) if "no containers" in button.text())
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.mouseClick(assume, Qt.MouseButton.LeftButton)
    assert " would be gone." in line.text
    assert session_of(window).store.images == ()
    assert not any("no containers" in button.text() for button in line.findChildren(QPushButton) if button.isVisible())


def test_what_if_changes_accumulate(window: MainWindow, qtbot: QtBot, pane: ReplayPane) -> None:
    suppose(window, qtbot, "builder-prune")
    assert pane.strip.texts[0] == "WHAT IF: No steps would change."
    suppose(window, qtbot, "upgrade:29.5.3, containerd")
    assert window.center.mode.text.startswith("What if: docker builder prune; then an upgrade to 29.5.3, containerd. ")
    supposed = session_of(window).supposed
    assert supposed is not None
    assert len(supposed.applied) == 2


def test_another_store_or_other_rules_leave_what_if(
    window: MainWindow, qtbot: QtBot, pane: ReplayPane, open_store: Open
) -> None:
    suppose(window, qtbot, "builder-prune")
    own = session_of(window).supposed
    assert own is not None
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        session_of(window).choose_rules("graphdriver-29")
    assert session_of(window).store is own.before
    assert session_of(window).daemon.rules.name == "graphdriver-29"
    assert not window.center.mode.isVisible()
    suppose(window, qtbot, "builder-prune")
    open_store(real_build("tools/again"))
    assert session_of(window).supposed is None
    assert not window.center.mode.isVisible()
    assert not window.commands.leave_what_if.isEnabled()


def test_an_impossible_what_if_change_keeps_the_store(window: MainWindow, qtbot: QtBot, pane: ReplayPane) -> None:
    before = session_of(window).store
    window.what_if.suppose("remove:nothing:1")
    qtbot.waitUntil(lambda: window.notice.isVisible() and "no such image: nothing:1" in window.notice.text)
    assert session_of(window).store is before
    assert session_of(window).supposed is None


def test_the_menu_names_the_image_that_is_selected(window: MainWindow, qtbot: QtBot, pane: ReplayPane) -> None:
    workspace = window.workspace
    assert workspace is not None
    named = next(image for image in session_of(window).store.images if image.names)
    workspace.images.reveal(named.id)
    menu = window.commands.what_if_menu
    menu.aboutToShow.emit()
    (remove,) = (action for action in menu.actions() if "rmi" in action.text())
    assert named.title in remove.text()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        remove.trigger()
    assert window.center.mode.text.startswith(f"What if: docker rmi {named.names[0]}. ")
    assert window.commands.leave_what_if in menu.actions()


def test_removed_images_are_struck_out_until_the_mode_is_left(
    window: MainWindow, qtbot: QtBot, pane: ReplayPane
) -> None:
    workspace = window.workspace
    assert workspace is not None
    model = workspace.images.model

    def removed() -> set[str]:
        spoken = {model.index(row, 0): model.node(model.index(row, 0)) for row in range(model.rowCount())}
        return {
            node.image_id
            for index, node in spoken.items()
            if node is not None and index.data(Qt.ItemDataRole.AccessibleTextRole).endswith(", removed")
        }

    before = [node.image_id for node in model.rows]
    named = next(image for image in session_of(window).store.images if image.names)
    assert removed() == set()
    suppose(window, qtbot, f"remove:{named.names[0]}")
    window.what_if.without_containers()
    qtbot.waitUntil(lambda: named.id not in session_of(window).store.by_id, timeout=9_000)
    left = session_of(window).store
    assert [node.image_id for node in model.rows] == before
    assert removed() == {image_id for image_id in before if image_id and image_id not in left.by_id}
    assert any(f"{len(left.images)} image" in label.text() for label in workspace.images.findChildren(QLabel))
    workspace.images.reveal(named.id)
    enabled = {
        action.text().replace("&", ""): action.isEnabled() for action in workspace.images.menu_for(named).actions()
    }
    assert not enabled["Use as parent"]
    assert not enabled["Add to “Cache from”"]
    assert enabled["Details"]
    menu = window.commands.what_if_menu
    menu.aboutToShow.emit()
    (remove,) = (action for action in menu.actions() if "rmi" in action.text())
    assert not remove.isEnabled()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.what_if.leave()
    assert removed() == set()
    assert [node.image_id for node in model.rows] == before


def test_a_filter_does_not_count_what_is_removed(window: MainWindow, qtbot: QtBot, pane: ReplayPane) -> None:
    suppose(window, qtbot, "prune-all")
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        window.what_if.without_containers()
    workspace = window.workspace
    assert workspace is not None
    images = workspace.images
    assert images.tree.isVisible()
    assert images.model.rowCount() > 1
    images.focus_filter()
    box = images.findChild(QLineEdit)
    assert box is not None
    node = next(node for node in images.model.rows if node.image is not None)
    qtbot.keyClicks(box, node.image_id[7:19])
    qtbot.waitUntil(lambda: images.model.is_filtered, timeout=9_000)
    assert images.tree.isVisible()
    assert any(label.text() == "0 images" or label.text().startswith("0 of ") for label in images.findChildren(QLabel))
