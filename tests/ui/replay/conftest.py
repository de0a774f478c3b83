"""A window for replaying Dockerfiles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from replay_kit import Slow, opened_of, real_build, sent_by_newer, write_context
from shared_window import SharedWindow

from cacheview.replay.file import ReplayCase
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow


@pytest.fixture
def window(lent_window: MainWindow) -> MainWindow:
    return lent_window


@pytest.fixture
def settings(shared_window: SharedWindow) -> Settings:
    """Of the window."""
    return shared_window.settings


@pytest.fixture
def open_store(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Callable[[ReplayCase], None]:
    """Opens the store as it was just before a build."""

    def show(case: ReplayCase) -> None:
        monkeypatch.setattr("cacheview.stores.open.open_store", lambda *_, **__: opened_of(case))
        with qtbot.waitSignal(window.settled, timeout=20_000):
            window.open("engine:")

    return show


@pytest.fixture
def site(tmp_path: Path, settings: Settings, open_store: Callable[[ReplayCase], None]) -> Path:
    """The context of a build whose steps are all cached in the open store."""
    case = real_build("site/again")
    open_store(case)
    return sent_by_newer(settings, write_context(case, tmp_path / "site"))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(monkeypatch)
