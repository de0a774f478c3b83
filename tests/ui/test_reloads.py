"""A reload leaves nothing behind: the previous store is freed with everything derived from it, in every pane."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_kit import FakeEngine
from pydantic import BaseModel
from pytestqt.qtbot import QtBot
from reloading import renewing
from window_kit import OpenWindow

from cacheview.collector import Leftovers
from cacheview.engine import Explanation, ImageCache
from cacheview.engine.index import CandidateIndex
from cacheview.engine.trace import Trace
from cacheview.model import ImageStore
from cacheview.model.base import Value
from cacheview.replay.result import Replay, Step
from cacheview.ui.docks import COMPARE, REPLAY
from cacheview.ui.images.tree import Forest, ImageNode
from cacheview.ui.verdict.node import TraceNode
from cacheview.ui.window import MainWindow

COUNT = 200
KINDS = (
    BaseModel,
    Value,
    ImageStore,
    ImageCache,
    CandidateIndex,
    Explanation,
    Trace,
    Forest,
    ImageNode,
    TraceNode,
    Replay,
    Step,
)


def alive() -> Counter[str]:
    """The number of objects of each type that is derived from a store."""
    found: Counter[str] = Counter()
    # By type, as there are a million objects of a few thousand types.
    for kind, count in Counter(map(type, gc.get_objects())).items():
        if issubclass(kind, KINDS):
            found[kind.__name__] += count
    return found


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """Disables garbage collection, so that objects are freed only if nothing refers to them, not even a cycle."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def reload(window: MainWindow, qtbot: QtBot, *, after_events: bool = False) -> None:
    """Reload, and wait until all panes show the new store."""
    replays, compare = window.docks.get(REPLAY).pane, window.docks.get(COMPARE).pane
    with qtbot.waitSignals([window.settled, replays.settled, compare.settled], timeout=20_000):
        if after_events:
            window.follower.changed.emit()
        else:
            window.opener.reload()


@pytest.mark.usefixtures("no_garbage_collection")
def test_objects_made_from_a_store_are_freed_with_it(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = alive()  # from other tests in this process
    engine = renewing(FakeEngine().install(monkeypatch), COUNT)
    window = open_window("engine:")
    for action in (window.commands.compare, window.commands.audit, window.commands.suite_checks):
        action.trigger()
    (tmp_path / "Dockerfile").write_text("FROM app:9\nRUN step 4\nCOPY Dockerfile /a\nENV a=b\n")
    with qtbot.waitSignal(window.docks.get(REPLAY).pane.settled):
        window.docks.get(REPLAY).open(str(tmp_path))
    reload(window, qtbot)
    reload(window, qtbot)
    engine.images = []

    def one_store_is_there() -> None:  # a pane that is not waited for may still answer for the store before
        now = alive() - others
        assert now["Image"] < 2 * COUNT
        assert now["Replay"] <= 1

    qtbot.waitUntil(one_store_is_there, timeout=20_000)
    before = alive() - others
    for number in range(4):
        reload(window, qtbot, after_events=number % 2 == 0)
        engine.images = []

    def nothing_is_left() -> None:
        now = alive() - others
        assert not {kind: (now[kind], count) for kind, count in before.items() if now[kind] >= 2 * count}

    qtbot.waitUntil(nothing_is_left, timeout=20_000)


def test_garbage_is_collected_during_continuous_reloads(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[str] = []
    monkeypatch.setattr(Leftovers, "end", lambda _, location, _images: settled.append(location))
    window = open_window("demo:")
    reloads = 0
    while len(settled) < 2 and reloads < 200:  # the number of reloads depends on how soon each store is freed
        with qtbot.waitSignal(window.settled, timeout=20_000):
            window.opener.reload()
        reloads += 1
    assert len(settled) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_reloads_take_no_more_memory_than_the_second_one(tmp_path: Path) -> None:
    """Objects of shown stores are frozen and skipped by garbage collection. Each reload used to leave 5 MB of them."""
    command = [sys.executable, str(Path(__file__).with_name("reloading.py")), "1000", "8", str(tmp_path)]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(sys.path)}
    second, last = map(int, subprocess.check_output(command, env=environment, text=True).split())
    assert last < 1.2 * second
