"""Other rules for a large store are prepared in another thread, and only the latest choice takes effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from cacheview.engine import RULE_SETS
from cacheview.engine.cache import ImageCache
from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Probe
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.ui import answering
from cacheview.ui.loaded import OpenedStore
from cacheview.ui.notice import Notice
from cacheview.ui.rules.switching import Switcher
from cacheview.ui.session import Session

FIRST, SECOND = "graphdriver-24.0.7", "graphdriver-28.5.2"


def loaded(count: int, rules: str = "containerd-71ebfc7") -> OpenedStore:
    images = tuple(
        Image(
            id=f"sha256:{number:064x}",
            parent=f"sha256:{0:064x}" if number else None,
            config=ImageConfig(container_config=ContainerConfig(Cmd=(str(number),))),
        )
        for number in range(count)
    )
    store = ImageStore(images)
    probe = Probe(parent=images[0].id, config=ContainerConfig(Cmd=("1",)))
    opened = OpenedLocation("images", "x", OpenedKind.DOCKER_ARCHIVE, (OpenedCase("", store, ""),))
    return OpenedStore(opened, ImageCache(store, RULE_SETS[rules]), probe)


@pytest.fixture
def large(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switcher]:
    monkeypatch.setattr(answering, "_MAX_IMAGES_WITH_TABLES", 0)
    session = Session(loaded(600))
    with qtbot.waitSignal(session.answered):  # in so large a store, even the first answer comes from another thread
        session.begin()
    switcher = Switcher(session, Notice)
    yield switcher
    switcher.stop()
    qtbot.waitUntil(lambda: not session.is_awaited)


def session_of(switcher: Switcher) -> Session:
    session = switcher.parent()
    assert isinstance(session, Session)
    return session


def test_a_small_store_switches_rules_at_once(qtbot: QtBot) -> None:
    session = Session(loaded(3))
    session.begin()
    switcher = Switcher(session, Notice)
    switcher.switch(FIRST)
    assert session.cache.rules.name == FIRST
    assert not switcher.is_busy


def test_a_prepared_store_switches_rules_at_once(qtbot: QtBot) -> None:
    ready = loaded(600)
    answering.make_ready(ready.cache.store)
    session = Session(ready)
    session.begin()
    switcher = Switcher(session, Notice)
    switcher.switch(FIRST)
    assert session.cache.rules.name == FIRST
    assert session.answer is not None
    assert not switcher.is_busy


def test_a_large_store_switches_rules_when_it_is_prepared(large: Switcher, qtbot: QtBot) -> None:
    session = session_of(large)
    before = session.cache.rules.name
    with qtbot.waitSignal(session.answered):
        large.switch(FIRST)
        assert session.cache.rules.name == before
        assert large.is_busy
    assert session.cache.rules.name == FIRST
    assert session.answer is not None
    assert session.answer.explanation.trace.rules.name == FIRST


def test_only_the_last_requested_rules_are_applied(large: Switcher, qtbot: QtBot) -> None:
    session, seen = session_of(large), list[str]()
    session.rules_changed.connect(lambda: seen.append(session.cache.rules.name))
    with qtbot.waitSignal(session.rules_changed):
        large.switch(FIRST)
        large.switch(SECOND)
    assert seen == [SECOND]


def test_switching_back_cancels_a_pending_rules_switch(large: Switcher, qtbot: QtBot) -> None:
    session = session_of(large)
    before = session.cache.rules.name
    large.switch(FIRST)
    with qtbot.assertNotEmitted(session.rules_changed, wait=100):
        large.switch(before)
    assert not large.is_busy
    assert session.cache.rules.name == before


def test_canceling_a_rules_switch_keeps_the_previous_rules(large: Switcher, qtbot: QtBot) -> None:
    session = session_of(large)
    before = session.cache.rules
    with qtbot.waitSignal(large.canceled):
        large.switch(FIRST)
        large._loader.cancel()  # as the Cancel button in the notice does
    with qtbot.assertNotEmitted(session.rules_changed, wait=50):
        pass
    assert session.cache.rules is before
    with qtbot.assertNotEmitted(large.canceled), qtbot.waitSignal(session.rules_changed):
        large.switch(FIRST)
        large.switch(SECOND)


def test_a_reload_during_a_rules_switch_uses_the_new_store(large: Switcher, qtbot: QtBot) -> None:
    session = session_of(large)
    with qtbot.waitSignal(session.rules_changed):
        large.switch(FIRST)
        other = loaded(601)
        session.reload(other)
    assert session.cache.rules.name == FIRST
    assert session.store is other.cache.store, "the prepared cache belongs to the previous store"


def test_opening_another_location_cancels_a_rules_switch(large: Switcher, qtbot: QtBot) -> None:
    session, other = session_of(large), loaded(3)
    large.switch(FIRST)
    with qtbot.assertNotEmitted(session.rules_changed, wait=100):
        session.open(replace(other, opened=replace(other.opened, location="elsewhere")))
        assert not large._requested
    assert session.cache.rules.name == other.cache.rules.name


def test_a_cache_of_another_store_is_not_used(qtbot: QtBot) -> None:
    session, other = Session(loaded(3)), loaded(4, SECOND)
    session.begin()
    store = session.store
    session.choose_rules(SECOND, other.cache)
    assert session.cache.rules.name == SECOND
    assert session.store is store


def test_rules_chosen_during_a_switch_are_kept(large: Switcher, qtbot: QtBot) -> None:
    session = session_of(large)
    large.switch(FIRST)
    session.choose_rules(SECOND)
    assert not large.is_busy
    with qtbot.assertNotEmitted(session.rules_changed, wait=100):
        pass
    assert session.cache.rules.name == SECOND
