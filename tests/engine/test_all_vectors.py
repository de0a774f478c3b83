"""The answers of every release's own code, for random stores and for one tiny case per quirk."""

from __future__ import annotations

from pathlib import Path

import pytest
from vector_cases import VECTORS, rule_set_of

from cacheview.engine import RULE_SETS, ImageCache, VerdictOutcome, explain
from cacheview.engine.case_results import probe_results
from cacheview.engine.check import CheckOutcome
from cacheview.engine.index import CandidateIndex
from cacheview.model import ImageStore, Probe, SuiteCase
from cacheview.report.explanation_objects import as_object
from cacheview.stores.suite import read_suite

DATA = Path(__file__).parents[1] / "data"
QUIRKS = sorted((DATA / "quirks").glob("*.jsonl.gz"))
EVERY = 28
"""One in this many cases has its explanations tested. The tests use different cases."""


@pytest.fixture(scope="module", params=[*VECTORS, *QUIRKS], ids=rule_set_of)
def cases(request: pytest.FixtureRequest) -> list[SuiteCase]:
    """The cases of one rule set, read once for all its tests."""
    read = list(read_suite(request.param))
    assert all(isinstance(case, SuiteCase) for case in read)
    return [case for case in read if isinstance(case, SuiteCase)]


def test_there_are_vectors_for_every_rule_set() -> None:
    names = set(map(rule_set_of, VECTORS))
    assert names | {"containerd-71ebfc7"} == set(RULE_SETS)
    assert {rule_set_of(path).removeprefix("quirks-") for path in QUIRKS} == names


def test_every_probe_answers_as_the_daemon_did(cases: list[SuiteCase]) -> None:
    for case in cases:
        judged = list(probe_results(case))
        assert [(case.name, each.index, each.differences) for each in judged if not each.passed] == []
        for reported, each in zip(case.probes, judged, strict=True):
            assert reported.expect is not None
            assert each.verdict is not None
            # Effects that are not recorded did not happen.
            assert bool(reported.expect.set_parent) == bool(each.verdict.set_parent)
            assert (reported.expect.created is not None) == each.verdict.is_new


def test_every_verdict_is_explained_by_its_trace(cases: list[SuiteCase]) -> None:
    for case in cases[::EVERY]:
        cache = ImageCache(ImageStore(ImageStore.unique(case.images)[0]), RULE_SETS[case.rules])
        for reported in case.probes:
            assert_explained(cache, reported.probe.model_copy(update={"parent": reported.parent.replace("@prev", "")}))


def test_tables_and_single_comparisons_find_the_same_matches(cases: list[SuiteCase]) -> None:
    for case in cases[::8]:
        images, rules = ImageStore.unique(case.images)[0], RULE_SETS[case.rules]
        found, compared = (
            CandidateIndex(images, rules, compare_up_to=0),
            CandidateIndex(images, rules, compare_up_to=len(images)),
        )
        once = CandidateIndex(images, rules, compare_up_to=0, once=True)
        for reported in case.probes:
            assert found.matches(reported.probe) == once.matches(reported.probe) == compared.matches(reported.probe)


def test_a_single_use_cache_gives_the_same_explanation(cases: list[SuiteCase]) -> None:
    for case in cases[EVERY // 2 :: EVERY] or cases:
        store, rules = ImageStore(ImageStore.unique(case.images)[0]), RULE_SETS[case.rules]
        many = ImageCache(store, rules)
        for reported in case.probes[::3]:
            expected = explain(many, reported.probe)
            found = explain(ImageCache(store, rules, once=True), reported.probe)
            assert as_object(found, everything=True) == as_object(expected, everything=True)


def assert_explained(cache: ImageCache, probe: Probe) -> None:
    explanation = explain(cache, probe)
    trace, verdict = explanation.trace, explanation.verdict
    assert explanation.sentence
    if verdict.outcome is VerdictOutcome.HIT:
        assert verdict.stage is not None
        assert verdict.image is not None
        used = trace.subject(verdict.stage, verdict.only_source or verdict.image)
        assert used is not None
        assert used.outcome is CheckOutcome.PASSED
        assert {check.outcome for check in used.checks} <= {CheckOutcome.PASSED, CheckOutcome.NOT_COMPARED}
    for stage in trace.stages:
        for subject in stage.subjects:
            if subject.outcome is not CheckOutcome.NOT_REACHED:
                assert (subject.deciding is None) == (subject.outcome is CheckOutcome.PASSED)
    if verdict.outcome is VerdictOutcome.MISS and explanation.edit is not None:
        assert cache.verdict(explanation.edit.probe).outcome is VerdictOutcome.HIT
