"""The tree also follows to the next large store of a suite, whose rows are found in another thread."""

from __future__ import annotations

from pathlib import Path

import pytest
from long_walk import long_walk
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot
from shared_window import ShowStore
from suites_kit import pane_of, ran, rows

from cacheview.model import SuiteCase
from cacheview.stores.suite_file import append_case
from cacheview.ui.images import arranger
from cacheview.ui.images.pane import ImagesPane
from cacheview.ui.window import MainWindow

STEPS = 6
OTHERS = 600
"""So many images that their rows are not found immediately, see `rows_from_another_thread`."""
PARENTS = (450, 120)
"""The parent of the probe in each case, far from the top of the tree."""


def image_id(number: int) -> str:
    return f"sha256:{number:064x}"


def case_on(parent: int) -> SuiteCase:
    """A case of one probe, in a store with more than a screenful of images below the probe's parent."""
    case = long_walk(1, OTHERS + parent)
    (probe,) = case.probes
    return case.model_copy(update={"walk": False, "probes": (probe.model_copy(update={"parent": image_id(parent)}),)})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the suites, each of which all tests read."""
    folder = tmp_path_factory.mktemp("suites")
    for name, cases in {"walk": (long_walk(STEPS, OTHERS),), "cases": map(case_on, PARENTS)}.items():
        for case in cases:
            append_case(folder / f"{name}.jsonl", case)
    return folder


@pytest.fixture(autouse=True)
def rows_from_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the rows of these stores found in another thread, as those of larger ones are."""
    monkeypatch.setattr(arranger, "_MAX_IMAGES_WITHOUT_THREAD", OTHERS - 1)


@pytest.fixture
def walk(show_store: ShowStore, files: Path) -> MainWindow:
    return show_store(str(files / "walk.jsonl"))


@pytest.fixture
def two_cases(show_store: ShowStore, files: Path) -> MainWindow:
    return show_store(str(files / "cases.jsonl"))


def images_of(window: MainWindow) -> ImagesPane:
    assert window.workspace is not None
    return window.workspace.images


def settle(window: MainWindow, qtbot: QtBot, case: int = 0) -> None:
    """Wait until the rows of a case and the answer to its probe are shown."""
    session = window.session
    assert session is not None
    qtbot.waitUntil(lambda: session.case_number == case and session.answer is not None)
    qtbot.waitUntil(lambda: not images_of(window).is_filtering)


def parent_of(window: MainWindow) -> str:
    assert window.session is not None
    return window.session.document.probe.parent


def assert_parent_is_shown(window: MainWindow) -> None:
    """Check that the tree shows the current store, with the probe's parent selected and visible."""
    tree = images_of(window).tree
    assert window.session is not None
    assert {node.image_id for node in images_of(window).model.forest.nodes} == {"", *window.session.store.by_id}
    assert tree.current_id() == parent_of(window)
    assert tree.viewport().rect().contains(tree.visualRect(tree.currentIndex()))


def test_each_step_of_a_walk_shows_its_parent(walk: MainWindow, qtbot: QtBot) -> None:
    selected: list[object] = []
    images_of(walk).image_selected.connect(selected.append)
    for _ in range(1, STEPS):
        walk.commands.next_probe.trigger()
        settle(walk, qtbot)
        assert_parent_is_shown(walk)
        assert images_of(walk).tree.verticalScrollBar().value() > 0
    for _ in range(1, STEPS):
        walk.commands.previous_probe.trigger()
        settle(walk, qtbot)
        assert_parent_is_shown(walk)
    assert images_of(walk).tree.verticalScrollBar().value() == 0
    assert selected == []


