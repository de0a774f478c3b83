"""Sentences about a miss are right about the store under every rule set, and do not call a mark a value."""

from __future__ import annotations

import pytest

from cacheview.engine import RULE_SETS, DoubtCount, ImageCache, UnknownAnswer, Verdict, VerdictOutcome, explain
from cacheview.engine.hazards.configs import requires_mark
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import VerdictReason
from cacheview.engine.words.verdict import words_of_unknown
from cacheview.model import (
    SCRATCH,
    Aspect,
    ContainerConfig,
    Doubt,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Platform,
    Probe,
    RootFS,
    Timestamp,
)

EVERY_RULE_SET = pytest.mark.parametrize("rules", RULE_SETS.values(), ids=lambda rules: rules.name)
NOON = Timestamp.parse("2024-01-01T12:00:00Z")
STEP = ContainerConfig(Cmd=("make",))


def image(digit: str, *, parent: str | None = None, built_locally: bool = True, from_scratch: bool = False,
          made_with: ContainerConfig | None = STEP) -> Image:  # fmt: skip
    config = ImageConfig(
        created=NOON,
        os="linux",
        architecture="amd64",
        container_config=made_with,
        history=(HistoryEntry(created=NOON, created_by="base"), *([HistoryEntry(created_by="make")] if parent else [])),
        rootfs=RootFS(diff_ids=("l", "m") if parent else ("l",)),
    )
    return Image(
        id=f"sha256:{digit * 64}", parent=parent, built_locally=built_locally, from_scratch=from_scratch, config=config
    )


def missed(rules: RuleSet, probe: Probe, *images: Image) -> str:
    """Return the sentence and the reason of the miss."""
    explanation = explain(ImageCache(ImageStore(images), rules), probe)
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    return f"{explanation.sentence}. {explanation.reason}"


BASE = image("a", built_locally=False)
BY_CONFIG = [rules for rules in RULE_SETS.values() if not rules.by_layers]


@EVERY_RULE_SET
def test_a_store_of_roots_is_not_reported_to_have_none(rules: RuleSet) -> None:
    roots = [image(digit, built_locally=False, made_with=ContainerConfig(Cmd=(digit,))) for digit in "abcde"]
    printed = missed(rules, Probe(parent=SCRATCH, config=STEP), *roots)
    assert "every image in the store records a parent" not in printed
    assert ("recorded as the first step of a FROM scratch build" in printed) == (rules.marks_first_steps)


@EVERY_RULE_SET
def test_a_store_without_a_root_image_is_reported_where_it_is_decisive(rules: RuleSet) -> None:
    printed = missed(rules, Probe(parent=SCRATCH, config=STEP), image("b", parent=BASE.id))
    assert ("every image in the store records a parent" in printed) == (
        not rules.by_layers and not rules.marks_first_steps
    )


@EVERY_RULE_SET
def test_a_store_without_images_is_reported_to_have_none(rules: RuleSet) -> None:
    explanation = explain(ImageCache(ImageStore(()), rules), Probe(parent=SCRATCH, config=STEP))
    nothing_is_looked_up = explanation.verdict.why is VerdictReason.SCRATCH_NOT_LOOKED_UP
    assert ("the store has no images" in explanation.sentence) == (not nothing_is_looked_up)
    assert "parent" not in explanation.sentence


@pytest.mark.parametrize("rules", [each for each in BY_CONFIG if requires_mark(each)], ids=lambda rules: rules.name)
@pytest.mark.parametrize("from_scratch", [False, True])
def test_a_missing_built_locally_mark_is_not_reported_as_a_difference(rules: RuleSet, from_scratch: bool) -> None:
    parent = None if from_scratch else BASE.id
    unmarked = image("b", parent=parent, built_locally=False, from_scratch=from_scratch)
    printed = missed(rules, Probe(parent=parent or SCRATCH, config=STEP), *([] if from_scratch else [BASE]), unmarked)
    assert "is not recorded as built here" in printed
    assert "has this config" not in printed  # but it has it
    assert "differs" not in printed
    assert "has none" not in printed


@pytest.mark.parametrize("rules", BY_CONFIG, ids=lambda rules: rules.name)
def test_reasons_for_the_nearest_image_have_a_value_on_each_side(rules: RuleSet) -> None:
    child = image("b", parent=BASE.id)
    probes = [
        Probe(parent=BASE.id, config=STEP, platform=Platform(os="linux", architecture="s390x")),
        Probe(parent=BASE.id, config=STEP.model_copy(update={"User": "root"})),
        Probe(parent=BASE.id, config=STEP.model_copy(update={"Env": ("A=1",)})),
    ]
    for probe in probes:
        explanation = explain(ImageCache(ImageStore((BASE, child)), rules), probe)
        if explanation.verdict.outcome is VerdictOutcome.MISS:
            assert "nearest image, " in explanation.reason
            assert "has none" not in explanation.reason


@pytest.mark.parametrize("name", ["containerd-24.0.7", "containerd-24.0.9"])
def test_the_sentence_mentions_layers_if_these_decide(name: str) -> None:
    child = image("b", parent=BASE.id)
    alike = child.model_copy(update={"config": BASE.config})  # only the layers of its parent
    printed = explain(
        ImageCache(ImageStore((BASE, alike)), RULE_SETS[name]), Probe(parent=BASE.id, config=STEP)
    ).sentence
    assert printed.startswith("the store has no image that adds a layer to ")


@pytest.mark.parametrize(
    ("aspects", "others", "reason"),
    [
        (("container_config",), False, "The store does not report its build config."),
        (("container_config",), True, "For at least one image, the store does not report its build config."),
        (("existence",), False, "It is not known whether the store has it."),
        (("existence",), True, "For at least one image, it is not known whether the store has it."),
        (
            ("existence", "created"),
            False,
            "These facts are not known: whether the store has it and when it was created.",
        ),
    ],
)
def test_the_reason_lists_the_unknown_facts_of_an_image(aspects: tuple[Aspect, ...], others: bool, reason: str) -> None:
    doubts = tuple(DoubtCount(Doubt(aspect=aspect, reason="r", remedy="r"), 1) for aspect in aspects)
    outcomes = frozenset({VerdictOutcome.HIT, VerdictOutcome.MISS})
    unknown = UnknownAnswer(Verdict(VerdictOutcome.MISS), outcomes, (BASE,), others, doubts)
    assert words_of_unknown(next(iter(RULE_SETS.values())), unknown).reason == reason
