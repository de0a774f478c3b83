"""The Store menu with this machine's live stores, and following an engine's events."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from live_kit import FakeEngine, make_image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.model import DataError
from cacheview.ui.stores import follow, known
from cacheview.ui.stores.known import KnownStore
from cacheview.ui.window import MainWindow

STORES = (
    KnownStore("engine:", "Engine default, the current context"),
    KnownStore("engine:R&D <b>", "Engine R&D <b>", "ssh://there"),
    KnownStore("containerd:/run/x.sock", "containerd at /run/x.sock"),
)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    monkeypatch.setattr(known, "known_stores", lambda: STORES)
    return FakeEngine([make_image(1, None, "docker.io/library/app:1")]).install(monkeypatch)


@pytest.fixture
def window(lent_window: MainWindow, qtbot: QtBot, engine: FakeEngine) -> MainWindow:
    with qtbot.waitSignal(lent_window.settled, timeout=20_000):
        lent_window.open("engine:")
    return lent_window


def entries(window: MainWindow, qtbot: QtBot, place: int) -> list[QAction]:
    """The live stores in the Store menu at this place: 0 is the menu bar, 1 the tool bar."""
    menu: QMenu = window.commands.store_menus[place][0]
    with qtbot.waitSignal(window.menus.live_entries.filled):
        menu.aboutToShow.emit()
    return [action for action in menu.actions() if action.isCheckable() and action is not window.commands.follow]


@pytest.mark.parametrize("place", [0, 1])
def test_the_menu_lists_what_is_there(window: MainWindow, qtbot: QtBot, engine: FakeEngine, place: int) -> None:
    shown = entries(window, qtbot, place)
    assert [action.text() for action in shown] == [
        "Engine default, the current context",
        "Engine R&&D <b>",
        "containerd at /run/x.sock",
    ]
    assert [action.isChecked() for action in shown] == [True, False, False]
    with qtbot.waitSignal(window.settled, timeout=20_000):
        shown[1].trigger()
    assert engine.requested == ["", "R&D <b>"]
    assert [action.isChecked() for action in entries(window, qtbot, place)] == [False, True, False]


def test_nothing_is_listed_twice_when_it_is_shown_again(window: MainWindow, qtbot: QtBot) -> None:
    menu = window.commands.store_menus[0][0]
    entries(window, qtbot, 0)
    count = len(menu.actions())
    entries(window, qtbot, 0)
    entries(window, qtbot, 1)
    assert len(menu.actions()) == count


def test_a_failed_search_for_stores_leaves_the_rest_of_the_menu(
    open_window: OpenWindow, engine: FakeEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window("engine:")

    def broken() -> tuple[KnownStore, ...]:
        raise OSError("no")

    monkeypatch.setattr(known, "known_stores", broken)
    with qtbot.captureExceptions() as faults:
        assert entries(window, qtbot, 0) == []
    assert [str(fault) for _, fault, _ in faults] == ["no"]
    assert window.commands.open_file in window.commands.store_menus[0][0].actions()


def test_folders_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("c.sock", "root", "data"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(known, "_CONTAINERD", (str(tmp_path / "c.sock"), str(tmp_path / "none.sock")))
    monkeypatch.setattr(known, "_CONTAINERD_ROOTS", (str(tmp_path / "root"),))
    monkeypatch.setattr(known, "_DATA_ROOTS", (str(tmp_path / "data"), str(tmp_path / "none")))
    monkeypatch.setattr(known, "_engines", list)
    assert [store.location for store in known.known_stores()] == [
        f"containerd:{tmp_path}/c.sock",
        f"containerd:{tmp_path}/root",
        f"data-root:{tmp_path}/data",
    ]


# Following


class Wire:
    """Stands in for the event stream."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Event()
        self.broken = threading.Event()
        self.ended = threading.Event()
        self.on_event: Callable[[], None] = lambda: None
        self.location = ""
        monkeypatch.setattr(follow, "watch", self.watch)

    def watch(self, location: str, on_event: Callable[[], None], stopped: threading.Event) -> None:
        self.location, self.on_event = location, on_event
        self.begun.set()
        while not stopped.wait(0.002):
            if self.broken.is_set():
                raise DataError("the connection broke off")
        self.ended.set()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch, engine: FakeEngine) -> Wire:
    return Wire(monkeypatch)


def test_many_events_cause_a_single_reload(window: MainWindow, qtbot: QtBot, wire: Wire, engine: FakeEngine) -> None:
    window.commands.follow.trigger()
    assert wire.begun.wait(5)
    assert wire.location == "engine:"
    engine.images.append(make_image(2, 1))
    with qtbot.waitSignal(window.settled, timeout=10_000):
        for _ in range(50):
            wire.on_event()
    assert len(engine.requested) == 2
    assert window.session is not None
    assert len(window.session.store.images) == 2
    assert any("1 new since" in label.text() for label in window.notice.findChildren(QLabel))
    window.commands.follow.trigger()
    assert wire.ended.wait(5)


def test_an_event_during_a_reload_causes_another_one(
    window: MainWindow, qtbot: QtBot, wire: Wire, engine: FakeEngine
) -> None:
    window.commands.follow.trigger()
    assert wire.begun.wait(5)
    engine.go_on.clear()
    qtbot.keyClick(window, Qt.Key.Key_F5)
    with qtbot.waitSignal(window.follower.changed):
        wire.on_event()
    with qtbot.waitSignals([window.settled, window.settled], timeout=20_000):
        engine.go_on.set()
    assert len(engine.requested) == 3


def test_opening_another_store_stops_following_the_engine(window: MainWindow, qtbot: QtBot, wire: Wire) -> None:
    window.commands.follow.trigger()
    assert wire.begun.wait(5)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open("demo:")
    assert not window.commands.follow.isChecked()
    assert not window.commands.follow.isEnabled()
    assert wire.ended.wait(5)


def test_a_lost_connection_is_reported(window: MainWindow, qtbot: QtBot, wire: Wire) -> None:
    window.commands.follow.trigger()
    assert wire.begun.wait(5)
    with qtbot.waitSignal(window.follower.connection_lost):
        wire.broken.set()
    assert not window.commands.follow.isChecked()
    assert any("the connection broke off" in label.text() for label in window.notice.findChildren(QLabel))
    wire.broken.clear()
    wire.begun.clear()
    next(b for b in window.notice.findChildren(QPushButton) if b.text() == "&Follow again").click()
    assert wire.begun.wait(5)
    assert window.commands.follow.isChecked()


def test_closing_while_following(open_window: OpenWindow, engine: FakeEngine, wire: Wire) -> None:
    window = open_window("engine:")
    window.commands.follow.trigger()
    assert wire.begun.wait(5)
    window.close()
    assert wire.ended.is_set()
