"""The ties in a store are the images that the same step matches, according to each check of each rule set."""

from __future__ import annotations

from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import IDS, LACKED

from cacheview.engine import RULE_SETS
from cacheview.engine.candidate import candidate_checks
from cacheview.engine.layers import layer_checks
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.ties import ties
from cacheview.model import (
    SCRATCH,
    ContainerConfig,
    HealthConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
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


def found(rules: RuleSet, *images: Image) -> set[str]:
    return {each.id for group in ties(ImageStore(images), rules) for each in group}


def compared_one_by_one(rules: RuleSet, images: tuple[Image, ...]) -> set[str]:
    """Return the tied images, by comparing every step with every candidate of the same time, check by check."""
    tied: set[str] = set()
    if rules.by_layers:
        for base in images:
            for command in {entry.created_by for each in images for entry in each.history}:
                config = ContainerConfig(Cmd=(command,))
                next_on = {
                    each.id
                    for each in images
                    if each.diff_ids[: len(base.diff_ids)] == base.diff_ids
                    and all(check.passes for check in layer_checks(each, base, config, rules))
                }
                tied |= next_on if len(next_on) > 1 else set()
        return tied
    for parent in (SCRATCH, *IDS, LACKED):
        candidates = [each for each in images if (each.parent or SCRATCH) == parent]
        if parent == SCRATCH and rules.marks_first_steps:
            candidates = [each for each in images if each.from_scratch]
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
            tied |= matched if len(matched) > 1 else set()
    return tied


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
    assert (found(RULE_SETS[name], *pair) == {IDS[0], IDS[1]}) is tied


@EVERY_RULE_SET
def test_a_null_health_test_ties_with_an_empty_one(rules: RuleSet) -> None:
    config, changed = LIKENESSES["a test that is null"]
    pair = (image(IDS[0], config), image(IDS[1], config.model_copy(update=changed)))
    by_layers = rules.by_layers
    assert found(rules, *pair) == (set() if by_layers else {IDS[0], IDS[1]})


def test_a_first_step_with_a_parent_ties_with_those_without() -> None:
    rules = RULE_SETS["containerd-28.5.2"]
    first = image(IDS[0]).model_copy(update={"from_scratch": True})
    other = image(IDS[1]).model_copy(update={"from_scratch": True, "parent": None})
    assert found(rules, first, other) == {IDS[0], IDS[1]}
    assert found(rules, first, other.model_copy(update={"from_scratch": False})) == set()


made_with = st.none() | st.builds(
    ContainerConfig,
    Cmd=st.sampled_from([None, (), ("x",)]),
    Labels=st.sampled_from([None, {}, {"a": ""}, {"b": "x"}, {"a": "", "c": "1"}, {"b": "", "c": "1"}]),
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
                    rootfs=RootFS(diff_ids=(*(layers or ()), "m") if goes_on else layers),
                ),
            )
        )
    return tuple(images)


@EVERY_RULE_SET
@examples(0.3)
@given(images=stores())
def test_ties_match_pairwise_comparison(rules: RuleSet, images: tuple[Image, ...]) -> None:
    assert found(rules, *images) == compared_one_by_one(rules, images)
