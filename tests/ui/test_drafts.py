"""An edited probe is never lost: not by choosing another probe, case, row or store, and not by closing the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from shared_window import ShowStore
from window_kit import OpenWindow

from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Probe
from cacheview.ui.docks import SUITES
from cacheview.ui.drafts import ProbeDraft, is_of_an_image, keep_drafts, kept_drafts
from cacheview.ui.session import Session
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

LINE = (
    '{"rules": "graphdriver-24.0.7", "images": [], "probes": ['
    '{"name": "one", "config": {"Cmd": ["1"]}, "expect": {"outcome": "miss"}},'
    '{"name": "two", "config": {"Cmd": ["2"]}, "expect": {"outcome": "miss"}},'
    '{"name": "three", "config": {"Cmd": ["3"]}, "expect": {"outcome": "miss"}}]}\n'
)


@pytest.fixture
def suite(tmp_path: Path) -> str:
    file = tmp_path / "a.suite.jsonl"
    file.write_text(LINE * 2)
    return str(file)


def session(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def user(window: MainWindow) -> tuple[int, int, str]:
    now = session(window)
    return now.case_number, now.probe_number, now.document.probe.config.User


def names(window: MainWindow) -> list[str]:
    box = window.tool_bar.probe
    return [box.itemText(number) for number in range(box.count())]


def choose(window: MainWindow, number: int) -> None:
    window.tool_bar.probe.setCurrentIndex(number)
    window.tool_bar.probe.activated.emit(number)


def test_undo_and_redo_switch_between_probes(show_store: ShowStore, suite: str) -> None:
    window = show_store(suite)
    session(window).document.set_field("User", "me")
    assert names(window) == ["1 one (edited)", "2 two", "3 three"]
    choose(window, 1)
    choose(window, 2)
    assert user(window) == (0, 2, "")
    assert names(window)[0] == "1 one (edited)"
    assert window.commands.undo.text() == "&Undo Choose probe 3"
    window.commands.undo.trigger()  # both choices were merged into one undo step
    assert user(window) == (0, 0, "me")
    assert window.tool_bar.probe.currentIndex() == 0
    window.commands.undo.trigger()
    assert user(window) == (0, 0, "")
    assert names(window)[0] == "1 one"
    for _ in range(2):
        window.commands.redo.trigger()
    assert user(window) == (0, 2, "")
    choose(window, 0)
    assert user(window) == (0, 0, "me")


def test_switching_cases_without_an_edit_adds_no_undo_step(show_store: ShowStore, suite: str) -> None:
    window = show_store(suite)
    choose(window, 1)
    assert not window.commands.undo.isEnabled()
    assert user(window) == (0, 1, "")


def test_undo_and_redo_switch_between_cases(show_store: ShowStore, suite: str) -> None:
    window = show_store(suite)
    choose(window, 1)
    session(window).document.set_field("User", "me")
    window.commands.next_case.trigger()
    assert user(window) == (1, 0, "")
    window.commands.undo.trigger()
    assert user(window) == (0, 1, "me")
    assert window.tool_bar.case.currentIndex() == 0
    window.commands.redo.trigger()
    assert user(window) == (1, 0, "")
    answer = session(window).answer
    assert answer is not None
    assert answer.differences == ()  # as the suite expects


def test_a_suite_row_shows_the_probe_of_the_suite_and_not_the_draft(
    show_store: ShowStore, suite: str, qtbot: QtBot
) -> None:
    window = show_store(suite)
    session(window).document.set_field("User", "me")
    pane = window.docks.get(SUITES).pane
    with qtbot.waitSignal(pane.finished, timeout=20_000):
        pane.run([suite])
    rows = [pane.model.row_at(pane.model.index(number, 0)) for number in range(pane.model.rowCount())]
    assert rows[0] is not None
    assert rows[5] is not None
    window.docks.get(SUITES).shower.show(rows[0])
    assert user(window) == (0, 0, "")
    window.commands.undo.trigger()
    assert user(window) == (0, 0, "me")
    window.docks.get(SUITES).shower.show(rows[5])
    assert user(window) == (1, 2, "")
    while window.commands.undo.isEnabled() and user(window) != (0, 0, "me"):
        window.commands.undo.trigger()
    assert user(window) == (0, 0, "me")


def test_a_draft_is_kept_while_another_store_is_open(show_store: ShowStore, suite: str, qtbot: QtBot) -> None:
    window = show_store(suite)
    choose(window, 2)
    session(window).document.set_field("User", "me")
    for location in ("demo:", suite):
        with qtbot.waitSignal(window.settled, timeout=20_000):
            window.open(location)
    assert user(window) == (0, 2, "me")
    assert names(window) == ["1 one", "2 two", "3 three (edited)"]
    window.commands.undo.trigger()
    assert user(window) == (0, 2, "")


def test_the_next_start_offers_it(open_window: OpenWindow, suite: str, settings: Settings, qtbot: QtBot) -> None:
    window = open_window(suite)
    choose(window, 1)
    session(window).document.set_field("User", "me")
    window.close()
    again = open_window(suite)
    assert user(again) == (0, 0, "")
    button = next(b for b in again.notice.findChildren(QPushButton) if b.text() == "Restore the &edited probe")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert user(again) == (0, 1, "me")
    assert "edited here" not in again.notice.text or not again.notice.isVisible()
    again.commands.undo.trigger()
    assert user(again) == (0, 1, "")
    again.close()
    assert kept_drafts(settings) == []  # the edit was undone


def test_drafts_that_were_not_restored_are_kept(open_window: OpenWindow, suite: str, settings: Settings) -> None:
    window = open_window(suite)
    session(window).document.set_field("User", "me")
    window.close()
    other = open_window("demo:")
    assert session(other).edits.offered == ()
    other.close()
    assert [draft.location for draft in kept_drafts(settings)] == [suite]


def test_saved_items_are_restored_and_invalid_ones_dropped(settings: Settings) -> None:
    draft = ProbeDraft(location="/a.tar", case=0, number=1, probe=Probe(config=ContainerConfig(Cmd=("x", 'TOKEN="ä"'))))
    keep_drafts(settings, [draft])
    assert kept_drafts(settings) == [draft]
    keep_drafts(settings, [draft], secrets=['"ä"', "other"])
    assert kept_drafts(settings) == [draft]  # too short to count as a secret
    for secret in ('="ä"', 'with TOKEN="ä" in it'):
        keep_drafts(settings, [draft], secrets=[secret])
        assert kept_drafts(settings) == []
    settings.drafts = ["{", '{"location": 1}']
    assert kept_drafts(settings) == []


def test_a_probe_of_an_image_needs_no_draft() -> None:
    config = ContainerConfig(User="me")
    image = Image(id="sha256:a", parent="sha256:b", config=ImageConfig(container_config=config))
    store = ImageStore((image,))
    assert is_of_an_image(Probe(parent="sha256:b", config=config), store)
    assert not is_of_an_image(Probe(config=config), store)
    assert not is_of_an_image(Probe(parent="sha256:b", config=config, cache_from=("x",)), store)
    assert not is_of_an_image(Probe(parent="sha256:b"), store)


def test_a_reload_with_fewer_probes_keeps_the_edit_on_the_last_probe(
    show_store: ShowStore, suite: str, qtbot: QtBot
) -> None:
    window = show_store(suite)
    choose(window, 2)
    session(window).document.set_field("User", "me")
    Path(suite).write_text(LINE[: LINE.rindex(",{")] + "]}\n")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.commands.reload.trigger()
    assert user(window) == (0, 1, "me")
    assert not window.commands.undo.isEnabled()
    choose(window, 0)
    assert user(window)[:2] == (0, 0)


def test_the_probe_pane_says_that_its_probe_was_edited(show_store: ShowStore, suite: str) -> None:
    window = show_store(suite)
    assert window.workspace is not None
    pane = window.workspace.probe
    assert pane.title == "Probe"
    session(window).document.set_field("User", "me")
    assert pane.title == "Probe (edited)"
    choose(window, 1)
    assert pane.title == "Probe"
    choose(window, 0)
    assert pane.title == "Probe (edited)"
    session(window).document.undo_stack.undo()
    session(window).document.undo_stack.undo()
    assert pane.title == "Probe"


def test_what_was_taken_from_an_image_is_not_edited(show_store: ShowStore) -> None:
    window = show_store("demo:")
    assert window.workspace is not None
    pane = window.workspace.probe
    pane.load_from_image(session(window).store.images[-1])
    assert pane.title == "Probe"
    session(window).document.set_field("User", "me")
    assert pane.title == "Probe (edited)"
