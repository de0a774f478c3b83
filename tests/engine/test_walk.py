"""A walk can go to any of its probes in any order; the state before a probe does not depend on earlier visits."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from long_walk import long_walk
from strategies import IDS, LACKED, configs, stores
from vector_cases import VECTORS, some_cases

from cacheview.engine import RULE_SETS, RuleSet
from cacheview.engine import walk as walk_module
from cacheview.engine.build_cache import BuildCache
from cacheview.engine.cache import CarriedState
from cacheview.engine.case_results import answers_to
from cacheview.engine.verdict import Verdict
from cacheview.engine.walk import PREVIOUS, Walk
from cacheview.model import SCRATCH, ImageStore, Probe, SuiteCase, SuiteProbe
from cacheview.model.effort import Effort

some = examples(0.4)
EVERY = 60
"""One in this many recorded cases is tested."""
WALKED = 12

Before = tuple[Probe, ImageStore, CarriedState]


class StoppedError(Exception):
    """The work was canceled."""


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[Probe]:
    """The probes that are looked up, one after another."""
    probes: list[Probe] = []
    look_up = BuildCache.look_up

    def noted(self: BuildCache, probe: Probe, *more: Any) -> tuple[Probe, Verdict]:
        probes.append(probe)
        return look_up(self, probe, *more)

    monkeypatch.setattr(BuildCache, "look_up", noted)
    return probes


def one_after_another(
    store: ImageStore, rules: RuleSet, probes: Sequence[SuiteProbe]
) -> Iterator[tuple[Before, Verdict]]:
    """Yield each probe with the store and the state before it, and its answer."""
    build_cache = BuildCache(store, rules, probes[0].cache_from or () if probes else ())
    previous = SCRATCH
    for suite_probe in probes:
        cache, probe = build_cache.cache, suite_probe.probe
        if probe.parent == PREVIOUS:
            probe = probe.model_copy(update={"parent": previous})
        probe, verdict = build_cache.look_up(probe)
        previous = verdict.image.id if verdict.image is not None else previous
        yield (probe, cache.store, cache.carried), verdict
    assert build_cache.effects.applied(store) == build_cache.cache.store, "all effects at once give another store"


def before(walk: Walk, number: int) -> Before:
    probe, cache = walk.at(number)
    return probe, cache.store, cache.carried


def of_case(case: SuiteCase) -> Walk:
    return Walk(ImageStore(case.images, layer_content=case.layer_content), RULE_SETS[case.rules], case.probes)


suite_probes = st.builds(
    SuiteProbe,
    parent=st.sampled_from([PREVIOUS, PREVIOUS, "", *IDS, LACKED]),
    config=configs,
    cache_from=st.none() | st.lists(st.sampled_from([*IDS, *"abcdef"]), max_size=2).map(tuple),
)


@given(
    stores(),
    st.lists(suite_probes, min_size=1, max_size=5),
    st.sampled_from(list(RULE_SETS.values())),
    st.lists(st.integers(0, 4), min_size=1, max_size=6),
    st.sampled_from([0, 1_000_000]),
)
@some
def test_walk_answers_do_not_depend_on_the_lookup_order(
    store: ImageStore, probes: list[SuiteProbe], rules: RuleSet, order: list[int], most: int
) -> None:
    expected = list(one_after_another(store, rules, probes))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(walk_module, "_MAX_IMAGES", most)
        walk = Walk(store, rules, probes)
        for number in order:
            number = min(number, len(probes) - 1)
            assert before(walk, number) == expected[number][0]
            assert walk.answers_before(number) == [(known[0], verdict) for known, verdict in expected[:number]]
    assert list(answers_to(store, rules, probes, walk=True)) == [(known[0], verdict) for known, verdict in expected]


@pytest.mark.slow
@pytest.mark.parametrize("most", [0, 1_000_000])
def test_recorded_walks_give_the_same_verdicts_in_both_directions(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_module, "_MAX_IMAGES", most)
    restored = moved = 0
    for path in VECTORS:
        for case in (case for case in some_cases(path, EVERY) if case.walk):
            walk = of_case(case)
            expected = list(one_after_another(walk.store, walk.rules, case.probes))
            for number in (*reversed(range(len(expected))), *range(len(expected))):
                assert before(walk, number) == expected[number][0], (case.name, number)
            for _, verdict in expected[:-1]:
                restored += verdict.is_new
                moved += bool(verdict.set_parent)
    assert restored > WALKED
    assert moved > WALKED


@pytest.mark.parametrize("most", [0, 1_000_000])
def test_each_probe_is_looked_up_once(most: int, looked_up: list[Probe], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_module, "_MAX_IMAGES", most)
    walk = of_case(long_walk(9))
    for number, count in ((5, 5), (6, 6), (2, 6), (5, 6), (0, 6), (8, 8), (7, 8)):
        walk.at(number)
        assert len(looked_up) == count
    assert len(walk.answers_before(8)) == 8
    assert len(looked_up) == 8


def test_a_large_walk_keeps_the_most_recently_used_states(monkeypatch: pytest.MonkeyPatch) -> None:
    case = long_walk(9, others=20)
    monkeypatch.setattr(walk_module, "_MAX_IMAGES", 3 * (len(case.images) + len(case.probes)))
    walk = of_case(case)
    assert [walk.distance(number) for number in (0, 8)] == [0, 8]
    walk.at(8)
    assert [walk.distance(number) for number in (0, 5, 6, 7, 8)] == [0, 5, 0, 0, 0]
    walk.at(6)
    walk.at(1)
    assert [walk.distance(number) for number in (1, 6, 7, 8)] == [0, 0, 1, 0]


def test_a_walk_reuses_the_store_if_no_probe_changed_it() -> None:
    case = long_walk(3)
    stranger = case.probes[0].model_copy(update={"parent": SCRATCH, "config": case.probes[2].config})
    walk = of_case(case.model_copy(update={"probes": (stranger, *case.probes)}))
    stores = [walk.at(number)[1].store for number in range(4)]
    assert stores[0] is walk.store
    assert [one is other for one, other in pairwise(stores)] == [True, False, False]
    assert walk.at(2)[1].store is stores[2]


def test_a_walk_does_not_reuse_a_used_cache() -> None:
    walk = of_case(long_walk(3))
    probe, cache = walk.at(2)
    cache.verdict(probe)
    assert walk.at(2)[1] is not cache


def test_a_canceled_walk_resumes_where_it_stopped(looked_up: list[Probe]) -> None:
    walk = of_case(long_walk(9))

    def stop() -> None:
        if len(looked_up) == 5:
            raise StoppedError

    with pytest.raises(StoppedError), Effort(check_canceled=stop).spent():
        walk.at(8)
    assert walk.distance(8) == 8 - 4, "the canceled lookup must be repeated"
    here = before(walk, 8)
    assert len(looked_up) == 5 + 4
    assert here == before(of_case(long_walk(9)), 8)


def test_a_walk_does_not_wait_for_lookups_of_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    walk, look_up = of_case(long_walk(9)), BuildCache.look_up
    walk.at(3)
    waits, may_go_on = threading.Event(), threading.Event()

    def held_up(self: BuildCache, probe: Probe, *more: Any) -> tuple[Probe, Verdict]:
        if threading.current_thread() is not threading.main_thread():
            waits.set()
            assert may_go_on.wait(10)
        return look_up(self, probe, *more)

    monkeypatch.setattr(BuildCache, "look_up", held_up)
    results: list[Before] = []
    other = threading.Thread(target=lambda: results.append(before(walk, 6)))
    other.start()
    assert waits.wait(10)
    assert walk.distance(3) == 0
    here = before(walk, 8)
    may_go_on.set()
    other.join()
    assert results == [before(walk, 6)]
    assert here == before(of_case(long_walk(9)), 8)
    assert len(walk.answers_before(8)) == 8


def test_the_state_of_layers_is_carried_on() -> None:
    case = long_walk(3)
    missing = {case.images[0].diff_ids[0]: "missing"}
    walk = of_case(case.model_copy(update={"layer_content": missing}))
    assert [walk.at(number)[1].store.layer_content for number in (0, 2)] == [missing, missing]
