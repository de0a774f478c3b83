"""The comparison of rules in a walk: each row is the answer where its rules got to by themselves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from long_walk import long_walk
from missing_layer import OTHER, missing_layer
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from shared_window import ShowStore

from cacheview.engine import RULE_SETS, RuleSet
from cacheview.engine.build_cache import BuildCache, with_new_id
from cacheview.engine.matrix import compare, row_of
from cacheview.engine.verdict import Verdict
from cacheview.engine.walk import Walk, answers_in_walk
from cacheview.model import ContainerConfig, ImageStore, Probe, SuiteCase
from cacheview.stores.suite_file import append_case
from cacheview.ui.compare.lookup import RuleSetLookup
from cacheview.ui.compare.pane import ComparePane
from cacheview.ui.docks import COMPARE
from cacheview.ui.session import Session
from cacheview.ui.window import MainWindow

STEPS = 6
CASES = {"restored": long_walk(STEPS), "missing layer": missing_layer(walk=True)}
OTHERS = "containerd-71ebfc7"
"""Rules that hit the source itself, where others restore an image."""

Answers = dict[str, tuple[object, ...]]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> SuiteCase:
    return CASES[request.param]


@pytest.fixture
def window(show_store: ShowStore, tmp_path: Path, case: SuiteCase) -> MainWindow:
    append_case(tmp_path / "walk.jsonl", case)
    return show_store(str(tmp_path / "walk.jsonl"))


@pytest.fixture
def pane(window: MainWindow, qtbot: QtBot) -> ComparePane:
    result = window.docks.get(COMPARE).pane
    with qtbot.waitSignal(result.settled, timeout=20_000):
        qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    return result


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each earlier probe that is looked up: whether the window waits for it."""
    found: list[bool] = []
    look_up = BuildCache.look_up

    def noted(self: BuildCache, probe: Probe, *more: Any) -> tuple[Probe, Verdict]:
        found.append(threading.current_thread() is threading.main_thread())
        return look_up(self, probe, *more)

    monkeypatch.setattr(BuildCache, "look_up", noted)
    return found


