"""Suites too large to keep in memory: a case is read when it is chosen, and reading can be canceled."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from shared_window import ShowStore
from window_kit import OpenWindow

import cacheview.stores.save
from cacheview.model import ImageStore
from cacheview.model.once import once_of_store
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store
from cacheview.stores.suite_cases import SuiteCases
from cacheview.ui import shown_store
from cacheview.ui.notice import Notice
from cacheview.ui.stores.save_dialog import SaveDialog
from cacheview.ui.window import MainWindow

COUNT = 12


def line(number: int) -> str:
    image = {"id": f"sha256:{number:064x}", "config": {"os": "linux", "architecture": "amd64"}}
    probe = {"config": {"Cmd": [str(number)]}, "expect": {"outcome": "miss"}}
    return (
        json.dumps({"rules": "containerd-71ebfc7", "name": f"n{number}", "images": [image], "probes": [probe]}) + "\n"
    )


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "large.jsonl"
    file.write_text("".join(map(line, range(COUNT))))
    return file


@pytest.fixture
def window(show_store: ShowStore, suite: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setattr("cacheview.stores.open.open_store", partial(open_store, limits=Limits(held=100)))
    monkeypatch.setattr("cacheview.stores.suite_cases._SHORT_LINE_BYTES", 0)  # so that every case counts as slow
    monkeypatch.setattr("cacheview.ui.busy_timer.BUSY_AFTER_MS", 0)
    return show_store(str(suite))


def shown_image(window: MainWindow) -> str:
    assert window.session is not None
    return window.session.store.images[0].id[-4:]


def choose(window: MainWindow, number: int) -> None:
    window.tool_bar.case.setCurrentIndex(number)
    window.tool_bar.case.activated.emit(number)


def _line(window: MainWindow) -> Notice | None:
    """The notice that shows work in progress."""
    return next((each for each in window.findChildren(Notice) if each.isVisible() and each.text.endswith("…")), None)


def test_a_case_is_read_when_it_is_chosen(window: MainWindow, qtbot: QtBot) -> None:
    assert window.session is not None
    cases = window.session.opened.cases
    assert isinstance(cases, SuiteCases)
    assert window.tool_bar.case.count() == COUNT
    assert [place for place in range(COUNT) if cases.is_held(place)] == [0]
    window.session.document.set_field("User", "me")
    with qtbot.waitSignal(window.session.store_changed, timeout=10_000):
        choose(window, 7)
    assert (shown_image(window), window.session.case_number) == ("0007", 7)
    with qtbot.waitSignal(window.session.store_changed, timeout=10_000):
        window.commands.next_case.trigger()
    assert shown_image(window) == "0008"
    assert window.tool_bar.case.currentText() == "9 n8"
    with qtbot.waitSignal(window.session.store_changed, timeout=10_000):
        window.commands.undo.trigger()
    assert shown_image(window) == "0000"  # choices in direct succession are one undo step
    assert window.session.document.probe.config.User == "me"


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """For each case that is read again: whether that happens in the window's thread."""
    results: list[bool] = []
    read = SuiteCases._read

    def noted(self: SuiteCases, place: int, progress: Any) -> Any:
        results.append(threading.current_thread() is threading.main_thread())
        return read(self, place, progress)

    monkeypatch.setattr(SuiteCases, "_read", noted)
    yield results
    assert results
    assert not any(results), "reading would block the window"


def test_undo_and_redo_switch_to_a_case_read_in_another_thread(
    window: MainWindow, qtbot: QtBot, readers: list[bool]
) -> None:
    session, do = window.session, window.commands
    assert session is not None
    session.document.set_field("User", "me")
    for number in (3, 5, 7):
        with qtbot.waitSignal(session.store_changed, timeout=10_000):
            choose(window, number)
        session.document.set_field("User", f"of {number}")
    for expected in (("0005", "of 5"), ("0003", "of 3"), ("0000", "me")):
        do.undo.trigger()  # undoes the edit in the current case
        with qtbot.waitSignal(session.store_changed, timeout=10_000):
            do.undo.trigger()
        assert (shown_image(window), session.document.probe.config.User) == expected
    with qtbot.waitSignal(session.store_changed, timeout=10_000):
        do.redo.trigger()
    assert (shown_image(window), len(readers)) == ("0003", 5)


