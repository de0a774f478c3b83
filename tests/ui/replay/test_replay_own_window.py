"""Replays in a window that is opened without a store, or closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from replay_kit import Slow, real_build, replayed, statuses, write_context
from window_kit import OpenWindow, drop

from cacheview.replay.file import ReplayCase
from cacheview.ui.docks import REPLAY
from cacheview.ui.replay.build import saved_builds
from cacheview.ui.settings import Settings
from cacheview.ui.window import MainWindow

Open = Callable[[ReplayCase], None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    """A window of the test's own."""
    return open_window()


def test_a_build_dropped_before_the_store_is_opened_is_replayed(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    monkeypatch.setattr(window, "begin", lambda: started.append(1))
    context = write_context(real_build("site/again"), tmp_path / "site")
    drop(window, context)
    pane = window.docks.get(REPLAY).pane
    qtbot.waitUntil(lambda: bool(started))
    assert started == [1]
    assert not pane.view.isVisible()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        open_store(real_build("site/again"))
    assert len(statuses(pane)) == 10


def test_options_are_remembered(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, open_store: Open, settings: Settings
) -> None:
    case = real_build("tools/arg-given")
    open_store(case)
    context = write_context(case, tmp_path / "tools")
    pane = replayed(window, qtbot, context)
    assert statuses(pane)[2] == "hit"
    pane.head.options_button.click()
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        qtbot.keyClicks(pane.form.build_args, "LEVEL=2")
    assert statuses(pane)[2] == "miss"
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        pane.form.no_cache.click()
    assert "hit" not in statuses(pane)
    assert "  ·  --build-arg LEVEL --no-cache  ·  " in pane.head.text
    assert saved_builds(settings)[0].missing == ("LEVEL",)
    with qtbot.waitSignal(pane.settled, timeout=9_000):
        drop(window, context)
    assert pane.form.build_args.toPlainText() == "LEVEL=2"
    assert pane.form.no_cache.isChecked()
    window.close()
    assert saved_builds(settings)[0].missing == ("LEVEL",)
    (file,) = tmp_path.glob("settings.ini")
    assert "LEVEL=2" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_closing_the_window_ends_a_running_replay(window: MainWindow, qtbot: QtBot, site: Path, slow: Slow) -> None:
    slow.install()
    drop(window, site)
    qtbot.waitUntil(slow.begun.is_set, timeout=20_000)
    window.close()
    assert slow.ended.is_set()
