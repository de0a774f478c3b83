"""What is certain in a store that does not report everything is the same in a store that does."""

from __future__ import annotations

import naive
import pytest
from blurring import blurred, lively
from examples import examples
from hypothesis import event, given
from hypothesis import strategies as st
from strategies import stores_with_probe

from cacheview.engine import CONTAINERD_71EBFC7, RULE_SETS, CheckOutcome, Explanation, ImageCache, Trace, explain
from cacheview.engine.verdict import StageKind
from cacheview.model import ImageStore, Probe

pytestmark = pytest.mark.slow

many = examples(1.5)


@st.composite
def blurred_cases(draw: st.DrawFn) -> tuple[ImageStore, ImageStore, Probe]:
    """Draw a complete store, the same store blurred, and a probe."""
    exact, probe = draw(lively() if draw(st.integers(0, 3)) else stores_with_probe())
    return exact, draw(blurred(exact)), probe


def explained(store: ImageStore, probe: Probe) -> Explanation:
    return explain(ImageCache(store, CONTAINERD_71EBFC7), probe)


def local_of(trace: Trace) -> str:
    """Return the ID of the local cache's answer, or an empty text if it has none."""
    return trace.verdict.local.id if trace.verdict.local is not None else ""


@given(blurred_cases())
@many
def test_certain_answers_and_checks_equal_those_of_the_complete_store(
    case: tuple[ImageStore, ImageStore, Probe],
) -> None:
    exact, reported, probe = case
    explanation = explained(reported, probe)
    verdict = explanation.verdict
    doubtful = any(image.doubts for image in reported.images)
    certain = not explanation.doubt_counts
    event(
        f"{'doubts' if doubtful else 'exact'}, {'certain' if certain else 'not certain'}, {verdict.outcome.value}"
        + (" with sources" if probe.cache_from else "")
    )
    if certain:
        assert (verdict.outcome.value, verdict.image.id if verdict.image else None) == naive.answer(exact, probe)
    else:
        assert doubtful
        assert all(doubted.images >= 1 for doubted in explanation.doubt_counts)
        assert len(set(explanation.doubts)) == len(explanation.doubts)
    assert_certain_checks(explained(exact, probe).trace, explanation.trace, probe)


@given(blurred_cases(), st.sampled_from(sorted(RULE_SETS)))
@many
def test_certain_verdicts_are_true_for_every_rule_set(case: tuple[ImageStore, ImageStore, Probe], name: str) -> None:
    exact, reported, probe = case
    explanation = explain(ImageCache(reported, RULE_SETS[name]), probe)
    verdict, true = explanation.verdict, ImageCache(exact, RULE_SETS[name]).verdict(probe)
    event(f"{'not certain' if explanation.doubt_counts else 'certain'}, {verdict.outcome.value}")
    if not explanation.doubt_counts:
        assert verdict.outcome is true.outcome
        assert (verdict.image and verdict.image.id) == (true.image and true.image.id)


def assert_certain_checks(whole: Trace, part: Trace, probe: Probe) -> None:
    """Compare the certain checks of every candidate and source that both stores have, by name."""
    for stage in part.stages[:1] if not probe.cache_from else part.stages[1:]:
        for subject in stage.subjects:
            other = whole.subject(stage.kind, subject.image)
            if other is None:
                continue
            outcomes = {check.name: check for check in other.checks}
            for check in subject.checks:
                twin = outcomes.get(check.name)
                if check.doubts or twin is None or check.name == "newest":
                    continue
                if stage.kind is StageKind.DESCENT and local_of(part) != local_of(whole):
                    continue  # not comparable: the stores have different local matches
                if check.outcome is CheckOutcome.FAILED and twin.outcome is CheckOutcome.PASSED:
                    # Doubtful values may change earlier comparisons, but never this one.
                    raise AssertionError(f"{check.name} certainly failed, but passes in the complete store")
                if check.outcome is CheckOutcome.PASSED and twin.outcome is CheckOutcome.FAILED:
                    raise AssertionError(f"{check.name} certainly passed, but fails in the complete store")


@given(stores_with_probe())
@examples(1)
def test_without_doubts_everything_is_certain(case: tuple[ImageStore, Probe]) -> None:
    explanation = explained(*case)
    assert explanation.doubt_counts == ()
    assert explanation.doubts == ()
    for stage in explanation.trace.stages:
        assert not any(check.doubts for check in stage.checks)
        for subject in stage.subjects:
            assert not subject.doubts
            assert not any(part.doubts for check in subject.checks for part in (check, *check.children))
