"""When a restored image is one that the store has already: in this build, or from an earlier one."""

from __future__ import annotations

import pytest
from blurring import with_doubt

from cacheview.engine import RULE_SETS, ImageCache, RuleSet, VerdictOutcome, explain
from cacheview.engine.restore import identity
from cacheview.engine.walk import Walk
from cacheview.model import (
    ContainerConfig,
    HealthConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Probe,
    Release,
    RootFS,
    StoreKind,
    Timestamp,
)

RESTORING = [rules for rules in RULE_SETS.values() if rules.may_restore]
EVERY_RULE_SET = pytest.mark.parametrize("rules", RESTORING, ids=lambda rules: rules.name)
FAILING = [rules for rules in RESTORING if rules.restoring.fails_again]
NOON = Timestamp.parse("2024-01-01T12:00:00.5Z")
STEP = ContainerConfig(Cmd=("one",), Env=("A=1",))
ENTRIES = tuple(HistoryEntry(created=NOON, created_by=step) for step in ("one", "two"))
SOURCE, EARLIER = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def same(rules: RuleSet, one: dict[str, object], other: dict[str, object]) -> bool:
    first, second = (ImageConfig(config=ContainerConfig.model_validate(fields)) for fields in (one, other))
    return identity(rules, first) == identity(rules, second)


# `omitempty` of container.Config (moby api/types/container/config.go), and of the OCI config.
LISTS, MAPS = ("Env", "Cmd", "Entrypoint", "OnBuild", "Shell"), ("ExposedPorts", "Volumes", "Labels")


def left_out(rules: RuleSet) -> set[str]:
    if rules.store is StoreKind.CONTAINERD:
        return {*LISTS, *MAPS}
    return (
        {"ExposedPorts", "Shell", "OnBuild"} if rules.name.startswith("graphdriver-29") else {"ExposedPorts", "Shell"}
    )


@EVERY_RULE_SET
def test_what_go_leaves_out_is_the_same_whether_empty_or_null(rules: RuleSet) -> None:
    empties: dict[str, object] = {**dict.fromkeys(LISTS, ()), **{name: {} for name in MAPS}}
    assert {name for name, empty in empties.items() if same(rules, {name: None}, {name: empty})} == left_out(rules)
    check = HealthConfig(Retries=1)
    assert same(rules, {"Healthcheck": check}, {"Healthcheck": check.model_copy(update={"Test": ()})})
    assert same(rules, {"Volumes": {"/v": {}}}, {"Volumes": {"/v": {"x": 1}}})


@EVERY_RULE_SET
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Labels": {"a": ""}}, {"Labels": {"b": ""}}),
        ({"Labels": {"a": ""}}, {}),
        ({"ExposedPorts": {"80/tcp": {}}}, {"ExposedPorts": {"81/tcp": {}}}),
        ({"Env": ("",)}, {"Env": ()}),
        ({"Cmd": ("a", "b")}, {"Cmd": ("a b",)}),
        ({"Healthcheck": HealthConfig()}, {}),
        ({"Healthcheck": HealthConfig(StartInterval=1)}, {"Healthcheck": HealthConfig()}),
        ({"User": "root"}, {}),
    ],
)
def test_what_go_writes_makes_two_images(rules: RuleSet, one: dict[str, object], other: dict[str, object]) -> None:
    assert not same(rules, one, other)


def config(*steps: HistoryEntry, **fields: object) -> ImageConfig:
    rootfs = RootFS(type="layers", diff_ids=("l", "m")[: len(steps)])
    given = {"created": NOON, "os": "linux", "architecture": "amd64", "history": steps, "rootfs": rootfs} | fields
    return ImageConfig.model_validate(given)


def earlier(rules: RuleSet, *, names: tuple[str, ...] = (), version: str = "") -> Image:
    """What the cache of an earlier build made of the first step of the source."""
    made = config(ENTRIES[0], config=STEP, docker_version=version)
    return Image(id=EARLIER, names=names, built_locally=rules.restoring.built_locally, config=made, from_scratch=True)


def store(*images: Image, release: Release | None = None) -> ImageStore:
    return ImageStore(
        (Image(id=SOURCE, names=("docker.io/library/t:1",), config=config(*ENTRIES)), *images), release=release
    )


PROBE = Probe(config=STEP, cache_from=("t:1",))


@EVERY_RULE_SET
def test_a_step_asked_for_again_is_the_image_of_the_first_time(rules: RuleSet) -> None:
    """In a build with two stages, by the second."""
    walk = Walk(store(), rules, ("t:1",))
    _, first = walk.ask(PROBE)
    assert first.is_new
    empty = PROBE.model_copy(update={"config": STEP.model_copy(update={"ExposedPorts": {}})})
    _, again = Walk(store(), rules, ("t:1",), world=walk.world).ask(empty)
    assert not again.is_new
    if rules in FAILING:
        assert again.outcome is VerdictOutcome.ERROR
    else:
        assert again.image is not None
        assert first.image is not None
        assert again.image.id == first.image.id
    other = PROBE.model_copy(update={"config": STEP.model_copy(update={"ExposedPorts": {"80/tcp": {}}})})
    assert Walk(store(), rules, ("t:1",), world=walk.world).ask(other)[1].is_new


@pytest.mark.parametrize("rules", FAILING, ids=lambda rules: rules.name)
def test_an_image_of_an_earlier_build_fails_this_one_unless_it_has_a_name(rules: RuleSet) -> None:
    explanation = explain(ImageCache(store(earlier(rules)), rules), PROBE)
    assert explanation.verdict.error == (
        f'failed to restore cached image from "" to {SOURCE}: failed to create cache image: failed to created cached '
        f"image: creating image moby-dangling@{EARLIER} failed because it already exists, but failed to resolve"
    )
    assert "exists from an earlier build" in explanation.sentence
    verdict = ImageCache(store(earlier(rules, names=("docker.io/library/kept:1",))), rules).verdict(PROBE)
    assert (verdict.outcome, verdict.image and verdict.image.id, verdict.is_new) == (VerdictOutcome.HIT, EARLIER, False)


@pytest.mark.parametrize("rules", FAILING, ids=lambda rules: rules.name)
def test_whether_an_earlier_build_made_it_is_unknown_where_its_times_are(rules: RuleSet) -> None:
    made = with_doubt(earlier(rules), "history.created")
    verdict = ImageCache(store(made), rules).verdict(PROBE)
    assert verdict.unknown is not None
    assert {VerdictOutcome.HIT, VerdictOutcome.ERROR} <= verdict.unknown.outcomes
    assert verdict.unknown.aspects == {"history.created"}
    other = made.model_copy(update={"config": made.config.model_copy(update={"author": "me"})})
    assert ImageCache(store(other), rules).verdict(PROBE).is_new


@pytest.mark.parametrize("rules", [rules for rules in RESTORING if rules not in FAILING], ids=lambda rules: rules.name)
def test_an_image_of_an_earlier_build_is_the_answer_where_the_same_version_made_it(rules: RuleSet) -> None:
    form = rules.restoring
    version = "26.1.5+dfsg1" if form.writes_version else ""
    release = Release(rules.store, "26.1.5+dfsg1")
    verdict = ImageCache(store(earlier(rules, version=version), release=release), rules).verdict(PROBE)
    assert (verdict.image and verdict.image.id, verdict.is_new) == (EARLIER, False)
    if not form.is_oci:
        other = ImageCache(store(earlier(rules, version="24.0.7"), release=release), rules).verdict(PROBE)
        assert (other.outcome, other.is_new) == (VerdictOutcome.HIT, True)
