"""All answers of the daemon's own code (moby 71ebfc7) for random stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from cacheview.engine import CONTAINERD_71EBFC7, ImageCache, VerdictOutcome, explain
from cacheview.engine.case_results import probe_results
from cacheview.model import DataError, ImageStore, SuiteCase
from cacheview.stores.suite import read_suite

VECTORS = Path(__file__).parents[1] / "data" / "containerd-71ebfc7.jsonl.gz"


@pytest.fixture(scope="module")
def cases() -> list[SuiteCase]:
    read = list(read_suite(VECTORS))
    assert not [case for case in read if isinstance(case, DataError)]
    return [case for case in read if isinstance(case, SuiteCase)]


def test_every_probe_answers_as_the_daemon_did(cases: list[SuiteCase]) -> None:
    results = [(case, result) for case in cases for result in probe_results(case)]
    assert len(results) == 2192
    assert [(case.name, j.index, j.differences) for case, j in results if not j.passed] == []


@pytest.mark.slow
def test_complete_traces_and_edits_can_be_computed(cases: list[SuiteCase]) -> None:
    for case in cases[::4]:
        cache = ImageCache(ImageStore(case.images), CONTAINERD_71EBFC7)
        for suite_probe in case.probes:
            explanation = explain(cache, suite_probe.probe)
            reported = explanation.trace
            made = [check for stage in reported.stages for subject in stage.subjects for check in subject.checks]
            assert len(made) >= sum(len(stage.subjects) for stage in reported.stages)
            if explanation.verdict.outcome is VerdictOutcome.MISS and explanation.edit is not None:
                assert cache.verdict(explanation.edit.probe).outcome is VerdictOutcome.HIT


def test_an_answer_that_is_not_expected_is_reported(cases: list[SuiteCase]) -> None:
    case = next(case for case in cases if any(p.expect and p.expect.outcome == "hit" for p in case.probes))
    index = next(i for i, p in enumerate(case.probes) if p.expect and p.expect.outcome == "hit")
    wrong = case.probes[index]
    assert wrong.expect is not None
    probes = list(case.probes)
    probes[index] = wrong.model_copy(update={"expect": wrong.expect.model_copy(update={"image": "sha256:0"})})
    judged = list(probe_results(case.model_copy(update={"probes": tuple(probes)})))
    assert [j.index for j in judged if not j.passed] == [index]
    assert "expected sha256:0" in judged[index].differences[0]
    probes[index] = wrong.model_copy(update={"sources": ("sha256:1",)})
    judged = list(probe_results(case.model_copy(update={"probes": tuple(probes)})))
    assert [j.index for j in judged if not j.passed] == [index]
    assert "sources" in judged[index].differences[0]


def test_rules_that_are_not_known_fail_every_probe(cases: list[SuiteCase]) -> None:
    case = cases[0].model_copy(update={"rules": "podman-1"})
    judged = list(probe_results(case))
    assert len(judged) == len(case.probes)
    assert not any(j.passed for j in judged)
    assert all(j.passed for j in probe_results(case, CONTAINERD_71EBFC7))
