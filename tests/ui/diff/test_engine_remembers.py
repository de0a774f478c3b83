"""If a comparison lacks an image, the open engine is asked when that image was removed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from build_kit import Daemon
from diff_kit import Build, base, recorded
from engine_replay import Answer, Raw, Replay, load, serving
from live_kit import FakeEngine
from pytestqt.qtbot import QtBot
from window_kit import OpenWindow

from cacheview.replay.records import write_record
from cacheview.ui.diff.pane import DiffPane
from cacheview.ui.docks import DIFF
from cacheview.ui.window import MainWindow

BUILD = Build("FROM base\nRUN make\nRUN test\n")
LATER = datetime(2026, 1, 1, 12, 1, 30, tzinfo=UTC)


class Engine:
    """An engine that lost the image of a step between two recorded builds."""

    def __init__(self, folder: Path) -> None:
        daemon = Daemon()
        base(daemon)
        recorded(daemon, BUILD)
        recorded(daemon, Build("FROM base\nRUN other\n"))
        before = recorded(daemon, BUILD, 1)
        self.gone = next(image for image in daemon.images if image.instruction == "RUN test")
        daemon.images.remove(self.gone)
        after = recorded(daemon, BUILD, 2)
        self.images = daemon.images
        self.records = [str(folder / name) for name in ("a.jsonl", "b.jsonl")]
        for path, case in zip(self.records, (before, after), strict=True):
            write_record(path, case)
        self.events: Callable[[], Answer] = lambda: (200, self.removal)
        self.replay = Replay(load("28.5.2-gd"), lambda path: self.events() if path.endswith("/events") else None)

    @property
    def removal(self) -> bytes:
        actor = {"ID": self.gone.id, "Attributes": {}}
        event = {"Type": "image", "Action": "delete", "Actor": actor, "time": int(LATER.timestamp())}
        return json.dumps(event).encode() + b"\n"

    @property
    def was_queried(self) -> bool:
        return "/events" in self.replay.paths()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


@pytest.fixture
def reader(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Makes the store reader return the engine's images."""
    return FakeEngine(engine.images).install(monkeypatch)


@pytest.fixture
def window(open_window: OpenWindow, tmp_path: Path, engine: Engine, reader: FakeEngine) -> Iterator[MainWindow]:
    with serving(engine.replay, tmp_path / "docker.sock") as url:
        yield open_window(f"engine:{url}", size=(1280, 720))


def compared(window: MainWindow, qtbot: QtBot, engine: Engine) -> DiffPane:
    dock = window.docks.get(DIFF)
    dock.show_and_focus()
    with qtbot.waitSignal(dock.pane.settled, timeout=20_000):
        dock.compare_paths(engine.records)
    return dock.pane


def test_the_removal_time_is_shown_once_the_engine_responds(window: MainWindow, qtbot: QtBot, engine: Engine) -> None:
    pane = compared(window, qtbot, engine)
    assert "no longer in the store" in pane.answer.text()
    assert "was removed from" not in pane.answer.text()
    row = pane.table.currentIndex().row()
    printed = f"was removed from the store at {LATER.astimezone():%Y-%m-%d %H:%M:%S}"
    qtbot.waitUntil(lambda: printed in pane.answer.text(), timeout=20_000)
    assert printed in pane.words.text()
    assert pane.table.currentIndex().row() == row
    [query] = [query for _, path, query in engine.replay.requests if path.endswith("/events")]
    assert json.loads(query["filters"]) == {"type": ["image"]}
    assert int(query["since"]) < LATER.timestamp() < int(query["until"])


def test_an_engine_without_readable_events_is_reported(window: MainWindow, qtbot: QtBot, engine: Engine) -> None:
    engine.events = lambda: (500, {"message": "no events here"})
    pane = compared(window, qtbot, engine)
    qtbot.waitUntil(lambda: "The engine's events could not be read: " in pane.loss.text(), timeout=20_000)
    assert "no events here" in pane.loss.text()
    assert "no longer in the store" in pane.answer.text()


def test_closing_the_window_does_not_wait_for_the_engine(window: MainWindow, qtbot: QtBot, engine: Engine) -> None:
    engine.events = lambda: Raw(hang=True)
    pane = compared(window, qtbot, engine)
    qtbot.waitUntil(lambda: engine.was_queried, timeout=20_000)
    threads = list(pane._remembering._threads)
    window.close()
    assert threads
    assert not any(thread.is_alive() for thread in threads)


def test_an_engine_that_did_not_build_it_is_not_asked(
    window: MainWindow, qtbot: QtBot, engine: Engine, reader: FakeEngine
) -> None:
    reader.images = reader.images[:1]  # only the base, which other engines have too
    window.commands.reload.trigger()
    qtbot.waitUntil(lambda: window.session is not None and len(window.session.store.images) == 1, timeout=20_000)
    pane = compared(window, qtbot, engine)
    assert "no longer in the store" in pane.answer.text()
    assert not pane._remembering.is_busy
    assert not engine.was_queried