def test_an_edit_while_the_case_is_read_is_not_undone(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert window.session is not None
    document = window.session.document
    document.set_field("User", "me")
    for number in (3, 5, 7):
        with qtbot.waitSignal(window.session.store_changed, timeout=10_000):
            choose(window, number)
        document.set_field("User", f"of {number}")
    for _ in range(3):
        window.commands.undo.trigger()  # back to where case 5 was chosen, which is still in memory
    goes_on, read = threading.Event(), SuiteCases._read

    def slow(self: SuiteCases, place: int, progress: Any) -> Any:
        goes_on.wait(20)
        return read(self, place, progress)

    monkeypatch.setattr(SuiteCases, "_read", slow)
    window.commands.undo.trigger()
    document.set_field("User", "typed")
    reader = window._headline._case_reader
    with qtbot.waitSignal(reader._loader.finished, timeout=10_000):
        goes_on.set()
    assert (window.session.case_number, document.probe.config.User) == (5, "typed")


def test_a_reload_reads_the_shown_case_in_another_thread(window: MainWindow, qtbot: QtBot, readers: list[bool]) -> None:
    assert window.session is not None
    with qtbot.waitSignal(window.session.store_changed, timeout=10_000):
        choose(window, 7)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.commands.reload.trigger()
    assert (shown_image(window), window.session.case_number) == ("0007", 7)
    assert len(readers) == 2


def test_edits_of_several_cases_are_restored_and_kept_as_drafts(
    window: MainWindow, qtbot: QtBot, suite: Path, readers: list[bool]
) -> None:
    session = window.session
    assert session is not None
    for number in (3, 5, 7):
        with qtbot.waitSignal(session.store_changed, timeout=10_000):
            choose(window, number)
        session.document.set_field("User", f"of {number}")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open("demo:")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(suite))
    qtbot.waitUntil(lambda: session.case_number == 7, timeout=10_000)
    assert session.document.probe.config.User == "of 7"
    assert [draft.case for draft in session.edits.drafts() if draft.location == str(suite)] == [3, 5, 7]
    assert len(readers) == 4


def test_a_save_that_has_begun_is_not_replaced_by_another(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> Iterator[str]:
        begun.set()
        goes_on.wait(20)
        yield "{}"

    assert window.session is not None
    monkeypatch.setattr(cacheview.stores.save, "suite_line", slow)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    window.saver._write(window.session, str(first), False, False)
    assert begun.wait(20)
    with qtbot.waitSignal(window.saver.failed):
        window.saver._write(window.session, str(second), False, False)
    with qtbot.waitSignal(window.saver.saved):
        goes_on.set()
    assert first.read_text() == "{}"
    assert not second.exists()


def test_what_is_read_can_be_stopped(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert window.session is not None
    goes_on = threading.Event()
    read = SuiteCases._read

    def slow(self: SuiteCases, place: int, progress: Any) -> Any:
        goes_on.wait(20)
        return read(self, place, progress)

    monkeypatch.setattr(SuiteCases, "_read", slow)
    choose(window, 5)
    qtbot.waitUntil(lambda: _line(window) is not None, timeout=10_000)
    notice = _line(window)
    assert notice is not None
    assert notice.text == "Reading n5…"
    (cancel,) = (button for button in notice.findChildren(QPushButton) if button.text() == "&Cancel")
    cancel.click()
    assert _line(window) is None
    assert window.tool_bar.case.currentIndex() == 0
    goes_on.set()
    with qtbot.waitSignal(window.session.store_changed, timeout=10_000):
        choose(window, 6)
    assert shown_image(window) == "0006"


def test_canceled_saving_leaves_no_file(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def slow(*_: object, progress: Any, **__: object) -> Iterator[str]:
        yield "{"
        progress(1, 2, "Saving")
        begun.set()
        goes_on.wait(20)
        progress(2, 2, "Saving")
        yield "}"

    monkeypatch.setattr(cacheview.stores.save, "suite_line", slow)
    window.commands.save_suite.trigger()
    dialog = window.findChild(SaveDialog)
    assert isinstance(dialog, SaveDialog)
    dialog.path.setText(str(tmp_path / "saved.jsonl"))
    dialog.accept()
    qtbot.waitUntil(lambda: begun.is_set() and _line(window) is not None, timeout=10_000)
    assert any(name.name.endswith(".part") for name in tmp_path.iterdir())
    notice = _line(window)
    assert notice is not None
    assert notice.text == "Saving saved.jsonl…"
    (cancel,) = (button for button in notice.findChildren(QPushButton) if button.text() == "&Cancel")
    with qtbot.waitSignal(window.saver.canceled):
        cancel.click()
    assert "nothing was written" in window.status.currentMessage()
    goes_on.set()
    qtbot.waitUntil(lambda: not any("saved" in name.name for name in tmp_path.iterdir()), timeout=10_000)
    assert suite.exists()


@pytest.mark.parametrize("rules", ["containerd-71ebfc7", "of another daemon", ""])
def test_the_first_probe_of_a_large_case_is_found_in_another_thread(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, rules: str
) -> None:
    file = tmp_path / "two.jsonl"
    document = {**json.loads(line(7)), "rules": rules, "probes": []}
    file.write_text(line(0) + json.dumps(document) + "\n")
    window = open_window(str(file))
    in_main_thread: list[bool] = []

    def noted(work: Callable[[ImageStore], Any]) -> Callable[[ImageStore], Any]:
        def compute(store: ImageStore) -> Any:
            in_main_thread.append(threading.current_thread() is threading.main_thread())
            return work(store)

        return once_of_store(compute)

    for name in ("first_probe", "builder_platform"):
        monkeypatch.setattr(shown_store, name, noted(getattr(shown_store, name)))
    monkeypatch.setattr(shown_store, "_MAX_IMAGES_AT_ONCE", 0)
    assert window.session is not None
    with qtbot.waitSignal(window.session.answered, timeout=10_000):
        choose(window, 1)
    assert (shown_image(window), window.session.case_number) == ("0007", 1)
    assert in_main_thread == [False, False]
