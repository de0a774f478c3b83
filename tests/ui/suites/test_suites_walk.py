"""The probes of a walk in the window: each stands on what came of those before it."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from suites_kit import DATA, Silent, pane_of, ran, rows

from cacheview.engine import RULE_SETS, ImageCache
from cacheview.model import DataError, Probe, SuiteCase
from cacheview.stores.open import open_store
from cacheview.stores.suite import read_suite
from cacheview.ui import shown_store
from cacheview.ui.document import Place
from cacheview.ui.loaded import OpenedStore
from cacheview.ui.session import Session
from cacheview.ui.suites.add_dialog import AddDialog, SuiteAddition
from cacheview.ui.suites.adding import add_work, case_before
from cacheview.ui.window import MainWindow

GRAPH = DATA / "vectors" / "graphdriver-28.5.2.jsonl.gz"
CONTAINERD = DATA / "vectors" / "containerd-26.1.5.jsonl.gz"


def session_of(file: Path) -> Session:
    opened = open_store(file)
    first = opened.cases[0]
    return Session(OpenedStore(opened, ImageCache(first.store, RULE_SETS[first.rules]), first.probes[0].probe))


@pytest.mark.parametrize("file", [GRAPH, CONTAINERD], ids=lambda file: file.name.partition(".jsonl")[0])
def test_each_answers_as_expected(file: Path) -> None:
    session = session_of(file)
    session.begin()
    walked = new = 0
    walks = [number for number, case in enumerate(session.opened.cases) if case.walk or case.layer_content]
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


def test_other_rules_and_back() -> None:
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


def test_the_probes_before_a_late_one_are_looked_up_in_another_thread_where_that_takes_long(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.open(str(GRAPH))
    session = window.session
    assert session is not None
    number = next(i for i, case in enumerate(session.opened.cases) if case.walk and len(case.probes) > 2)
    monkeypatch.setattr(shown_store, "_FEW", 0)
    threads: list[threading.Thread] = []
    look_up = shown_store.probe_and_cache

    def noted(*arguments: Any, **keywords: Any) -> tuple[Probe, ImageCache]:
        threads.append(threading.current_thread())
        return look_up(*arguments, **keywords)

    monkeypatch.setattr(shown_store, "probe_and_cache", noted)
    session.places.choose_case(number)
    qtbot.waitUntil(lambda: session.case_number == number)
    for place in (2, 1):
        session.places.choose_probe(place)
        assert session.probe_number != place
        qtbot.waitUntil(partial(is_shown, session, (number, place)))
        assert session.answer is not None
        assert session.answer.differences == ()
    before = session.document.undo_place
    session.places.undo()
    qtbot.waitUntil(partial(is_shown, session, before))
    assert len(threads) >= 3
    assert threading.main_thread() not in threads


def test_a_click_on_a_late_step_shows_its_verdict(window: MainWindow, qtbot: QtBot) -> None:
    pane = pane_of(window)
    ran(pane, qtbot, GRAPH)
    cases = open_store(GRAPH).cases
    row = next(row for row in rows(pane) if row.case is not None and cases[row.case].walk and row.probe == 2)
    with qtbot.waitSignal(window.suites.shower.shown, timeout=20_000):
        pane.table.chosen.emit(row)
    assert window.session is not None
    assert window.session.answer is not None
    assert window.session.answer.differences == ()
    assert window.session.probe_number == row.probe


def test_a_step_is_added_with_the_walk_before_it(qtbot: QtBot, tmp_path: Path) -> None:
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
    dialog = AddDialog(
        SuiteAddition(session.store, case_before(session), session.answer.explanation), str(tmp_path / "w.jsonl")
    )
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
