"""Suite cases for each hazard: one that has it, and one that nearly has it. A probe's note names its hazards."""

from __future__ import annotations

from pathlib import Path

import pytest

from cacheview.engine import RULE_SETS, ImageCache, explain
from cacheview.engine.case_results import probe_results
from cacheview.engine.hazard import VERDICT_HAZARDS
from cacheview.model import ImageStore, SuiteCase
from cacheview.stores.suite import read_suite

CASES = [
    case for case in read_suite(Path(__file__).parents[1] / "data" / "hazards.jsonl") if isinstance(case, SuiteCase)
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exactly_the_named_hazards(case: SuiteCase) -> None:
    (reported,) = case.probes
    explanation = explain(ImageCache(ImageStore(case.images), RULE_SETS[case.rules]), reported.probe)
    assert "; ".join(hazard.kind.value for hazard in explanation.hazards) == reported.note
    assert all(hazard.sentence and hazard.advice for hazard in explanation.hazards)
    assert [result.differences for result in probe_results(case)] == [()]


def test_every_hazard_has_a_case_and_one_that_nearly_is_one() -> None:
    named = {kind for case in CASES for kind in case.probes[0].note.split("; ")}
    assert named == {kind.value for kind in VERDICT_HAZARDS} | {""}
    has = {case.name.partition(",")[0] for case in CASES if ", nearly" not in case.name}
    nearly = {case.name.partition(",")[0] for case in CASES if ", nearly" in case.name}
    assert nearly <= has
