"""Under every rule set, the daemon's answer is among the possible ones in a store that does not report everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from blurring import DOUBTS, to_the_second, with_doubt, without_config
from vector_cases import VECTORS, rule_set_of, some_cases

from cacheview.engine import RULE_SETS, CheckOutcome, ImageCache, RuleSet, StageKind, VerdictOutcome, explain
from cacheview.engine.candidate import candidate_checks, membership
from cacheview.engine.index import CandidateIndex
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.stage_check import Certainty, conjunction
from cacheview.model import Image, ImageStore, Probe, StoreKind, SuiteCase

EVERY = 10
"""One in this many cases is tested."""


def unmarked(image: Image) -> Image:
    return with_doubt(image, "built_locally", built_locally=False)


def coarse(image: Image) -> Image:
    """Reduce times to whole seconds and remove authors, as the API reports a history."""
    history = tuple(
        each.model_copy(update={"created": to_the_second(each.created), "author": ""}) for each in image.history
    )
    return with_doubt(with_doubt(image, "history.created", {"history": history}), "history.author")


def orphaned(image: Image) -> Image:
    return with_doubt(image, "parent", parent=None)


def rootless(image: Image) -> Image:
    return with_doubt(image, "from_scratch", from_scratch=False)


def through_the_api(image: Image) -> Image:
    return coarse(without_config(rootless(unmarked(image))))


BLURS: list[Callable[[Image], Image]] = [unmarked, without_config, coarse, orphaned, rootless, through_the_api]


@pytest.fixture(scope="module", params=VECTORS, ids=rule_set_of)
def cases(request: pytest.FixtureRequest) -> list[SuiteCase]:
    """The cases of one rule set, read once for all its tests."""
    return some_cases(request.param, EVERY)


def assert_possible(rules: RuleSet, images: tuple[Image, ...], probe: Probe, truth: KnownCache) -> VerdictOutcome:
    verdict = ImageCache(ImageStore(images), rules).verdict(probe)
    true = truth.as_known(probe)
    if verdict.unknown is None:
        assert verdict.outcome is true.outcome
        assert (verdict.image and verdict.image.id) == (true.image and true.image.id)
        return verdict.outcome
    assert true.outcome in verdict.unknown.outcomes
    if true.image is not None:
        assert verdict.unknown.may_hit_others or true.image.id in {image.id for image in verdict.unknown.images}
    assert verdict.unknown.doubts
    return verdict.outcome


@pytest.mark.parametrize("blur", BLURS, ids=lambda blur: blur.__name__)
def test_the_recorded_verdict_is_always_among_the_possible_ones(
    cases: list[SuiteCase], blur: Callable[[Image], Image]
) -> None:
    """Each blur is tested with half of the cases, and the next one with the other half."""
    reported: Counter[VerdictOutcome] = Counter()
    for case in cases[BLURS.index(blur) % 2 :: 2]:
        rules = RULE_SETS[case.rules]
        exact = ImageStore.unique(case.images)[0]
        truth = ImageCache(ImageStore(exact), rules)
        images = tuple(blur(image) for image in exact)
        for each in case.probes:
            probe = each.probe.model_copy(update={"parent": each.parent.replace("@prev", "")})
            reported[assert_possible(rules, images, probe, truth)] += 1
    assert reported.total() > 50


def test_tables_and_single_comparisons_agree_on_possible_matches(cases: list[SuiteCase]) -> None:
    for case in cases[::4]:
        rules = RULE_SETS[case.rules]
        images = tuple(map(through_the_api, ImageStore.unique(case.images)[0]))
        index = CandidateIndex(images, rules)
        for each in case.probes:
            may, must = index.may_match(each.probe), index.must_match(each.probe)
            for image in images:
                bit = 1 << index.position(image)
                certainty, _ = conjunction(candidate_checks(rules, each.probe, image))
                assert (bool(may & bit), bool(must & bit)) == (
                    certainty is not Certainty.NO,
                    certainty is Certainty.YES,
                )


def test_a_candidate_fails_only_if_it_fails_with_complete_data(cases: list[SuiteCase]) -> None:
    """A candidate or source fails only if it also fails in the trace of the complete store."""
    for case in cases[::4]:
        rules = RULE_SETS[case.rules]
        exact = ImageStore.unique(case.images)[0]
        whole = ImageCache(ImageStore(exact), rules)
        part = ImageCache(ImageStore(tuple(map(through_the_api, exact))), rules)
        for each in case.probes:
            probe = each.probe.model_copy(update={"parent": each.parent.replace("@prev", "")})
            known = {
                (stage.kind, subject.image.id): subject
                for stage in explain(whole, probe).trace.stages
                for subject in stage.subjects
            }
            for stage in explain(part, probe).trace.stages:
                for subject in stage.subjects if stage.kind is not StageKind.DESCENT else ():
                    twin = known.get((stage.kind, subject.image.id))
                    if subject.outcome is CheckOutcome.FAILED and twin is not None and subject.deciding is not None:
                        only_newer = subject.deciding.name == "newest"
                        assert twin.outcome is not CheckOutcome.PASSED or only_newer


def test_membership_is_what_the_rules_read() -> None:
    for rules in RULE_SETS.values():
        if rules.store is StoreKind.GRAPH_DRIVER:
            assert membership(rules, "") == ("parent",)
    assert set(DOUBTS) >= {aspect for rules in RULE_SETS.values() for aspect in membership(rules, "")}
