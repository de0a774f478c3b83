"""If a store lacks a layer's content, the window answers as ``cacheview check`` does, whatever else it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from missing_layer import OTHER, check_answer, missing_layer, write_missing_layer
from pytestqt.qtbot import QtBot
from shared_window import ShowStore
from suites_kit import Silent, choose_rules

from cacheview.engine import RULE_SETS
from cacheview.engine.build_cache import BuildCache
from cacheview.engine.case_results import probe_results
from cacheview.engine.matrix import compare
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.model import SuiteCase
from cacheview.stores.suite import read_suite
from cacheview.ui import walks
from cacheview.ui.rules import switching
from cacheview.ui.session import Session
from cacheview.ui.suites.add_dialog import AddDialog, SuiteAddition
from cacheview.ui.suites.adding import add_work, case_before
from cacheview.ui.window import MainWindow

OTHER_RULES = "containerd-28.5.2"
OTHER_ID = missing_layer(walk=False).images[1].id


@pytest.fixture(params=[False, True], ids=["alone", "walk"])
def walk(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def window(show_store: ShowStore, tmp_path: Path, *, walk: bool) -> MainWindow:
    return show_store(str(write_missing_layer(tmp_path / "layer.jsonl", walk=walk)))


@pytest.fixture
def last(walk: bool) -> int:
    """The index of the probe that needs the missing layer."""
    return len(missing_layer(walk=walk).probes) - 1


def session_of(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def shown(window: MainWindow) -> Verdict:
    answer = session_of(window).answer
    assert answer is not None
    return answer.explanation.verdict


def answer_of(verdict: Verdict) -> tuple[VerdictOutcome, str]:
    return verdict.outcome, verdict.error


def test_each_probe_considers_the_missing_layer(window: MainWindow, last: int, *, walk: bool) -> None:
    for number in (*range(last + 1), *reversed(range(last + 1))):
        session_of(window).places.choose_probe(number)
        assert answer_of(shown(window)) == answer_of(check_answer(missing_layer(walk=walk), number))
    session_of(window).places.choose_probe(last)
    assert shown(window).outcome is VerdictOutcome.ERROR


@pytest.mark.parametrize("limit", [0, 500], ids=["prepared", "at once"])
def test_other_rules_consider_the_missing_layer(
    window: MainWindow, qtbot: QtBot, last: int, limit: int, monkeypatch: pytest.MonkeyPatch, *, walk: bool
) -> None:
    session_of(window).places.choose_probe(last)
    monkeypatch.setattr(switching, "_MAX_IMAGES_WITHOUT_THREAD", limit)
    monkeypatch.setattr(walks, "_MAX_QUICK_COST", limit * 1000)
    monkeypatch.setattr(switching, "is_ready", lambda _: limit > 0)
    for name in (OTHER_RULES, "graphdriver-29", "containerd-29"):
        with qtbot.waitSignal(session_of(window).rules_changed, timeout=20_000):
            choose_rules(window, name)
        qtbot.waitUntil(lambda: session_of(window).answer is not None)
        expected = check_answer(missing_layer(walk=walk), last, RULE_SETS[name])
        assert answer_of(shown(window)) == answer_of(expected)
        assert (expected.outcome is VerdictOutcome.ERROR) == name.startswith("containerd")


def test_what_if_considers_the_missing_layer(window: MainWindow, qtbot: QtBot, last: int, *, walk: bool) -> None:
    session = session_of(window)
    session.places.choose_probe(last)
    window.what_if.suppose(f"remove:{OTHER}")
    qtbot.waitUntil(lambda: session.supposed is not None)
    window.what_if.without_containers()
    qtbot.waitUntil(lambda: len(session.store.images) < len(session.supposed.before.images))  # type: ignore[union-attr]
    assert answer_of(shown(window)) == answer_of(check_answer(missing_layer(walk=walk), last))
    window.what_if.leave()
    assert answer_of(shown(window)) == answer_of(check_answer(missing_layer(walk=walk), last))


@pytest.mark.parametrize("change", [f"remove:{OTHER}", "upgrade:28.5.2"])
def test_a_probe_of_a_changed_store_is_added_with_that_store(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, last: int, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(window)
    session.places.choose_probe(last)
    window.what_if.suppose(change)
    qtbot.waitUntil(lambda: session.supposed is not None)
    if change.startswith("remove"):
        window.what_if.without_containers()
        qtbot.waitUntil(lambda: OTHER_ID not in session.store.by_id)
    assert session.answer is not None
    store, verdict = session.store, shown(window)
    with monkeypatch.context() as patched:
        patched.setattr(BuildCache, "look_up", lambda *_: pytest.fail("an earlier probe is looked up"))
        addition = SuiteAddition(store, case_before(session), session.answer.explanation)
    dialog = AddDialog(addition, str(tmp_path / "added.jsonl"))
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.add_requested) as requested:
        dialog.accept()
    path, made, differences = requested.args
    assert differences == ()
    assert add_work(path, made, differences)(Silent()) == (path, 1)
    (again,) = read_suite(path)
    assert isinstance(again, SuiteCase)
    assert again.images == store.images
    assert again.layer_content == store.layer_content != {}
    assert again.rules == session.daemon.name
    assert again.store.release == store.release
    (result,) = probe_results(again)
    assert result.differences == ()
    assert result.verdict is not None
    assert answer_of(result.verdict) == answer_of(verdict)


def test_the_store_is_saved_with_its_layers_but_without_a_probe_of_a_changed_store(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, *, walk: bool
) -> None:
    session, saved = session_of(window), []
    window.what_if.suppose(f"upgrade:{OTHER_RULES.partition('-')[2]}")
    qtbot.waitUntil(lambda: session.supposed is not None)
    for number in range(2):
        path = tmp_path / f"saved{number}.jsonl"
        with qtbot.waitSignal(window.saver.saved, timeout=20_000):
            window.saver._write(session, str(path), False, False)
        saved += [case for case in read_suite(path) if isinstance(case, SuiteCase)]
        window.what_if.leave()
    own = missing_layer(walk=walk)
    assert [(case.rules, case.images, case.layer_content) for case in saved] == [
        (own.rules, own.images, own.layer_content)
    ] * 2
    kept = () if walk else own.probes
    assert saved[0].probes == kept
    assert saved[1].probes[1:] == kept
    assert next(probe_results(saved[1])).passed


def test_a_reload_and_the_comparison_of_rules(window: MainWindow, qtbot: QtBot, last: int, *, walk: bool) -> None:
    session = session_of(window)
    session.places.choose_probe(last)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window.opener.reload()
    assert answer_of(shown(window)) == answer_of(check_answer(missing_layer(walk=walk), last))
    matrix = compare(session.store, session.document.probe)
    outcomes = {row.rules.name: row.verdict.outcome for row in matrix.rows}
    assert outcomes[session.cache.rules.name] is shown(window).outcome is VerdictOutcome.ERROR
    assert outcomes["graphdriver-29"] is VerdictOutcome.HIT