def test_quick_steps_end_in_the_parent_of_the_last(walk: MainWindow, qtbot: QtBot) -> None:
    do, pane, session = walk.commands, images_of(walk), walk.session
    assert session is not None
    seen: list[str | None] = []
    pane.current_changed.connect(lambda _: seen.append(pane.tree.current_id()))
    for step, count, number in ((do.next_probe, STEPS - 1, STEPS - 1), (do.previous_probe, 3, STEPS - 4)):
        before = pane.tree.current_id()
        for _ in range(count):
            step.trigger()
        settle(walk, qtbot)
        assert session.probe_number == number
        assert_parent_is_shown(walk)
        assert seen[-1] == parent_of(walk)
        assert set(seen) <= {before, parent_of(walk)}, "no row of a skipped step is selected in between"
        seen.clear()


def test_an_undone_step_of_a_walk_shows_the_parent_before_it(walk: MainWindow, qtbot: QtBot) -> None:
    walk.commands.next_probe.trigger()
    settle(walk, qtbot)
    walk.commands.undo.trigger()
    settle(walk, qtbot)
    assert_parent_is_shown(walk)
    walk.commands.redo.trigger()
    settle(walk, qtbot)
    assert_parent_is_shown(walk)


def test_another_case_shows_the_parent_of_its_probe(two_cases: MainWindow, qtbot: QtBot) -> None:
    selected: list[object] = []
    images_of(two_cases).image_selected.connect(selected.append)
    tops: list[int] = []
    for go, number in ((two_cases.commands.next_case, 1), (two_cases.commands.previous_case, 0)):
        go.trigger()
        settle(two_cases, qtbot, number)
        assert parent_of(two_cases) == image_id(PARENTS[number])
        assert_parent_is_shown(two_cases)
        tops.append(images_of(two_cases).tree.verticalScrollBar().value())
    assert 0 < tops[0] < tops[1]
    assert selected == []


def test_a_case_that_is_left_again_at_once_leaves_no_row_behind(two_cases: MainWindow, qtbot: QtBot) -> None:
    settle(two_cases, qtbot)
    two_cases.commands.next_case.trigger()
    two_cases.commands.previous_case.trigger()
    settle(two_cases, qtbot)
    assert two_cases.session is not None
    assert two_cases.session.case_number == 0
    assert_parent_is_shown(two_cases)


def test_a_row_of_the_suite_shows_the_parent_of_its_probe(two_cases: MainWindow, qtbot: QtBot, files: Path) -> None:
    pane = pane_of(two_cases)
    ran(pane, qtbot, files / "cases.jsonl")
    for number in (1, 0):
        pane.table.chosen.emit(next(row for row in rows(pane) if row.case == number))
        settle(two_cases, qtbot, number)
        assert_parent_is_shown(two_cases)


def test_only_candidates_of_another_case_are_listed_with_its_parent(two_cases: MainWindow, qtbot: QtBot) -> None:
    pane = images_of(two_cases)
    settle(two_cases, qtbot)
    boxes = pane.findChildren(QCheckBox)
    qtbot.mouseClick(next(box for box in boxes if "candidates" in box.accessibleName()), Qt.MouseButton.LeftButton)
    settle(two_cases, qtbot)
    assert len(pane.model.rows) < 10
    two_cases.commands.next_case.trigger()
    settle(two_cases, qtbot, 1)
    assert len(pane.model.rows) < 10
    assert [node.image_id for node in pane.model.rows if node.image_id == parent_of(two_cases)]
    assert_parent_is_shown(two_cases)


def test_an_image_that_the_user_asks_for_is_shown_in_the_store_that_follows(walk: MainWindow, qtbot: QtBot) -> None:
    pane = images_of(walk)
    boxes = pane.findChildren(QCheckBox)
    intermediate = next(box for box in boxes if "Intermediate" in box.text())
    intermediate.click()
    settle(walk, qtbot)
    walk.commands.next_probe.trigger()
    pane.reveal(image_id(400))
    assert not intermediate.isChecked(), "only the rows of the new store tell whether the parent is listed"
    settle(walk, qtbot)
    assert pane.tree.current_id() == image_id(400)
    assert not intermediate.isChecked()
