"""On random stores, the engine's verdict, trace and edit agree with a simple implementation of the rules."""

from __future__ import annotations

import naive
import pytest
from examples import examples
from hypothesis import given
from strategies import stores_with_probe

from cacheview.engine import (
    CONTAINERD_71EBFC7,
    CheckOutcome,
    ImageCache,
    StageKind,
    Trace,
    VerdictOutcome,
    explain,
    smallest_edit,
    trace,
)
from cacheview.engine.writable import is_writable
from cacheview.model import SCRATCH, ContainerConfig, Image, ImageStore, Probe

pytestmark = pytest.mark.slow

Case = tuple[ImageStore, Probe]
many = examples(1.25)


def cache_of(case: Case) -> ImageCache:
    return ImageCache(case[0], CONTAINERD_71EBFC7)


@given(stores_with_probe())
@many
def test_a_used_cache_gives_the_same_verdict_as_a_new_one(case: Case) -> None:
    store, probe = case
    used = cache_of(case)
    for image in store.images:
        config = image.config.container_config
        if config is not None:
            used.verdict(Probe(parent=image.parent or "", config=config))
            explain(used, Probe(parent=image.parent or "", config=config, cache_from=probe.cache_from))
    assert used.verdict(probe) == cache_of(case).verdict(probe)


def conclusion(reported: Trace) -> tuple[str, str | None]:
    """Return the verdict that follows from the checks of a trace alone."""
    passed: dict[StageKind, str | None] = {}
    for stage in reported.stages:
        if stage.kind is StageKind.LOCAL:
            # Each match replaces the previous one, so the last one is the answer.
            winners = [subject for subject in stage.subjects if all_passed(subject.checks)]
            passed[stage.kind] = winners[-1].image.id if winners else None
        else:
            winners = [subject for subject in stage.subjects if all_passed(subject.checks)]
            passed[stage.kind] = winners[0].image.id if winners else None
    local = passed[StageKind.LOCAL]
    if StageKind.DESCENT not in passed:
        return ("hit", local) if local else ("miss", None)
    if passed[StageKind.DESCENT]:
        return "hit", local
    descent = reported.stage(StageKind.DESCENT)
    assert descent is not None
    for subject in descent.subjects:
        if any("stack overflows" in check.note for check in subject.checks):
            return "diverges", None
    history = reported.stage(StageKind.HISTORY)
    assert history is not None
    if any(check.failed for check in history.checks):
        return "error", None
    found = passed[StageKind.HISTORY]
    return ("hit", found) if found else ("miss", None)


def all_passed(checks: tuple) -> bool:  # type: ignore[type-arg]
    compared = [check for check in checks if check.outcome is not CheckOutcome.NOT_COMPARED]
    return bool(compared) and all(check.outcome is CheckOutcome.PASSED for check in compared)


@given(stores_with_probe())
@many
def test_the_verdict_and_the_trace_match_the_naive_implementation(case: Case) -> None:
    """The trace alone leads to the same verdict, and no check is reached after the first failed one."""
    verdict = cache_of(case).verdict(case[1])
    assert (verdict.outcome.value, verdict.image.id if verdict.image else None) == naive.answer(*case)
    reported = trace(cache_of(case), case[1])
    assert conclusion(reported) == naive.answer(*case)
    assert_ended_by_failed_checks(reported)


def assert_ended_by_failed_checks(reported: Trace) -> None:
    """After a subject's first failed check, no other passes or fails. A group fails if an element does."""
    for stage in reported.stages:
        for subject in stage.subjects:
            outcomes = [c.outcome for c in subject.checks if c.outcome is not CheckOutcome.NOT_COMPARED]
            if CheckOutcome.FAILED in outcomes:
                at = outcomes.index(CheckOutcome.FAILED)
                assert set(outcomes[:at]) <= {CheckOutcome.PASSED}
                assert set(outcomes[at + 1 :]) <= {CheckOutcome.NOT_REACHED}
            for check in subject.checks:
                inner = [c.outcome for c in check.children if c.outcome is not CheckOutcome.NOT_COMPARED]
                if inner and check.outcome is not CheckOutcome.NOT_COMPARED:
                    assert (CheckOutcome.FAILED in inner) == check.failed
                    if check.outcome is CheckOutcome.PASSED:
                        assert set(inner) == {CheckOutcome.PASSED}
                    if check.outcome is CheckOutcome.NOT_REACHED:
                        assert set(inner) == {CheckOutcome.NOT_REACHED}


def can_be_probed(image: Image, case: Case) -> bool:
    """Whether a person can create the probe that this image answers."""
    store, probe = case
    config = image.config.container_config or ContainerConfig()
    return is_writable(probe, Probe(parent=image.parent or SCRATCH, config=config), store)


@given(stores_with_probe())
@many
def test_the_smallest_edit_makes_a_hit_of_a_miss(case: Case) -> None:
    """No smaller edit of one field is overlooked."""
    cache, probe = cache_of(case), case[1]
    verdict = cache.verdict(probe)
    edit = smallest_edit(cache, probe, verdict)
    if verdict.outcome is not VerdictOutcome.MISS:
        assert edit is None
        return
    if edit is None:
        # Every image with a time can be hit, with its parent and config and without sources.
        assert not any(image.created and can_be_probed(image, case) for image in case[0].images)
        return
    assert naive.answer(case[0], edit.probe)[0] == "hit"
    assert edit.changes
    assert edit.probe != probe
    if len({change.path[0] for change in edit.changes}) > 1:
        assert_no_edit_of_one_field(cache, case)


def assert_no_edit_of_one_field(cache: ImageCache, case: Case) -> None:
    """Check that copying a single field from any image does not make a hit."""
    store, probe = case
    for image in store.images:
        stored = image.config.container_config
        if stored is not None:
            for field in cache.rules.compared_fields:
                value = cache.rules.read_image(stored, field)
                tried = probe.model_copy(update={"config": probe.config.model_copy(update={field: value})})
                assert not is_writable(probe, tried, store) or naive.answer(store, tried)[0] != "hit", field
        for parent in (image.parent or "", image.id):
            tried = probe.model_copy(update={"parent": parent})
            assert not is_writable(probe, tried, store) or naive.answer(store, tried)[0] != "hit"
    assert naive.answer(store, probe.model_copy(update={"cache_from": ()}))[0] != "hit"


@given(stores_with_probe())
@many
def test_every_answer_is_explained(case: Case) -> None:
    explanation = explain(cache_of(case), case[1])
    assert explanation.sentence
    near = list(explanation.nearest())
    assert len(near) == len(explanation.trace.index)
    dated = [n for n in near if n.image.created is not None]
    assert dated == sorted(dated, key=lambda n: (n.fields, n.elements))
    if explanation.verdict.outcome is VerdictOutcome.HIT and not case[1].cache_from:
        assert near[0].fields == 0
