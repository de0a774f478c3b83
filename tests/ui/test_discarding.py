"""Objects created for a large store are freed in another thread, and nothing unused is kept."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from live_kit import FakeEngine
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from reloading import builds, renewing
from window_kit import OpenWindow

from cacheview.engine import RULE_SETS, ImageCache
from cacheview.model import Image, ImageStore
from cacheview.ui.discarding import Discarder
from cacheview.ui.images.tree import ImageNode, forest
from cacheview.ui.loading import end_all

COUNT = 3_000
PATIENCE = 20_000  # milliseconds


class Part:
    """Records the thread in which it is freed."""

    def __init__(self, freed: list[str]) -> None:
        self._freed = freed

    def __del__(self) -> None:
        self._freed.append(threading.current_thread().name)


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """Disables garbage collection, so that it cannot free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def discarder(qtbot: QtBot) -> Iterator[Discarder]:
    del qtbot
    made = Discarder()
    yield made
    made.close()


def alive(*kinds: type) -> int:
    return sum(isinstance(each, kinds) for each in gc.get_objects())


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, lambda parts: dict(enumerate(parts))])
def test_the_elements_of_a_large_container_are_freed_in_another_thread(
    kind: object, discarder: Discarder, qtbot: QtBot
) -> None:
    assert callable(kind)
    freed: list[str] = []
    things = [kind([Part(freed) for _ in range(COUNT)])]
    discarder.discard(things)
    things.clear()
    qtbot.waitUntil(lambda: len(freed) == COUNT, timeout=PATIENCE)
    assert set(freed) == {"discarder"}


def test_discarded_objects_in_use_are_freed_only_when_released(discarder: Discarder, qtbot: QtBot) -> None:
    freed: list[str] = []
    others: list[str] = []
    used = [Part(freed) for _ in range(COUNT)]
    unused = [Part(others) for _ in range(COUNT)]
    discarder.discard((used, unused))
    del unused
    qtbot.waitUntil(lambda: len(others) == COUNT, timeout=PATIENCE)
    assert len(used) == COUNT
    assert not freed
    used = []
    qtbot.waitUntil(lambda: len(freed) == COUNT, timeout=PATIENCE)
    assert set(freed) == {"discarder"}


def test_an_object_discarded_twice_is_freed_once(discarder: Discarder, qtbot: QtBot) -> None:
    freed: list[str] = []
    things = [[Part(freed) for _ in range(COUNT)]]
    discarder.discard(things)
    discarder.discard(things, None, things[0])
    things.clear()
    qtbot.waitUntil(lambda: len(freed) == COUNT, timeout=PATIENCE)


def test_parts_of_a_qt_object_are_freed_in_the_main_thread(discarder: Discarder, qtbot: QtBot) -> None:
    freed: list[str] = []
    others: list[str] = []
    holder = QObject()
    holder.parts = [Part(freed) for _ in range(COUNT)]  # type: ignore[attr-defined]
    things: list[object] = [holder, [Part(others) for _ in range(COUNT)]]
    discarder.discard(things)
    things.clear()
    qtbot.waitUntil(lambda: len(others) == COUNT, timeout=PATIENCE)
    del holder
    assert set(freed) == {threading.main_thread().name}


@pytest.mark.usefixtures("no_garbage_collection")
def test_a_discarded_store_cache_and_tree_are_freed_completely(discarder: Discarder, qtbot: QtBot) -> None:
    store = ImageStore(tuple(builds(COUNT)))
    cache, tree = ImageCache(store, RULE_SETS["graphdriver-24.0.7"]), forest(store)
    gone = weakref.ref(store), weakref.ref(cache), weakref.ref(tree.nodes[-1])
    others = alive(Image) - COUNT
    discarder.discard(cache, tree)
    del store, cache, tree
    qtbot.waitUntil(lambda: not any(each() is not None for each in gone), timeout=PATIENCE)
    qtbot.waitUntil(lambda: alive(Image) == others, timeout=PATIENCE)


def test_the_discarder_ends_with_the_window(qtbot: QtBot) -> None:
    window = QObject()
    discarder = Discarder(window)
    freed: list[str] = []
    used = [Part(freed) for _ in range(COUNT)]
    before = threading.active_count()
    discarder.discard(used)
    end_all(window)
    assert threading.active_count() == before
    assert len(used) == COUNT
    discarder.discard(used)
    assert threading.active_count() == before
    del used
    assert len(freed) == COUNT


@pytest.mark.usefixtures("no_garbage_collection")
def test_reloads_in_a_row_leave_one_store(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = alive(Image), alive(ImageNode)
    engine = renewing(FakeEngine().install(monkeypatch), COUNT)
    window = open_window("engine:")
    session = window.session
    assert session is not None
    stores = []
    for _ in range(4):
        stores.append(weakref.ref(session.store))
        with qtbot.waitSignal(window.settled, timeout=PATIENCE):
            window.opener.reload()
        engine.images = []
    qtbot.waitUntil(lambda: not any(store() is not None for store in stores), timeout=PATIENCE)
    qtbot.waitUntil(lambda: alive(Image) - others[0] <= COUNT, timeout=PATIENCE)
    qtbot.waitUntil(lambda: alive(ImageNode) - others[1] <= 2 * COUNT, timeout=PATIENCE)  # including scratch nodes
    window.opener.reload()
    window.close()
    assert not {"discarder", "loader"} & {thread.name for thread in threading.enumerate()}
