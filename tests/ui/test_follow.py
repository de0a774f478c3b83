"""Following an engine: events are received in another thread, and as few as possible reach the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from cacheview.ui.stores import follow
from cacheview.ui.stores.follow import ImageEventListener


def test_a_flood_of_events_queues_at_most_one_signal(
    qtbot: QtBot, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    flooded = threading.Event()

    def flood(location: str, on_event: Callable[[], None], stopped: threading.Event) -> None:
        for _ in range(10_000):
            on_event()
        flooded.set()
        stopped.wait()

    monkeypatch.setattr(follow, "watch", flood)
    follower = ImageEventListener()
    carried: list[int] = []
    follower._event.connect(carried.append)
    with qtbot.waitSignal(follower.changed, timeout=10_000):
        follower.start("engine:")
        assert flooded.wait(10)  # while the window's event loop does not run
    follower.close()
    assert carried == [1]
