"""The ties in a store are the images that the same step matches, according to each check of each rule set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from blurring import DOUBTS
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import IDS, LACKED

from cacheview.engine import RULE_SETS
from cacheview.engine.candidate import candidate_checks
from cacheview.engine.layers import layer_checks
from cacheview.engine.requirement import FittingPlatform
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.ties import ties
from cacheview.model import (
    SCRATCH,
    Aspect,
    ContainerConfig,
    HealthConfig,
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
NOON, ELSEWHERE, LATER = map(
    Timestamp.parse, ("2024-01-01T12:00:00Z", "2024-01-01T13:00:00+01:00", "2024-01-01T12:00:00.000000001Z")
)
CHECK = HealthConfig(Test=("CMD", "x"))


def image(image_id: str, made_with: ContainerConfig | None = None, **config: object) -> Image:
    fields = {"created": NOON, "os": "linux", "architecture": "amd64", "container_config": made_with} | config
    return Image(id=image_id, parent=IDS[5], built_locally=True, config=ImageConfig.model_validate(fields))


def found(rules: RuleSet, *images: Image) -> set[frozenset[str]]:
    """Return the groups of tied images, which must be in store order and not empty or repeated."""
    groups = [[each.id for each in group] for group in ties(ImageStore(images), rules)]
    assert all(group == [each.id for each in images if each.id in group] for group in groups)
    assert len({tuple(group) for group in groups}) == len(groups)
    return set(map(frozenset, groups))


def joined(matched_together: Iterable[set[str]]) -> set[frozenset[str]]:
    """Return the sets with more than one element, and those that share an element as one."""
    results: list[set[str]] = []
    for each in matched_together:
        if len(each) > 1:
            results = [*(other for other in results if not other & each), each.union(*(o for o in results if o & each))]
    return set(map(frozenset, results))


def compared_one_by_one(rules: RuleSet, images: tuple[Image, ...]) -> set[frozenset[str]]:
    """Return the tied images, by comparing every step with every candidate of the same time, check by check."""
    if rules.by_layers:
        return {
            frozenset(next_on)
            for base in images
            for command in {entry.created_by for each in images for entry in each.history}
            if len(next_on := next_steps(rules, images, base, command)) > 1
        }
    results: set[frozenset[str]] = set()
    for parent in (SCRATCH, *IDS, LACKED):
        candidates = [each for each in images if (each.parent or SCRATCH) == parent]
        if parent == SCRATCH and rules.marks_first_steps:
            candidates = [each for each in images if each.from_scratch]
        matched_together = []
        for step in candidates:
            stored = step.config.container_config or ContainerConfig()
            config = ContainerConfig(**{name: getattr(stored, name) for name in rules.image_fields})
            probe = Probe(parent=parent, config=config, platform=step.config.platform)
            time = rules.time(step.created)
            matched = {
                each.id
                for each in candidates
                if (theirs := rules.time(each.created)) and time and theirs.instant == time.instant
                if all(check.passes for check in candidate_checks(rules, probe, each))
            }
            matched_together.append(matched)
        results |= joined(matched_together)
    return results


def next_steps(rules: RuleSet, images: tuple[Image, ...], base: Image, command: str) -> set[str]:
    """Return the images that are the next step after another one, with a command."""
    config = ContainerConfig(Cmd=(command,))
    return {
        each.id
        for each in images
        if each.diff_ids[: len(base.diff_ids)] == base.diff_ids
        and all(check.passes for check in layer_checks(each, base, config, rules))
    }


LIKENESSES: dict[str, tuple[ContainerConfig, dict[str, Any]]] = {
    "a start interval": (
        ContainerConfig(Healthcheck=CHECK),
        {"Healthcheck": CHECK.model_copy(update={"StartInterval": 1})},
    ),
    "a test that is null": (ContainerConfig(Healthcheck=HealthConfig()), {"Healthcheck": HealthConfig(Test=())}),
    "a health check without values": (ContainerConfig(), {"Healthcheck": HealthConfig()}),
    "a stop timeout of 0": (ContainerConfig(), {"StopTimeout": 0}),
    "no words": (ContainerConfig(), {"Cmd": (), "Env": (), "Entrypoint": (), "OnBuild": (), "Shell": ()}),
    "no keys": (ContainerConfig(), {"Labels": {}, "ExposedPorts": {}, "Volumes": {}}),
    "values of keys": (ContainerConfig(Volumes={"/v": {}}), {"Volumes": {"/v": {"a": 1}}}),
    "what names the container": (ContainerConfig(), {"Hostname": "a", "Image": "b", "MacAddress": "c"}),
    "what a container is attached to": (ContainerConfig(), {"Tty": True, "AttachStdin": True, "StdinOnce": True}),
    "a folder": (ContainerConfig(), {"WorkingDir": "/x"}),
    "open input": (ContainerConfig(OpenStdin=True), {}),
    "an empty label in the place of another": (ContainerConfig(Labels={"a": ""}), {"Labels": {"b": "x"}}),
    "two labels that are not alike": (ContainerConfig(Labels={"a": "1"}), {"Labels": {"a": "2"}}),
}


@EVERY_RULE_SET
def test_configs_that_the_rules_do_not_distinguish_tie(rules: RuleSet) -> None:
    for one, (config, changed) in LIKENESSES.items():
        pair = (image(IDS[0], config), image(IDS[1], config.model_copy(update=changed)))
        assert found(rules, *pair) == compared_one_by_one(rules, pair), one


@pytest.mark.parametrize(
    ("name", "tied"),
    [
        ("graphdriver-24.0.9", True),
        ("graphdriver-23.0.18", True),
        ("graphdriver-25.0.2", False),
        ("containerd-29", False),
    ],
)
def test_a_start_interval_prevents_a_tie_in_releases_that_have_it(name: str, tied: bool) -> None:
    config, changed = LIKENESSES["a start interval"]
    pair = (image(IDS[0], config), image(IDS[1], config.model_copy(update=changed)))
    assert found(RULE_SETS[name], *pair) == ({frozenset(IDS[:2])} if tied else set())


@EVERY_RULE_SET
def test_a_null_health_test_ties_with_an_empty_one(rules: RuleSet) -> None:
    config, changed = LIKENESSES["a test that is null"]
    pair = (image(IDS[0], config), image(IDS[1], config.model_copy(update=changed)))
    assert found(rules, *pair) == (set() if rules.by_layers else {frozenset(IDS[:2])})


def test_a_first_step_with_a_parent_ties_with_those_without() -> None:
    rules = RULE_SETS["containerd-28.5.2"]
    first = image(IDS[0]).model_copy(update={"from_scratch": True})
    other = image(IDS[1]).model_copy(update={"from_scratch": True, "parent": None})
    assert found(rules, first, other) == {frozenset(IDS[:2])}
    assert found(rules, first, other.model_copy(update={"from_scratch": False})) == set()


def test_an_image_can_tie_on_its_parent_and_as_a_first_step_with_different_images() -> None:
    first, other, on_parent = (image(image_id) for image_id in IDS[:3])
    first = first.model_copy(update={"from_scratch": True})
    other = other.model_copy(update={"from_scratch": True, "parent": None})
    groups = found(RULE_SETS["containerd-28.5.2"], first, other, on_parent)
    assert groups == {frozenset(IDS[:2]), frozenset((IDS[0], IDS[2]))}


LABELS = {"empty": {"a": ""}, "one": {"b": "x"}, "other": {"c": "y"}}


@pytest.mark.parametrize("order", [("one", "other", "empty"), ("empty", "one", "other"), ("one", "empty", "other")])
def test_groups_that_share_an_image_are_joined(order: tuple[str, ...]) -> None:
    """The step of each of two images with different labels matches an image with an empty label, but not the other."""
    images = [image(image_id, ContainerConfig(Labels=LABELS[name])) for image_id, name in zip(IDS, order, strict=False)]
    apart = [each for each, name in zip(images, order, strict=True) if name != "empty"]
    rules = RULE_SETS["graphdriver-29"]
    assert found(rules, *images) == {frozenset(IDS[:3])}
    assert found(rules, *apart) == set()


def test_groups_without_a_common_image_stay_apart() -> None:
    configs = (ContainerConfig(Cmd=(command,)) for command in "xyxyz")
    images = [image(image_id, config) for image_id, config in zip(IDS, configs, strict=False)]
    rules = RULE_SETS["graphdriver-29"]
    assert found(rules, *images) == {frozenset((IDS[0], IDS[2])), frozenset((IDS[1], IDS[3]))}


@dataclass(frozen=True)
class _Pairs:
    """A platform rule that accepts certain pairs of variants: the builder's, and the image's."""

    pairs: frozenset[tuple[str, str]]
    name: str = "pairs"
    title: str = ""

    def matches(self, builder: Platform | None, image_platform: Platform) -> bool:
        return builder is not None and self.admits(builder, image_platform.variant)

    def key(self, image_platform: Platform) -> str:
        return image_platform.variant

    def admits(self, builder: Platform, key: str) -> bool:
        return (builder.variant, key) in self.pairs


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        ("aa ab bb bc cc", [("a", "b", "c", "C")]),  # the step of b is already in a group
        ("aa ab bc", [("a", "b"), ("c", "C")]),  # the step of b does not match b itself, so it joins no groups
    ],
)
def test_steps_that_match_different_images_join_groups_if_they_match_themselves(
    pairs: str, groups: list[tuple[str, ...]]
) -> None:
    """The platform rules of no release are like these."""
    rule: Any = _Pairs(frozenset((pair[0], pair[1]) for pair in pairs.split()))
    rules = replace(RULE_SETS["graphdriver-29"], name="test", requirements=(FittingPlatform(rule),), later=())
    ids = dict(zip("abcC", IDS, strict=False))
    images = [image(image_id, variant=name.lower()) for name, image_id in ids.items()]
    for several in (images, images[::-1]):
        assert found(rules, *several) == {frozenset(ids[name] for name in group) for group in groups}


@EVERY_RULE_SET
def test_images_with_doubts_that_a_lookup_depends_on_do_not_tie(rules: RuleSet) -> None:
    base = image(IDS[5], history=(), rootfs=RootFS(diff_ids=())).model_copy(update={"parent": None})
    step: dict[str, Any] = {"history": (HistoryEntry(created_by="x"),), "rootfs": RootFS(diff_ids=("l",))}
    pair = image(IDS[0], **step), image(IDS[1], **step)
    assert found(rules, base, *pair) == {frozenset(IDS[:2])}
    read: dict[Aspect, bool] = {"diff_ids": rules.by_layers, "created": not rules.by_layers, "names": False}
    for aspect, is_read in read.items():
        doubtful = pair[0].model_copy(update={"doubts": (DOUBTS[aspect],)})
        assert found(rules, base, doubtful, pair[1]) == (set() if is_read else {frozenset(IDS[:2])}), aspect


made_with = st.none() | st.builds(
    ContainerConfig,
    Cmd=st.sampled_from([None, (), ("x",)]),
    Labels=st.sampled_from([None, {}, {"a": ""}, {"b": "x"}, {"c": "y"}, {"a": "", "c": "1"}, {"b": "", "c": "1"}]),
    ExposedPorts=st.sampled_from([None, {}, {"80/tcp": {}}]),
    OpenStdin=st.sampled_from([False, False, True]),
    Tty=st.sampled_from([False, False, True]),
    WorkingDir=st.sampled_from(["", "", "/x"]),
    Healthcheck=st.none() | st.builds(
        HealthConfig, Test=st.sampled_from([None, (), ("NONE",)]), StartInterval=st.integers(0, 1)
    ),
    StopTimeout=st.sampled_from([None, None, 0]),
)  # fmt: skip
entries = st.builds(
    HistoryEntry, created=st.sampled_from([None, NOON, ELSEWHERE]), created_by=st.sampled_from(["x", "y"])
)


@st.composite
def stores(draw: st.DrawFn) -> tuple[Image, ...]:
    """Draw images with few differences. Some continue the layers and the history of the first."""
    layers = draw(st.sampled_from([None, ("l",)]))
    first = draw(st.none() | st.tuples(entries))
    config = draw(made_with)
    images = []
    for image_id in IDS[: draw(st.integers(2, 5))]:
        goes_on = draw(st.booleans())
        has_layer = draw(st.sampled_from([goes_on, goes_on, False]))
        images.append(
            Image(
                id=image_id,
                parent=draw(st.sampled_from([None, IDS[0], IDS[0], LACKED])),
                built_locally=draw(st.sampled_from([True, True, True, False])),
                from_scratch=draw(st.booleans()),
                config=ImageConfig(
                    created=draw(st.sampled_from([NOON, NOON, ELSEWHERE, LATER, None])),
                    os=draw(st.sampled_from(["linux", "linux", ""])),
                    architecture=draw(st.sampled_from(["amd64", "amd64", "386", ""])),
                    variant=draw(st.sampled_from(["", "", "v1", "v2"])),
                    container_config=draw(made_with) if draw(st.booleans()) else config,
                    history=(*(first or ()), draw(entries)) if goes_on else first,
                    rootfs=RootFS(diff_ids=(*(layers or ()), "m") if has_layer else layers),
                ),
            )
        )
    return tuple(images)


@EVERY_RULE_SET
@examples(0.3)
@given(images=stores())
def test_ties_match_pairwise_comparison(rules: RuleSet, images: tuple[Image, ...]) -> None:
    assert found(rules, *images) == compared_one_by_one(rules, images)
