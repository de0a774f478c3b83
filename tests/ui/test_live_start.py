"""Starting without a store: opens the engine if it responds, otherwise the demo with the reason."""

from __future__ import annotations

import threading

import pytest
from live_kit import NOT_RUNNING, FakeEngine, make_image
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot
from shared_window import SharedWindow
from window_kit import OpenWindow

from cacheview.model import DataError
from cacheview.ui.settings import Settings
from cacheview.ui.stores import start
from cacheview.ui.stores.by_name import ByNameDialog
from cacheview.ui.window import MainWindow


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    return FakeEngine([make_image(1, None, "docker.io/library/app:1"), make_image(2, 1)]).install(monkeypatch)


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


@pytest.fixture
def settings(shared_window: SharedWindow) -> Settings:
    """Of the window."""
    return shared_window.settings


def begun(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000) as settled:
        window.begin()
    assert settled.args == [True]


def printed(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.notice.findChildren(QLabel) if label.isVisible())


def press(window: MainWindow, text: str) -> None:
    found = [b for b in window.notice.findChildren(QPushButton) if b.text().replace("&", "") == text and b.isVisible()]
    assert len(found) == 1
    found[0].click()


def test_the_engine_is_opened_where_it_answers(
    engine: FakeEngine, window: MainWindow, qtbot: QtBot, settings: Settings
) -> None:
    begun(window, qtbot)
    assert window.session is not None
    assert len(window.session.store.images) == 2
    assert window.windowTitle() == "Docker Engine — cacheview"
    assert not window.notice.isVisible()
    assert settings.recent == ["engine:"]


def test_the_demo_is_opened_with_the_reason_if_no_engine_responds(
    engine: FakeEngine, window: MainWindow, qtbot: QtBot, settings: Settings
) -> None:
    engine.error = NOT_RUNNING
    begun(window, qtbot)
    assert window.session is not None
    assert window.session.opened.kind == "demo"
    assert window.windowTitle() == "demo — cacheview"
    assert "Showing the bundled demo" in printed(window)
    assert "nothing is listening there: start Docker" in printed(window)
    assert settings.recent == []
    # The message stays while the user browses the demo, until it is closed.
    window.session.places.choose_probe(1)
    assert "nothing is listening there" in printed(window)
    window.notice.closed.emit()
    window.session.places.choose_probe(2)
    assert "nothing is listening there" not in printed(window)


def test_try_again_opens_the_engine_once_it_runs(engine: FakeEngine, window: MainWindow, qtbot: QtBot) -> None:
    engine.error = NOT_RUNNING
    begun(window, qtbot)
    engine.error = None
    with qtbot.waitSignal(window.settled, timeout=20_000):
        press(window, "Try again")
    assert window.session is not None
    assert window.session.opened.kind == "engine"
    assert "bundled demo" not in printed(window)


def test_opening_a_store_hides_the_engine_notice(engine: FakeEngine, window: MainWindow, qtbot: QtBot) -> None:
    engine.error = NOT_RUNNING
    begun(window, qtbot)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open("demo:")
    assert not window.notice.isVisible()


def test_an_unreadable_engine_response_is_shown(
    engine: FakeEngine, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.error = DataError("the list of images is no JSON", where="engine:")
    monkeypatch.setattr(start, "ask_engine", lambda _: None)
    begun(window, qtbot)
    assert "the list of images is no JSON" in printed(window)


def test_an_engine_that_never_answers(
    engine: FakeEngine, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(start, "ask_engine", lambda _: over.wait(10) and None)
    monkeypatch.setattr(start, "MAX_WAIT_SECONDS", 0.1)
    begun(window, qtbot)
    over.set()
    assert "did not respond within 2 seconds" in printed(window)
    assert engine.requested == []


def test_the_search_can_be_canceled(
    engine: FakeEngine, open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    over = threading.Event()
    monkeypatch.setattr(start, "ask_engine", lambda _: over.wait(10) and None)
    with qtbot.waitSignal(window.opener.progressed):
        window.begin()
    assert window.center.busy_page.text == "Looking for Docker Engine"
    window.center.busy_page.cancel.click()
    over.set()
    assert window.center.start_page.isVisible()
    assert not window.opener.is_busy


def test_by_name(engine: FakeEngine, window: MainWindow, qtbot: QtBot, settings: Settings) -> None:
    engine.error = NOT_RUNNING
    begun(window, qtbot)
    engine.error = None
    press(window, "Open by name…")
    dialog = window.findChild(ByNameDialog)
    assert dialog is not None
    qtbot.keyClicks(dialog.name, " engine:my context ")
    with qtbot.waitSignal(window.settled, timeout=20_000):
        dialog.accept()
    assert engine.requested == ["my context"]
    assert window.windowTitle() == "engine my context — cacheview"
    assert settings.recent == ["engine:my context"]
    window.commands.recent_menu.aboutToShow.emit()
    assert window.commands.recent_menu.actions()[0].text() == "engine:my context"


def test_a_second_try_that_fails_still_says_what_is_shown(engine: FakeEngine, window: MainWindow, qtbot: QtBot) -> None:
    engine.error = NOT_RUNNING
    begun(window, qtbot)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        press(window, "Try again")
    assert "The bundled demo is still shown." in printed(window)
    assert "nothing is listening there" in printed(window)
    press(window, "Open by name…")
    dialog = window.findChild(ByNameDialog)
    assert dialog is not None
    dialog.reject()


def test_the_setting_to_follow_engine_events_is_restored(
    engine: FakeEngine, window: MainWindow, qtbot: QtBot, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cacheview.ui.stores.follow.watch", lambda *_: threading.Event().wait(0.01))
    settings.following = True
    begun(window, qtbot)
    assert window.commands.follow.isChecked()
    window.commands.follow.trigger()
    assert not settings.following
    window.commands.follow.trigger()
    assert settings.following
    window.follower.connection_lost.emit("the engine closed the connection")
    assert not window.commands.follow.isChecked()
    assert settings.following  # the user has not turned it off
    assert Settings(settings._file).following
