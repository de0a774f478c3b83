"""The nearest candidates and sources found with an index are those found by comparing each one."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
from blurring import blurred, lively
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import configs, labels, stores_with_probe

from cacheview.engine import RULE_SETS, CheckKind, CheckOutcome, ImageCache, RuleSet, Stage, StageKind, trace
from cacheview.engine.candidate import container_config_of
from cacheview.engine.field_comparison import SameValues
from cacheview.engine.index import CandidateIndex
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.nearness import countable, nearest
from cacheview.engine.trace import passed_elements
from cacheview.model import ContainerConfig, FieldKind, HistoryEntry, Image, ImageConfig, ImageStore, Probe, field_kind

pytestmark = pytest.mark.slow

RULES = [RULE_SETS[name] for name in ("graphdriver-24.0.7", "containerd-24.0.7", "containerd-26.1.5", "containerd-29")]
ENTRY = HistoryEntry(created_by="make", empty_layer=True)
many = examples(0.5)
known = st.one_of(stores_with_probe(), lively())
cases = st.one_of(known, known.flatmap(lambda case: st.tuples(blurred(case[0]), st.just(case[1]))))
words = st.lists(st.sampled_from("aab"), max_size=6).map(tuple)
wide = configs.flatmap(
    lambda config: st.builds(
        lambda cmd, env, kept: config.model_copy(update={"Cmd": cmd, "Env": env, "Labels": kept}), words, words, labels
    )
)


def elements(kind: FieldKind, probe: Any, image: Any) -> int:
    """Return how many elements of two values differ, as a person would count them."""
    left, right = probe or (), image or ()
    match kind:
        case FieldKind.MAP:
            return len({key for key, _ in {*dict(left).items()} ^ {*dict(right).items()}})
        case FieldKind.SET:
            return len({*left} ^ {*right})
        case FieldKind.LIST if len(left) == len(right):
            return sum(a != b for a, b in zip(left, right, strict=True))
        case FieldKind.LIST:
            return max(len(left), len(right)) - common(left, right)
        case _:
            return 1


def common(left: Any, right: Any) -> int:
    """Return the length of the longest common prefix, plus that of the longest common suffix of the rest."""
    shorter = min(len(left), len(right))
    start = max(size for size in range(shorter + 1) if left[:size] == right[:size])
    rest = shorter - start
    return start + max(size for size in range(rest + 1) if left[len(left) - size :] == right[len(right) - size :])


def one_by_one(rules: RuleSet, probe: ContainerConfig, image: Image) -> tuple[int, int]:
    stored, fields, count = container_config_of(image), 0, 0
    for field in rules.compared_fields:
        if not rules.field_matches(field, probe, stored):
            fields += 1
            count += max(1, elements(field_kind(field), getattr(probe, field), rules.read_image(stored, field)))
    return fields, count


@given(st.sampled_from(RULES), st.lists(wide, max_size=8), st.lists(wide, min_size=1, max_size=3))
@many
def test_candidates_come_nearest_first(
    rules: RuleSet, stored: list[ContainerConfig], probes: list[ContainerConfig]
) -> None:
    images = [
        Image(id=f"sha256:{n:064x}", config=ImageConfig(container_config=config)) for n, config in enumerate(stored)
    ]
    index = CandidateIndex(images, rules, compare_up_to=0)
    for probe in probes:  # one after the other, as edits are
        ranked = sorted(index.images(index.all), key=lambda image: one_by_one(rules, probe, image))
        expected = [(image.id, *one_by_one(rules, probe, image)) for image in ranked]
        for each in (index, CandidateIndex(images, rules, compare_up_to=0, once=True)):
            near = nearest(each, probe, each.all)
            assert [(candidate.image.id, candidate.fields, candidate.elements) for candidate in near] == expected


@given(st.lists(labels, max_size=8), st.lists(labels, min_size=1, max_size=3))
@many
def test_labels_that_count_as_empty_are_found_without_a_scan(stored: list[Any], probed: list[Any]) -> None:
    images = [
        Image(id=f"sha256:{n:064x}", config=ImageConfig(container_config=ContainerConfig(Labels=each)))
        for n, each in enumerate(stored)
    ]
    rules = RULE_SETS["containerd-71ebfc7"]
    index, once = (
        CandidateIndex(images, rules, compare_up_to=0),
        CandidateIndex(images, rules, compare_up_to=0, once=True),
    )
    for value in probed:
        probe = ContainerConfig(Labels=value)
        matching = [
            image
            for image, each in zip(images, stored, strict=True)
            if SameValues().matches(value, each) and len(value or ()) == len(each or ())
        ]
        assert [image.id for image in index.images(index.field_matches("Labels", probe))] == [
            image.id for image in index.images(index.all) if image in matching
        ]
        assert once.field_matches("Labels", probe) == index.field_matches("Labels", probe)
        undated = index.matches(Probe(config=probe))
        assert [index.image(position) in matching for position in undated] == [True] * len(matching)


def farthest(stage: Stage) -> Image | None:
    """Return the first image of a stage with the most passed checks, and among these, the most passed entries."""
    best: tuple[tuple[int, int], Image] | None = None
    for subject in stage.subjects:
        prefix = next((check for check in subject.checks if check.kind is CheckKind.HISTORY), None)
        rank = (subject.tally.passed, passed_elements(prefix) if prefix is not None else 0)
        if best is None or rank > best[0]:
            best = rank, subject.image
    return best[1] if best is not None else None


@given(st.sampled_from(RULES), cases)
@many
def test_the_nearest_source_is_the_one_that_passes_the_most(rules: RuleSet, case: tuple[ImageStore, Probe]) -> None:
    store, probe = case
    cache = ImageCache(store, rules)
    for cmd in (probe.config.Cmd, ("echo hi",), ("echo", "hi"), None):  # one after the other, as edits are
        edited = probe.model_copy(update={"config": probe.config.model_copy(update={"Cmd": cmd})})
        reported = trace(cache, edited)
        stage = reported.stage(StageKind.HISTORY)
        if stage is None or stage.outcome is CheckOutcome.NOT_REACHED or any(check.failed for check in stage.checks):
            continue
        if any(subject.outcome is CheckOutcome.NOT_REACHED for subject in stage.subjects):
            continue  # the answer was found earlier
        lines = cache.continuations(edited)
        near = lines.nearest(edited.config)
        expected = farthest(stage)
        assert (near.image.id if near else None) == (expected.id if expected is not None else None)


@pytest.mark.parametrize(("name", "counts"), [("containerd-25.0.2", True), ("graphdriver-29", False)])
def test_without_a_parent_of_the_source_an_image_that_is_its_own_parent_may_count(name: str, counts: bool) -> None:
    """The first containerd caches then look at the local match's own parent instead."""
    own, other, source = (Image(id=f"sha256:{digit * 64}", config=ImageConfig(history=(ENTRY,))) for digit in "abc")
    own, other = (each.model_copy(update={"parent": own.id}) for each in (own, other))
    cache = KnownCache(ImageStore((own, other, source)), RULE_SETS[name])
    index = cache.candidates(own.id)
    counting = countable(cache, index, index.all, (source.id,))
    assert [image.id for image in index.images(counting)] == ([own.id] if counts else [])
    assert countable(cache, index, 0, (source.id,)) == 0


def test_a_used_candidate_index_is_freed_without_garbage_collection() -> None:
    """Otherwise, all images of a reloaded store would stay in memory until the next garbage collection."""
    image = Image(id="sha256:1", config=ImageConfig(container_config=ContainerConfig(Cmd=("a",))))
    index = CandidateIndex((image,), RULES[0])
    _, elements_differing = index.differences(ContainerConfig(Cmd=("b",)))
    assert list(elements_differing.ascending(index.all)) == [(1, 1)]
    kept = weakref.ref(index)
    del index
    assert kept() is None
