"""In a walk, each rule set answers where it got to by itself: what it hit, restored and recorded on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from long_walk import long_walk
from missing_layer import missing_layer
from strategies import IDS, LACKED, configs, stores

from cacheview.engine import RULE_SETS, RuleSet, rule_set_caches
from cacheview.engine.build_cache import BuildCache, with_new_id
from cacheview.engine.matrix import compare
from cacheview.engine.rule_set_caches import WalkCaches
from cacheview.engine.verdict import Verdict
from cacheview.engine.walk import PREVIOUS, Walk, answers_in_walk
from cacheview.model import ContainerConfig, ImageStore, Probe, SuiteCase, SuiteProbe

some = examples(0.2)
CASES = [long_walk(3), missing_layer(walk=True)]
LIMITS = [0, 30, 1_000_000]
"""The most references to images in the walks that are kept: of none, of some rule sets, and of all."""

suite_probes = st.builds(
    SuiteProbe,
    parent=st.sampled_from([PREVIOUS, PREVIOUS, "", *IDS, LACKED]),
    config=configs,
    cache_from=st.none() | st.lists(st.sampled_from([*IDS, *"abcdef"]), max_size=2).map(tuple),
)


def store_of(case: SuiteCase) -> ImageStore:
    return ImageStore(case.images, layer_content=case.layer_content)


def first_walk(case: SuiteCase) -> Walk:
    return Walk(store_of(case), RULE_SETS[case.rules], case.probes)


def compared(caches: WalkCaches, probe: Probe) -> dict[str, Verdict]:
    """The verdict of each rule set, with the id of a new image as in a walk."""
    rows = compare(caches.store, probe, caches=caches).rows
    return {row.rules.name: with_new_id(row.verdict, caches.number) for row in rows}


def walked(store: ImageStore, probes: Sequence[SuiteProbe], number: int) -> dict[str, Verdict]:
    """The same, from a walk of each rule set."""
    return {
        name: list(answers_in_walk(store, rules, probes[: number + 1]))[number][1] for name, rules in RULE_SETS.items()
    }


@pytest.fixture(params=LIMITS)
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(rule_set_caches, "_MAX_KEPT_IMAGES", request.param)
    return int(request.param)


@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize("case", CASES, ids=["restored", "missing layer"])
def test_each_row_is_the_answer_in_a_walk_under_its_rules(case: SuiteCase) -> None:
    walk = first_walk(case)
    caches = WalkCaches(walk, 0)
    for number in (2, 1, 0, 2):
        caches = WalkCaches(walk, number, caches)
        expected = walked(walk.store, case.probes, number)
        for _ in range(2):
            assert compared(caches, case.probes[number].probe) == expected
    alone = compare(walk.at(2)[1].store, walk.at(2)[0])
    assert {row.rules.name: with_new_id(row.verdict, 2) for row in alone.rows} != expected, "others walk elsewhere"


@given(stores(), st.lists(suite_probes, min_size=1, max_size=4), st.sampled_from(list(RULE_SETS.values())))
@some
def test_each_row_equals_a_walk_under_its_rules_in_any_store(
    store: ImageStore, probes: list[SuiteProbe], rules: RuleSet
) -> None:
    number = len(probes) - 1
    walk = Walk(store, rules, probes)
    asked = probes[number].probe.model_copy(update={"cache_from": walk.at(0)[0].cache_from})
    assert compared(WalkCaches(walk, number), asked) == walked(store, probes, number)


@pytest.mark.usefixtures("limit")
def test_an_edited_probe_is_looked_up_at_its_place() -> None:
    case = long_walk(3)
    walk = first_walk(case)
    edited = case.probes[1].model_copy(update={"config": ContainerConfig(Cmd=("edited",))})
    probes = (*case.probes[:2], edited)
    assert compared(WalkCaches(walk, 2), edited.probe) == walked(walk.store, probes, 2)


def test_a_parent_that_was_chosen_is_the_same_for_all() -> None:
    case = long_walk(3)
    walk = first_walk(case)
    chosen = case.probes[2].model_copy(update={"parent": case.images[0].id})
    assert compared(WalkCaches(walk, 2), chosen.probe) == walked(walk.store, (*case.probes[:2], chosen), 2)


def test_groups_explain_the_answer_of_their_first_rule_set() -> None:
    case = long_walk(3)
    caches = WalkCaches(first_walk(case), 2)
    for group in compare(caches.store, case.probes[2].probe, caches=caches).groups:
        assert group.explanation.verdict == group.verdict
        assert group.cache.rules is group.rows[0].rules
        assert group.probe.parent != PREVIOUS


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[Probe]:
    """The earlier probes that are looked up."""
    probes: list[Probe] = []
    look_up = BuildCache.look_up

    def noted(self: BuildCache, probe: Probe, *more: Any) -> tuple[Probe, Verdict]:
        probes.append(probe)
        return look_up(self, probe, *more)

    monkeypatch.setattr(BuildCache, "look_up", noted)
    return probes


def test_small_walks_are_kept_and_large_ones_are_repeated(limit: int, looked_up: list[Probe]) -> None:
    case = long_walk(6)
    walk = first_walk(case)
    caches = WalkCaches(walk, 3)
    kept = min(len(RULE_SETS), limit // 7)
    compare(walk.store, case.probes[3].probe, caches=caches)
    assert len(looked_up) == 3 * len(RULE_SETS)
    compare(walk.store, case.probes[3].probe, caches=caches)
    compare(walk.store, case.probes[5].probe, caches=WalkCaches(walk, 5, caches))
    again = len(RULE_SETS) - kept
    assert len(looked_up) == 3 * len(RULE_SETS) + 3 * again + 2 * kept + 5 * again


@pytest.mark.usefixtures("limit")
def test_approaching_a_place_yields_the_progress(looked_up: list[Probe]) -> None:
    case = long_walk(6)
    walk = first_walk(case)
    caches, rules = WalkCaches(walk, 5), RULE_SETS["containerd-29"]
    counts = [(done, len(looked_up)) for done in caches.approach(rules)]
    assert counts == [(done, done) for done in range(5)]
    cache, probe = caches.lookup(rules, case.probes[5].probe)
    assert len(looked_up) == 5
    assert (cache.store, probe) == (Walk(walk.store, rules, case.probes).at(5)[1].store, walk.at(5)[0])


def test_an_existing_walk_is_used(looked_up: list[Probe]) -> None:
    case = long_walk(6)
    walk = first_walk(case)
    walk.at(5)
    caches = WalkCaches(walk, 5)
    caches.add(walk)
    assert list(caches.approach(walk.rules)) == []
    assert caches.cache(walk.rules) is caches.cache(walk.rules)
    assert len(looked_up) == 5
    assert caches.is_in(walk)
    assert not caches.is_in(first_walk(case))
    assert not caches.is_in(None)
