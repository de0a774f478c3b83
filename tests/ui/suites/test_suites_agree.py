"""The window answers each probe of any suite as ``cacheview check`` does, whichever way leads to it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from long_walk import long_walk
from random_suites import cases, go, loaded, opened, reloaded, shown, write
from suites_kit import Silent

from cacheview.cases import DaemonBasis, daemon_known, rules_named
from cacheview.engine import RULE_SETS, RuleSet
from cacheview.engine.cache import NEW_ID
from cacheview.engine.case_results import differences_from, probe_results
from cacheview.engine.expectation import case_of, expectation_of
from cacheview.engine.verdict import Verdict
from cacheview.model import ContainerConfig, Expectation, Probe, SuiteCase, SuiteProbe
from cacheview.model.suite import Outcome
from cacheview.stores.open import open_store
from cacheview.stores.save import suite_line
from cacheview.ui.session import Session
from cacheview.ui.suites.add_dialog import SuiteAddition
from cacheview.ui.suites.adding import add_work, case_before


def expected(case: SuiteCase, number: int, rules: RuleSet) -> Verdict:
    verdict = list(probe_results(case, rules))[number].verdict
    assert verdict is not None
    return verdict


def demand(session: Session, suite: Sequence[SuiteCase], rules: RuleSet | None = None) -> None:
    """Demand what ``check`` finds at the place that is shown, with ``rules`` or else those of the case."""
    case, number = suite[session.case_number], session.probe_number
    own = daemon_known(session.case).rules
    assert session.cache.rules is (rules or own)
    verdict = expected(case, number, rules or own)
    assert shown(session) == verdict
    assert session.answer is not None
    probe, differences = case.probes[number], session.answer.differences
    if probe.expect is None or not is_for(case, rules or own):
        assert differences is None
    else:
        assert differences == tuple(differences_from(probe, verdict))
        if rules is None:
            assert differences == list(probe_results(case))[number].differences


def is_for(case: SuiteCase, rules: RuleSet) -> bool:
    return case.rules != "graphdriver-99.0" and rules_named(case.rules).rules is rules


def places(suite: Sequence[SuiteCase]) -> Iterator[tuple[int, int]]:
    for case, each in enumerate(suite):
        yield from ((case, number) for number in range(len(each.probes)))


@given(st.lists(cases(), min_size=1, max_size=2), st.data())
@examples(0.3)
def test_the_window_agrees_at_each_place(suite: list[SuiteCase], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        write(path, suite)
        session = opened(path)
        demand(session, suite)
        every = list(places(suite))
        for place in (*every, *reversed(every), data.draw(st.sampled_from(every))):
            go(session, place)
            demand(session, suite)
        rules = RULE_SETS[data.draw(st.sampled_from(list(RULE_SETS)))]
        case = session.case_number
        session.choose_rules(rules.name)
        demand(session, suite, rules)
        if data.draw(st.booleans()):
            session.reload(reloaded(path, session))
            demand(session, suite, rules)
        if len(suite) == 1 or data.draw(st.booleans()):
            session.choose_rules("")
        else:  # each case has its own rules again when the user comes to it
            go(session, (1 - case, 0))
            demand(session, suite)
            go(session, (case, 0))
        demand(session, suite)
        changed = [*reversed(suite)] if data.draw(st.booleans()) else suite[:1]
        write(path, changed)
        session.reload(reloaded(path, session))
        demand(session, changed)


@given(cases(), st.data())
@examples(0.3)
def test_what_is_saved_or_added_to_a_suite_has_the_same_answers(case: SuiteCase, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, copy, added = Path(folder, "a.jsonl"), Path(folder, "b.jsonl"), Path(folder, "c.jsonl")
        write(path, [case])
        session = opened(path)
        rules = session.cache.rules
        (read,) = open_store(path).cases
        copy.write_text("".join(suite_line(read, rules=session.daemon.name)))
        if not case.walk:
            (again,) = open_store(copy).cases
            assert again == replace(
                read, name=again.name, is_named=again.is_named, rules=again.rules, store=again.store
            )
            assert again.store == replace(
                read.store, title=again.store.title, location=again.store.location, rules=again.store.rules
            )
            assert daemon_known(again).rules is rules
        go(session, (0, data.draw(st.integers(0, len(case.probes) - 1))))
        assert session.answer is not None
        addition = SuiteAddition(session.store, case_before(session), session.answer.explanation)
        verdict, probe = addition.explanation.verdict, addition.explanation.trace.probe
        made = case_of(addition.case, probe, verdict, expectation_of(verdict, probe))
        assert add_work(str(added), made, ())(Silent()) == (str(added), 1)


STEP = long_walk(3)
RELEASE = "Docker 29.x containerd"


def test_a_case_for_a_release_has_its_expectations(tmp_path: Path) -> None:
    own = (expecting("hit", NEW_ID), expecting("miss"))
    case = STEP.model_copy(update={"rules": RELEASE, "walk": False, "probes": own})
    write(tmp_path / "a.jsonl", [case])
    session = opened(tmp_path / "a.jsonl")
    found = [result.differences for result in probe_results(case)]
    assert bool(found[0]) != bool(found[1])
    for number in range(2):
        session.places.choose_probe(number)
        assert session.answer is not None
        assert session.answer.differences == found[number]


def expecting(outcome: Outcome, image: str | None = None) -> SuiteProbe:
    """The first step, on its own."""
    expect = Expectation(outcome=outcome, image=image)
    return STEP.probes[0].model_copy(update={"parent": "", "expect": expect})


def test_expected_sources_are_compared(tmp_path: Path) -> None:
    probe = expecting("hit", NEW_ID).model_copy(update={"sources": ("sha256:no",)})
    case = STEP.model_copy(update={"probes": (probe,)})
    write(tmp_path / "a.jsonl", [case])
    session = opened(tmp_path / "a.jsonl")
    assert session.answer is not None
    (difference,) = [each for each in session.answer.differences or () if "sources" in each]
    assert difference in next(probe_results(case)).differences


@pytest.mark.parametrize("number", [0, 1])
def test_a_reload_shows_the_probe_that_the_suite_has_now(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a.jsonl"
    case = STEP.model_copy(update={"walk": False, "probes": (expecting("hit", NEW_ID), expecting("hit", NEW_ID))})
    write(path, [case])
    session = opened(path)
    session.places.choose_probe(number)
    other = SuiteProbe(config=ContainerConfig(Cmd=("another",)), expect=Expectation(outcome="miss"))
    changed = case.model_copy(update={"probes": (other,)})
    write(path, [changed])
    session.reload(loaded(path))
    assert session.document.probe == other.probe
    demand(session, [changed])
    assert not session.edits.places


def test_a_reload_keeps_an_edited_probe_without_the_expectation_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    case = STEP.model_copy(update={"walk": False, "probes": (expecting("hit", NEW_ID),)})
    write(path, [case])
    session = opened(path)
    session.document.set_field("User", "me")
    edited = session.document.probe
    write(path, [case.model_copy(update={"probes": (SuiteProbe(expect=Expectation(outcome="miss")),)})])
    session.reload(loaded(path))
    assert session.document.probe == edited
    assert session.answer is not None
    assert session.answer.differences is None
    session.document.undo_stack.undo()
    assert session.document.probe == Probe()
    assert session.answer.differences is not None


def test_a_reload_at_another_case_uses_the_rules_that_it_names_now(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    one, other = (STEP.model_copy(update={"rules": rules}) for rules in ("containerd-29", "graphdriver-29"))
    write(path, [one, one])
    session = opened(path)
    go(session, (1, 1))
    write(path, [one, other])
    session.reload(loaded(path))
    demand(session, [one, other])
    session.choose_rules("containerd-28.5.2")
    session.reload(loaded(path))
    demand(session, [one, other], RULE_SETS["containerd-28.5.2"])


@pytest.mark.parametrize("number", [0, 1])
def test_a_choice_of_rules_ends_when_another_case_is_chosen(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a.jsonl"
    suite = [STEP, STEP.model_copy(update={"rules": RELEASE})]
    write(path, suite)
    session = opened(path)
    go(session, (number, 0))
    session.choose_rules("graphdriver-24.0.7")
    session.reload(reloaded(path, session))
    demand(session, suite, RULE_SETS["graphdriver-24.0.7"])
    go(session, (1 - number, 0))
    go(session, (number, 0))
    demand(session, suite)
    session.reload(reloaded(path, session))
    demand(session, suite)


def test_the_rules_of_the_case_can_be_chosen_again(tmp_path: Path) -> None:
    """They are then those that the case names when it is read again, also if the choice names the same release."""
    path = tmp_path / "a.jsonl"
    release, other = (STEP.model_copy(update={"rules": rules}) for rules in (RELEASE, "graphdriver-29"))
    write(path, [release])
    session = opened(path)
    session.choose_rules(RELEASE)
    write(path, [other])
    session.reload(reloaded(path, session))
    demand(session, [other], RULE_SETS["containerd-29"])
    session.choose_rules("")
    demand(session, [other])
    write(path, [release])
    session.reload(reloaded(path, session))
    demand(session, [release])
    assert session.daemon.basis is DaemonBasis.CASE
