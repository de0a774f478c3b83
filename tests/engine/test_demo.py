"""The bundled demo shows every verdict and every hazard, and its probes have the expected verdicts."""

from __future__ import annotations

from cacheview.engine import RULE_SETS, HazardKind, ImageCache, VerdictOutcome, explain
from cacheview.engine.case_results import unmet_expectations
from cacheview.stores.open import open_store

OF_ITS_RULES = {
    HazardKind.FURTHER_STEPS,
    HazardKind.TIE,
    HazardKind.LABEL_WILDCARD,
    HazardKind.JOIN_COLLISION,
    HazardKind.UNCOMPARED_FIELD,
    HazardKind.LOCAL_DISCARDED,
    HazardKind.PULLED_FOR_SCRATCH,
    HazardKind.DIVERGENCE,
}
"""Hazards that can occur under the demo's rules; the others need an upgrade, a load or a restored image."""


def test_the_demo_shows_every_verdict_and_hazard() -> None:
    (case,) = open_store("demo:").cases
    cache = ImageCache(case.store, RULE_SETS[case.rules])
    explanations = [explain(cache, probe.probe) for probe in case.probes]
    assert {explanation.verdict.outcome for explanation in explanations} == set(VerdictOutcome) - {
        VerdictOutcome.PANIC,
        VerdictOutcome.UNKNOWN,
    }
    shown = {hazard.kind for explanation in explanations for hazard in explanation.hazards}
    assert shown >= OF_ITS_RULES
    for probe, explanation in zip(case.probes, explanations, strict=True):
        assert probe.name
        assert probe.note
        assert probe.expect is not None
        assert list(unmet_expectations(explanation.verdict, probe.expect)) == []
