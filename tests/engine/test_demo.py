"""The bundled demo shows every verdict and every hazard, and answers as it says."""

from __future__ import annotations

from cacheview.engine import HazardKind, ImageCache, VerdictOutcome, explain, rule_set
from cacheview.engine.judge import judge_verdict
from cacheview.stores.open import open_store


def test_the_demo_shows_every_verdict_and_hazard() -> None:
    (case,) = open_store("demo:").cases
    cache = ImageCache(case.store, rule_set(case.rules))
    explanations = [explain(cache, probe.probe) for probe in case.probes]
    assert {explanation.verdict.outcome for explanation in explanations} == set(VerdictOutcome) - {VerdictOutcome.PANIC}
    assert {hazard.kind for explanation in explanations for hazard in explanation.hazards} == set(HazardKind)
    for probe, explanation in zip(case.probes, explanations, strict=True):
        assert probe.name
        assert probe.note
        assert probe.expect is not None
        assert list(judge_verdict(explanation.verdict, probe.expect)) == []
