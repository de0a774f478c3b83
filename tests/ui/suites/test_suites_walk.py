"""The probes of a walk in the window: each builds on the images that the previous ones created."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from long_walk import long_walk
from pytestqt.qtbot import QtBot
from shared_window import ShowStore
from suites_kit import DATA, Silent, choose_rules, pane_of, ran, rows

from cacheview.engine import RULE_SETS, ImageCache
from cacheview.engine.build_cache import BuildCache
from cacheview.engine.verdict import Verdict
from cacheview.engine.walk import Walk
from cacheview.model import ContainerConfig, DataError, ImageStore, Probe, SuiteCase
from cacheview.stores.change import StoreChanges
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.suite import read_suite
from cacheview.stores.suite_file import append_case
from cacheview.ui import shown_store, walks
from cacheview.ui.docks import SUITES
from cacheview.ui.document import Place
from cacheview.ui.loaded import OpenedStore, ShownPlace
from cacheview.ui.session import Session, StoreRelation
from cacheview.ui.suites.add_dialog import AddDialog, SuiteAddition
from cacheview.ui.suites.adding import add_work, case_before
from cacheview.ui.window import MainWindow

GRAPH = DATA / "vectors" / "graphdriver-28.5.2.jsonl.gz"
CONTAINERD = DATA / "vectors" / "containerd-26.1.5.jsonl.gz"
OTHERS = "containerd-29"
STEPS = 20


def session_of(file: Path) -> Session:
    opened = open_store(file)
    first = opened.cases[0]
    return Session(OpenedStore(opened, ImageCache(first.store, RULE_SETS[first.rules]), first.probes[0].probe))


@pytest.mark.parametrize("file", [GRAPH, CONTAINERD], ids=lambda file: file.name.partition(".jsonl")[0])
def test_each_walk_probe_has_the_expected_answer(file: Path) -> None:
    session = session_of(file)
    session.begin()
    walked = new = 0
    walks = [number for number, case in enumerate(session.opened.cases) if case.walk or case.store.layer_content]
    for number in walks[::2]:
        case = session.opened.cases[number]
        session.places.choose_case(number)
        for place, reported in enumerate(case.probes):
            session.places.choose_probe(place)
            assert session.answer is not None
            assert session.answer.differences == (), (number, place)
            walked += case.walk
            new += bool(reported.expect and reported.expect.created)
    assert walked > 100
    assert new


def test_another_case_has_another_store_and_a_step_of_a_walk_the_same_one() -> None:
    session = session_of(GRAPH)
    session.begin()
    number = next(
        i
        for i, case in enumerate(session.opened.cases)
        if i and case.walk and any(reported.expect and reported.expect.created for reported in case.probes[:-1])
    )
    relations: list[StoreRelation] = []
    session.store_changed.connect(relations.append)
    session.places.choose_case(number)
    assert relations == [StoreRelation.OTHER]
    session.places.choose_probe(len(session.case.probes) - 1)
    assert relations == [StoreRelation.OTHER, StoreRelation.SAME]
    session.places.choose_case(0)
    assert relations[2:] == [StoreRelation.OTHER]


def test_switching_rules_and_back_restores_the_walk() -> None:
    session = session_of(GRAPH)
    session.begin()
    number = next(i for i, case in enumerate(session.opened.cases) if case.walk and len(case.probes) > 2)
    session.places.choose_case(number)
    session.places.choose_probe(2)
    rules, store = session.cache.rules.name, session.store
    session.choose_rules("containerd-29")
    assert session.answer is not None
    assert session.answer.differences is None
    session.choose_rules(rules)
    assert session.answer is not None
    assert session.answer.differences == ()
    assert session.store == store


def is_shown(session: Session, place: Place) -> bool:
    return session.document.place == place and session.answer is not None


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each probe looked up on the way to another one: whether this happens in the window's thread."""
    found: list[bool] = []
    look_up = BuildCache.look_up

    def noted(self: BuildCache, probe: Probe, *more: Any) -> tuple[Probe, Verdict]:
        found.append(threading.current_thread() is threading.main_thread())
        return look_up(self, probe, *more)

    monkeypatch.setattr(BuildCache, "look_up", noted)
    return found


