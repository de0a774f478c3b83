"""Possible and certain answers are those of all completions: stores with each possible value of the unknown ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, count, product
from math import prod
from typing import Any

import pytest
from blurring import DOUBTS, doubt
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import IDS, LACKED

from cacheview.engine import RULE_SETS, ImageCache, RuleSet, VerdictOutcome
from cacheview.engine.candidate import candidate_checks, container_config_of
from cacheview.engine.index import CandidateIndex
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.stage_check import all_pass
from cacheview.model import (
    SCRATCH,
    Aspect,
    ContainerConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Platform,
    Probe,
    Timestamp,
)

BEFORE, EARLY, NOON, LATE = (Timestamp.parse(f"2024-01-0{day}T12:00:00Z") for day in (1, 2, 3, 4))
MADE = ContainerConfig(Cmd=("echo hi",))
OTHERWISE = ContainerConfig(Cmd=("echo hi",), Env=("A=1",))
OTHER_COMMAND = ContainerConfig(Cmd=("echo",))
BUILT, BUILT_OTHERWISE = HistoryEntry(created_by="echo hi"), HistoryEntry(created_by="echo")
PARENT = IDS[5]
PLATFORM = Platform(os="linux", architecture="amd64")
EXISTENCE = doubt("existence")

UNKNOWABLE: tuple[Aspect, ...] = (
    "created",
    "container_config",
    "built_locally",
    "parent",
    "from_scratch",
    "existence",
    "config",
)
RULES = [rules for rules in RULE_SETS.values() if not rules.by_layers]


def completions(image: Image) -> Iterator[Image | None]:
    """Yield every image that the daemon may have; None: it has none. The reported values are not looked at."""
    aspects = {each.aspect for each in image.doubts}
    whole = "config" in aspects
    for created, made_with, built_locally, parent, from_scratch, exists, architecture in product(
        (None, BEFORE, LATE) if whole or "created" in aspects else (image.created,),
        _configs(image) if "container_config" in aspects else (container_config_of(image),),
        (True, False) if "built_locally" in aspects else (image.built_locally,),
        (None, PARENT, LACKED) if "parent" in aspects else (image.parent,),
        (True, False) if "from_scratch" in aspects else (image.from_scratch,),
        (True, False) if "existence" in aspects else (True,),
        ("amd64", "s390x") if whole else (image.config.architecture,),
    ):
        config = image.config.model_copy(
            update={"created": created, "architecture": architecture, "container_config": None}
        )
        update = {"built_locally": built_locally, "parent": parent, "from_scratch": from_scratch, "doubts": ()}
        known = image.model_copy(update={**update, "config": config, "container_config": made_with})
        yield known if exists else None


def _configs(image: Image) -> Sequence[ContainerConfig | None]:
    """Return container configs. The daemon writes one only together with the command in the history, if at all."""
    aspects = {each.aspect for each in image.doubts}
    has_base = image.parent is not None or image.from_scratch or "from_scratch" in aspects
    configs = (None, MADE, OTHERWISE, OTHER_COMMAND)
    if container_config_of(image) is not None or not has_base or not image.history or aspects & {"parent", "config"}:
        return configs
    command = image.history[-1].created_by
    return [config for config in configs if config is None or config.Cmd == (command,)]


COMBINATIONS = [*combinations(UNKNOWABLE, 1), *combinations(UNKNOWABLE, 2)]
"""The aspects that are not known: one or two of them."""


def image(
    image_id: str,
    aspects: Sequence[Aspect],
    made_with: ContainerConfig | None,
    *,
    in_config: bool = False,
    **values: Any,
) -> Image:
    """Return an image that is not known exactly, on `PARENT` by default. ``values`` may be those of its config."""
    of_config: dict[str, Any] = {"created": NOON, "architecture": "amd64", "history": (BUILT,)}
    of_config |= {name: values.pop(name) for name in of_config if name in values}
    of_image: dict[str, Any] = {"parent": PARENT, "from_scratch": False, "built_locally": True} | values
    if made_with is None and "config" in aspects:
        made_with = MADE  # otherwise, a doubt about the whole config would be one about the container config too
    apart = made_with if not in_config or "config" in aspects else None
    return Image(
        id=image_id,
        container_config=apart,
        config=ImageConfig(os="linux", container_config=made_with if apart is None else None, **of_config),
        doubts=tuple(DOUBTS.get(aspect, EXISTENCE) for aspect in aspects),
        **of_image,
    )


def every_kind() -> Iterator[Image]:
    """Yield an image for each combination of unknown aspects, with different reported values."""
    reports: tuple[tuple[ContainerConfig | None, dict[str, Any]], ...] = (
        (MADE, {}),
        (MADE, {"created": None}),
        (OTHERWISE, {"built_locally": False, "in_config": True}),
        (None, {"history": (BUILT_OTHERWISE,)}),
        (None, {"parent": None, "architecture": "s390x"}),
    )
    numbers = count()
    for aspects, (made_with, values) in product(((), *COMBINATIONS), reports):
        yield image(f"sha256:{next(numbers):064x}", aspects, made_with, **values)


@pytest.mark.parametrize("probe", [Probe(parent=PARENT, config=MADE, platform=PLATFORM), Probe(parent=PARENT)])
def test_an_image_may_match_if_a_completion_does_and_must_if_all_do(probe: Probe) -> None:
    """An unknown time is the exception: under rules that read a missing one, it makes no difference, but counts."""
    reported = tuple(every_kind())
    completed = [[each for each in completions(one) if each is not None] for one in reported]
    for rules in RULES:
        index = CandidateIndex(reported, rules)
        may, must = index.may_match(probe), index.must_match(probe)
        once = CandidateIndex(reported, rules, once=True)
        assert (may, must) == (once.may_match(probe), once.must_match(probe))
        matches: dict[Image, bool] = {}
        for one, every in zip(reported, completed, strict=True):
            results = set()
            for each in every:
                likeness = each.model_copy(update={"id": "", "parent": None, "from_scratch": False})
                if likeness not in matches:
                    matches[likeness] = all_pass(candidate_checks(rules, probe, each))
                results.add(matches[likeness])
            bit = 1 << index.position(one)
            has_time = not {"created", "config"} & {each.aspect for each in one.doubts}
            assert bool(may & bit) is (True in results), one
            assert bool(must & bit) is (False not in results and (has_time or not rules.dates_missing_times)), one


@st.composite
def few_images(draw: st.DrawFn) -> tuple[Image, ...]:
    """Draw images that a probe for `MADE` on `PARENT` or scratch mostly hits."""
    unknown = st.sampled_from([(), *COMBINATIONS[: len(UNKNOWABLE)] * 2, *COMBINATIONS])
    return tuple(
        image(
            image_id,
            draw(unknown),
            draw(st.sampled_from([MADE, MADE, MADE, OTHERWISE, None])),
            parent=draw(st.sampled_from([PARENT, PARENT, PARENT, None, LACKED])),
            from_scratch=draw(st.booleans()),
            built_locally=draw(st.integers(0, 3)) > 0,
            created=draw(st.sampled_from([EARLY, NOON, NOON, None])),
            history=(draw(st.sampled_from([BUILT, BUILT, BUILT_OTHERWISE])),),
        )
        for image_id in IDS[: draw(st.integers(1, 3))]
    )


probes = st.builds(
    Probe,
    parent=st.sampled_from([PARENT, PARENT, PARENT, SCRATCH]),
    config=st.sampled_from([MADE, MADE, MADE, OTHERWISE, ContainerConfig()]),
    platform=st.just(PLATFORM),
)


@given(st.sampled_from(RULES), few_images(), probes)
@examples(2)
def test_the_possible_answers_are_those_of_all_completions(
    rules: RuleSet, reported: tuple[Image, ...], probe: Probe
) -> None:
    completed = [tuple(completions(one)) for one in reported]
    assume(prod(map(len, completed)) < 200)
    outcomes, hits = set(), set()
    for every in product(*completed):
        store = ImageStore(tuple(one for one in every if one is not None))
        true = KnownCache(store, rules, once=True).as_known(probe)
        outcomes.add(true.outcome)
        hits |= {true.image.id} if true.image is not None else set()
    verdict = ImageCache(ImageStore(reported), rules).verdict(probe)
    unknown = verdict.unknown
    told = unknown.outcomes if unknown is not None else {verdict.outcome}
    named = {one.id for one in (unknown.images if unknown is not None else (verdict.image,)) if one is not None}
    if rules.dates_missing_times and told != outcomes:
        assert told - {VerdictOutcome.MISS} == outcomes
    else:
        assert told == outcomes
    assert named == hits
    assert unknown is None or not unknown.may_hit_others