def session_of(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def answer_of(verdict: Verdict, number: int) -> tuple[object, ...]:
    verdict = with_new_id(verdict, number)
    return verdict.outcome, verdict.image and verdict.image.id, verdict.error


def answers(pane: ComparePane, number: int) -> Answers:
    """What is shown of each rule set."""
    return {line.rules.name: answer_of(line.verdict, number) for line in pane.model.lines if line.verdict is not None}


def walked(case: SuiteCase, number: int, config: ContainerConfig | None = None) -> Answers:
    """The same, after a walk of each rule set. ``config``: an edited one of the last probe."""
    last = case.probes[number] if config is None else case.probes[number].model_copy(update={"config": config})
    probes = (*case.probes[:number], last)

    def answered(rules: RuleSet) -> Verdict:
        store = ImageStore(case.images, layer_content=case.layer_content)
        return list(answers_in_walk(store, rules, probes))[-1][1]

    return {name: answer_of(answered(rules), number) for name, rules in RULE_SETS.items()}


def shown(window: MainWindow, number: int) -> Answers:
    """The shown answer, by the rules in use."""
    answer = session_of(window).answer
    assert answer is not None
    return {session_of(window).cache.rules.name: answer_of(answer.explanation.verdict, number)}


def choose_rules(pane: ComparePane, name: str) -> None:
    pane.view.chosen.emit(pane.model.row_of(RULE_SETS[name]))


def settle(pane: ComparePane, qtbot: QtBot, act: Callable[[], object]) -> None:
    with qtbot.waitSignal(pane.settled, timeout=20_000):
        act()


def test_the_comparison_equals_the_walk_at_every_place(
    pane: ComparePane, window: MainWindow, qtbot: QtBot, case: SuiteCase, lookups: list[bool]
) -> None:
    places = session_of(window).places
    for number in (2, 1, 0, 2):
        settle(pane, qtbot, partial(places.choose_probe, number))
        assert sum(lookups) <= number, "the window itself looks up those before its answer, and none of other rules"
        assert answers(pane, number) == walked(case, number)
        assert shown(window, number).items() <= answers(pane, number).items()
        lookups.clear()


def test_an_edited_probe_at_its_place(pane: ComparePane, window: MainWindow, qtbot: QtBot, case: SuiteCase) -> None:
    session = session_of(window)
    settle(pane, qtbot, lambda: session.places.choose_probe(2))
    config = ContainerConfig(Cmd=("step", "0"))
    settle(pane, qtbot, lambda: session.document.set_field("Cmd", config.Cmd))
    assert answers(pane, 2) == walked(case, 2, config)
    assert shown(window, 2).items() <= answers(pane, 2).items()
    settle(pane, qtbot, session.document.undo_stack.undo)
    assert answers(pane, 2) == walked(case, 2)


@pytest.mark.parametrize("edited", [False, True], ids=["", "edited"])
def test_a_chosen_row_is_what_the_window_then_shows(
    pane: ComparePane, window: MainWindow, qtbot: QtBot, case: SuiteCase, *, edited: bool
) -> None:
    session = session_of(window)
    settle(pane, qtbot, lambda: session.places.choose_probe(2))
    if edited:
        settle(pane, qtbot, lambda: session.document.set_field("Cmd", ("step", "0")))
    before, probe, own = answers(pane, 2), session.document.probe, session.cache.rules.name
    for name in (OTHERS, own):
        with qtbot.waitSignal(session.rules_changed, timeout=20_000):
            choose_rules(pane, name)
        qtbot.waitUntil(lambda: session.answer is not None)
        assert shown(window, 2) == {name: before[name]}
        assert answers(pane, 2) == before
        assert not pane._loader.is_busy, "nothing is looked up again"
        assert session.edits.has_current == edited
    assert session.document.probe == probe
    assert session.document.undo_stack.count() == edited


def test_undo_under_other_rules_keeps_their_parent(
    pane: ComparePane, window: MainWindow, qtbot: QtBot, case: SuiteCase
) -> None:
    session = session_of(window)
    settle(pane, qtbot, lambda: session.places.choose_probe(2))
    settle(pane, qtbot, lambda: session.document.set_field("Cmd", ("step", "0")))
    choose_rules(pane, OTHERS)
    qtbot.waitUntil(lambda: session.cache.rules.name == OTHERS and session.answer is not None)
    settle(pane, qtbot, session.document.undo_stack.undo)
    assert session.document.probe.parent == case.images[0].id
    assert not session.edits.has_current
    assert answers(pane, 2) == walked(case, 2)


@pytest.mark.parametrize("case", [CASES["missing layer"]])  # the other one has a single image
def test_supposed_changes_are_compared_in_the_changed_store(
    pane: ComparePane, window: MainWindow, qtbot: QtBot, case: SuiteCase
) -> None:
    session = session_of(window)
    settle(pane, qtbot, lambda: session.places.choose_probe(2))
    settle(pane, qtbot, lambda: window.what_if.suppose(f"remove:{OTHER}"))
    assert session.supposed is not None
    rows = compare(session.store, session.document.probe).rows
    assert answers(pane, 2) == {row.rules.name: answer_of(row.verdict, 2) for row in rows} != walked(case, 2)
    settle(pane, qtbot, window.what_if.leave)
    assert answers(pane, 2) == walked(case, 2)


def test_the_copied_comparison_equals_the_shown_one(pane: ComparePane, window: MainWindow, qtbot: QtBot) -> None:
    settle(pane, qtbot, lambda: session_of(window).places.choose_probe(2))
    with qtbot.waitSignal(pane.copied, timeout=20_000):
        pane.copy("JSON")
    groups = json.loads(QGuiApplication.clipboard().text())["groups"]
    assert {rules: group["outcome"] for group in groups for rules in group["rules"]} == {
        line.rules.name: line.verdict.outcome.value for line in pane.model.lines if line.verdict is not None
    }
    assert [rules for group in groups for rules in group["rules"]] == [line.rules.name for line in pane.model.lines]


class Reported:
    """Stands for the window's report; keeps the progress."""

    def __init__(self) -> None:
        self.progress: list[tuple[int, int | None, str]] = []

    def __call__(self, done: int, total: int | None, what: str) -> None:
        self.progress.append((done, total, what))

    def commit(self) -> None: ...

    def fault(self, error: Exception) -> None:
        raise error

    def part(self, make: Callable[[], object], *, last: bool = False) -> None: ...


@pytest.mark.parametrize("case", [CASES["restored"]])
def test_its_progress_names_the_earlier_probes(case: SuiteCase) -> None:
    walk = Walk(ImageStore(case.images), RULE_SETS[case.rules], case.probes)
    probe, cache = walk.at(STEPS - 1)
    report = Reported()
    lookup = RuleSetLookup(walk.store, (walk, STEPS - 1))
    lookup.looking_up(case.probes[STEPS - 1].probe, row_of(cache, probe))(report)
    many = len(RULE_SETS)
    assert report.progress[:2] == [
        (0, many, f"Finding the deciding checks: 0 of {many} rule sets"),
        (0, many, f"Looking up earlier probe 1: 0 of {many} rule sets"),
    ]
    numbers = [what.split()[4] for _, _, what in report.progress if what.startswith("Looking up earlier probe")]
    assert numbers == [f"{number}:" for number in range(1, STEPS)] * (many - 1)
    assert lookup.is_at(cache.store, (walk, STEPS - 1))
    assert not lookup.is_at(cache.store, (walk, STEPS - 2))
    assert not lookup.is_at(walk.store, None)
    assert not RuleSetLookup(walk.store).is_at(walk.store, (walk, 0))


@pytest.mark.parametrize("case", [CASES["restored"]])
def test_a_canceled_walk_can_be_continued(
    pane: ComparePane, window: MainWindow, qtbot: QtBot, case: SuiteCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, may_go_on = threading.Event(), threading.Event()
    look_up = BuildCache.look_up
    held = list(RULE_SETS.values())[3]
    looked_up: list[str] = []

    def held_up(self: BuildCache, probe: Probe, *more: Any) -> tuple[Probe, Verdict]:
        if threading.current_thread() is not threading.main_thread():
            looked_up.append(self.cache.rules.name)
            if self.cache.rules is held and looked_up.count(held.name) == 3:
                reached.set()
                assert may_go_on.wait(20)
        return look_up(self, probe, *more)

    monkeypatch.setattr(BuildCache, "look_up", held_up)
    session_of(window).places.choose_probe(STEPS - 1)
    qtbot.waitUntil(reached.is_set, timeout=20_000)
    qtbot.waitUntil(pane.head.cancel_button.isVisible, timeout=20_000)
    assert pane.head.progress.isVisible()
    pane.head.cancel_button.click()
    assert pane.head.text.startswith("Canceled: ")
    may_go_on.set()
    settle(pane, qtbot, pane.head.again_button.click)
    assert answers(pane, STEPS - 1) == walked(case, STEPS - 1)
    assert looked_up.count(held.name) == STEPS - 1 + 1
    others = {name for name in RULE_SETS if name not in (case.rules, held.name)}
    assert {looked_up.count(name) for name in others} == {STEPS - 1}, "those with an answer are not walked again"