@pytest.fixture
def every_walk_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treats every walk as long, as in a large store."""
    monkeypatch.setattr(walks, "_MAX_QUICK_COST", 0)


def opened(show_store: ShowStore, path: Path, *cases: SuiteCase) -> tuple[MainWindow, Session]:
    for case in cases:
        append_case(path, case)
    window = show_store(str(path))
    assert window.session is not None
    return window, window.session


def go_to(session: Session, qtbot: QtBot, place: Place) -> None:
    session.places.choose_probe(place[1])
    qtbot.waitUntil(partial(is_shown, session, place))


def walked(session: Session) -> ImageStore:
    """The store at the current probe, computed by walking from the first one."""
    case = session.case
    _, cache = Walk(case.store, session.cache.rules, case.probes).at(session.probe_number)
    return cache.store


def test_a_step_on_looks_up_one_more_probe_and_a_step_back_none(
    show_store: ShowStore, tmp_path: Path, lookups: list[bool]
) -> None:
    """With a few hundred images, each step is answered in the same turn."""
    window, session = opened(show_store, tmp_path / "s.jsonl", long_walk(STEPS, others=300))
    for number in range(1, STEPS):
        window.commands.next_probe.trigger()
        assert is_shown(session, (0, number))
        assert len(lookups) == number
    last = session.store
    for number in reversed(range(STEPS - 1)):
        window.commands.previous_probe.trigger()
        assert is_shown(session, (0, number))
    window.commands.undo.trigger()
    assert len(lookups) == STEPS - 1
    session.places.choose_probe(STEPS - 1)
    assert session.store is last
    assert len(lookups) == STEPS - 1


@pytest.mark.usefixtures("every_walk_is_far")
def test_a_slow_walk_to_a_late_probe_runs_in_another_thread(
    window: MainWindow, qtbot: QtBot, lookups: list[bool]
) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(GRAPH))
    session = window.session
    assert session is not None
    number = next(i for i, case in enumerate(session.opened.cases) if case.walk and len(case.probes) > 2)
    session.places.choose_case(number)
    qtbot.waitUntil(lambda: session.case_number == number)
    session.places.choose_probe(2)
    assert session.probe_number == 0
    for place in (2, 1):
        go_to(session, qtbot, (number, place))
        assert session.answer is not None
        assert session.answer.differences == ()
    before = session.document.undo_place
    session.places.undo()
    qtbot.waitUntil(partial(is_shown, session, before))
    assert len(lookups) == 2
    assert not any(lookups)


@pytest.mark.usefixtures("every_walk_is_far")
@pytest.mark.parametrize("number", [0, 1], ids=["first case", "second case"])
def test_a_reload_far_into_a_walk_does_not_block_the_window(
    show_store: ShowStore, qtbot: QtBot, tmp_path: Path, lookups: list[bool], number: int
) -> None:
    window, session = opened(show_store, tmp_path / "s.jsonl", *(long_walk(STEPS, others) for others in (1, 2)))
    session.places.choose_case(number)
    go_to(session, qtbot, (number, 15))
    session.document.edit(session.document.probe.model_copy(update={"config": ContainerConfig()}), "Edit")
    before, count = session.store, len(lookups)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.opener.reload()
    assert session.store is not before
    assert session.store == before == walked(session)
    assert session.document.place == (number, 15)
    assert session.document.undo_stack.canUndo()
    assert session.change == StoreChanges()
    assert lookups[:-15] == [False] * (count + 15)  # the last 15 come from this test


@pytest.mark.usefixtures("every_walk_is_far")
def test_a_probe_selected_during_a_reload_stays_shown(
    show_store: ShowStore, qtbot: QtBot, tmp_path: Path, lookups: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    window, session = opened(show_store, tmp_path / "s.jsonl", long_walk(STEPS))
    go_to(session, qtbot, (0, 15))
    places = [ShownPlace((0, 3), session.daemon), ShownPlace((0, 3), session.daemon)]
    monkeypatch.setattr(window.opener, "shown_place", lambda: places.pop() if places else session.places.shown)
    ended: list[bool] = []
    window.opener.ended.connect(lambda: ended.append(window.opener.is_busy))
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.opener.reload()
    qtbot.waitUntil(lambda: bool(ended))
    assert ended == [False]
    assert not places
    assert is_shown(session, (0, 15))
    assert not any(lookups)
    assert session.store == walked(session)


@pytest.mark.usefixtures("every_walk_is_far")
def test_choosing_rules_far_into_a_walk_does_not_block_the_window(
    show_store: ShowStore, qtbot: QtBot, tmp_path: Path, lookups: list[bool]
) -> None:
    window, session = opened(show_store, tmp_path / "s.jsonl", long_walk(STEPS))
    go_to(session, qtbot, (0, 15))
    rules, before = session.cache.rules, session.store
    with qtbot.waitSignal(session.rules_changed):
        choose_rules(window, OTHERS)
        assert session.cache.rules is rules
    assert session.cache.rules.name == OTHERS
    assert is_shown(session, (0, 15))
    count = len(lookups)
    assert session.store == walked(session) != before
    with qtbot.waitSignal(session.rules_changed):
        choose_rules(window, OTHERS)
        choose_rules(window, rules.name)
        window.commands.previous_probe.trigger()
        assert session.probe_number == 14
    assert is_shown(session, (0, 14))
    assert session.cache.rules is rules
    del lookups[count : count + 15]  # those that come from this test
    assert not any(lookups)
    assert session.store == walked(session)


@pytest.mark.usefixtures("every_walk_is_far")
def test_choosing_a_row_with_other_rules_does_not_block_the_window(
    show_store: ShowStore, qtbot: QtBot, tmp_path: Path, lookups: list[bool]
) -> None:
    path = tmp_path / "s.jsonl"
    window, session = opened(show_store, path, long_walk(STEPS))
    rules = session.cache.rules
    pane = pane_of(window)
    ran(pane, qtbot, path)
    lookups.clear()
    go_to(session, qtbot, (0, 15))
    with qtbot.waitSignal(session.rules_changed):
        choose_rules(window, OTHERS)
    pane.table.chosen.emit(next(row for row in rows(pane) if row.probe == 12))
    qtbot.waitUntil(partial(is_shown, session, (0, 12)))
    assert session.cache.rules is rules
    assert not any(lookups)
    assert session.store == walked(session)


def test_a_row_of_a_case_that_has_to_be_prepared_is_shown_in_that_case(
    show_store: ShowStore, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_store, "_MAX_IMAGES_AT_ONCE", 0)
    path = tmp_path / "s.jsonl"
    window, session = opened(show_store, path, long_walk(3), long_walk(4))
    pane = pane_of(window)
    ran(pane, qtbot, path)
    pane.table.chosen.emit(next(row for row in rows(pane) if (row.case, row.probe) == (1, 2)))
    qtbot.waitUntil(partial(is_shown, session, (1, 2)))


def test_walks_prepared_for_a_place_and_for_rules_are_both_kept() -> None:
    made = (long_walk(3), long_walk(4))
    cases = [OpenedCase("", ImageStore(case.images), case.rules, case.probes, walk=True) for case in made]
    prepared = walks.Walks()
    place, rules = prepared.get(cases[0], RULE_SETS[cases[0].rules]), prepared.get(cases[1], RULE_SETS[OTHERS])
    assert prepared.get(cases[0], RULE_SETS[cases[0].rules]) is place
    assert prepared.get(cases[1], RULE_SETS[OTHERS]) is rules


def test_the_first_answer_uses_the_layer_state_of_the_case() -> None:
    opened = open_store(CONTAINERD)
    cases = [case for case in opened.cases if case.store.layer_content]
    assert cases
    for case in cases:
        cache, probe = ImageCache(case.store, RULE_SETS[case.rules]), case.probes[0].probe
        session = Session(OpenedStore(replace(opened, cases=(case,)), cache, probe))
        session.begin()
        assert session.answer is not None
        assert session.answer.differences == (), case.name


def test_a_click_on_a_late_step_shows_its_verdict(window: MainWindow, qtbot: QtBot) -> None:
    pane = pane_of(window)
    ran(pane, qtbot, GRAPH)
    cases = open_store(GRAPH).cases
    row = next(row for row in rows(pane) if row.case is not None and cases[row.case].walk and row.probe == 2)
    with qtbot.waitSignal(window.docks.get(SUITES).shower.shown, timeout=20_000):
        pane.table.chosen.emit(row)
    assert window.session is not None
    assert window.session.answer is not None
    assert window.session.answer.differences == ()
    assert window.session.probe_number == row.probe


def test_a_step_is_added_with_the_walk_before_it(qtbot: QtBot, tmp_path: Path, lookups: list[bool]) -> None:
    session = session_of(GRAPH)
    session.begin()
    number = next(
        i
        for i, case in enumerate(session.opened.cases)
        if case.walk and any(reported.expect and reported.expect.created for reported in case.probes[:-1])
    )
    session.places.choose_case(number)
    last = len(session.case.probes) - 1
    session.places.choose_probe(last)
    assert session.answer is not None
    known = len(lookups)
    before = case_before(session)
    assert len(lookups) == known, "all previous probes have answers already"
    dialog = AddDialog(SuiteAddition(session.store, before, session.answer.explanation), str(tmp_path / "w.jsonl"))
    qtbot.addWidget(dialog)
    found: list[tuple[str, SuiteCase, tuple[str, ...]]] = []
    dialog.add_requested.connect(lambda *wanted: found.append(wanted))
    dialog.accept()
    path, case, reported = found[0]
    assert reported == ()
    assert len(case.probes) == last + 1
    assert add_work(path, case, reported)(Silent()) == (path, 1)
    (again,) = read_suite(path)
    assert not isinstance(again, DataError)
    assert again.walk
