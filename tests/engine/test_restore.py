"""Restored images that the store already has, from the same build or an earlier one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from blurring import EPOCH, doubt, with_doubt
from vector_cases import some_cases

from cacheview.engine import RULE_SETS, ImageCache, RuleSet, VerdictOutcome, explain
from cacheview.engine.build_cache import BuildCache
from cacheview.engine.case_results import probe_results
from cacheview.engine.restore import identity
from cacheview.engine.verdict import VerdictReason
from cacheview.model import (
    Aspect,
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
    SuiteCase,
    Timestamp,
    decode,
)

RESTORING = [rules for rules in RULE_SETS.values() if rules.may_restore]
EVERY_RULE_SET = pytest.mark.parametrize("rules", RESTORING, ids=lambda rules: rules.name)
FAILING = [rules for rules in RESTORING if rules.restoring.fails_again]
NOON = Timestamp.parse("2024-01-01T12:00:00.5Z")
STEP = ContainerConfig(Cmd=("one",), Env=("A=1",))
ENTRIES = tuple(HistoryEntry(created=NOON, created_by=step) for step in ("one", "two"))
KEPT = ("docker.io/library/kept:1",)
VECTORS = Path(__file__).parents[1] / "data" / "vectors" / "containerd-29.jsonl.gz"
SOURCE, EARLIER = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def same(rules: RuleSet, one: dict[str, object], other: dict[str, object]) -> bool:
    first, second = (ImageConfig(config=ContainerConfig.model_validate(fields)) for fields in (one, other))
    return identity(rules, first) == identity(rules, second)


# `omitempty` of container.Config (moby api/types/container/config.go), and of the OCI config.
LISTS, MAPS = ("Env", "Cmd", "Entrypoint", "OnBuild", "Shell"), ("ExposedPorts", "Volumes", "Labels")


def left_out(rules: RuleSet) -> set[str]:
    if rules.store is StoreKind.CONTAINERD:
        return {*LISTS, *MAPS}
    first = rules.name.removeprefix("graphdriver-").partition(".")[0]
    return {"ExposedPorts", "Shell", "OnBuild"} if int(first) >= 29 else {"ExposedPorts", "Shell"}


@EVERY_RULE_SET
def test_fields_omitted_by_go_are_the_same_empty_or_null(rules: RuleSet) -> None:
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
def test_fields_written_by_go_make_configs_differ(
    rules: RuleSet, one: dict[str, object], other: dict[str, object]
) -> None:
    assert not same(rules, one, other)


@EVERY_RULE_SET
def test_a_missing_config_differs_from_an_empty_one_unless_it_is_an_oci_config(rules: RuleSet) -> None:
    missing, empty = ImageConfig(), ImageConfig(config=ContainerConfig())
    assert (identity(rules, missing) == identity(rules, empty)) is (rules.store is StoreKind.CONTAINERD)


@EVERY_RULE_SET
def test_a_restored_first_step_is_recorded_as_one_by_stores_that_record_it(rules: RuleSet) -> None:
    restored = ImageCache(store(), rules).verdict(PROBE).image
    assert restored is not None
    assert restored.parent is None
    assert restored.from_scratch is rules.marks_first_steps


def config(*steps: HistoryEntry, **fields: object) -> ImageConfig:
    rootfs = RootFS(type="layers", diff_ids=("l", "m")[: len(steps)])
    given = {"created": NOON, "os": "linux", "architecture": "amd64", "history": steps, "rootfs": rootfs} | fields
    return ImageConfig.model_validate(given)


def earlier(rules: RuleSet, *, names: tuple[str, ...] = (), version: str = "", dangling: bool | None = None) -> Image:
    """Return the image that the cache created from the source's first step in an earlier build."""
    return Image(
        id=EARLIER,
        names=names,
        built_locally=rules.restoring.marks_built_locally,
        config=config(ENTRIES[0], config=STEP, docker_version=version),
        from_scratch=True,
        dangling=dangling,
    )


def store(*images: Image, release: Release | None = None) -> ImageStore:
    return ImageStore(
        (Image(id=SOURCE, names=("docker.io/library/t:1",), config=config(*ENTRIES)), *images), release=release
    )


def saved(store: ImageStore) -> ImageStore:
    """Return a store as it is after it was saved in a suite and opened again."""
    return decode(SuiteCase, SuiteCase.of(store, "").model_dump_json(exclude_defaults=True)).store


PROBE = Probe(config=STEP, cache_from=("t:1",))


@EVERY_RULE_SET
def test_a_repeated_step_hits_the_image_of_its_first_lookup(rules: RuleSet) -> None:
    """The second lookup is in the second stage of the same build."""
    build_cache = BuildCache(store(), rules, ("t:1",))
    _, first = build_cache.look_up(PROBE)
    assert first.is_new
    empty = PROBE.model_copy(update={"config": STEP.model_copy(update={"ExposedPorts": {}})})
    _, again = BuildCache(store(), rules, ("t:1",), effects=build_cache.effects).look_up(empty)
    assert not again.is_new
    if rules in FAILING:
        assert again.outcome is VerdictOutcome.ERROR
    else:
        assert again.image is not None
        assert first.image is not None
        assert again.image.id == first.image.id
    other = PROBE.model_copy(update={"config": STEP.model_copy(update={"ExposedPorts": {"80/tcp": {}}})})
    assert BuildCache(store(), rules, ("t:1",), effects=build_cache.effects).look_up(other)[1].is_new


@pytest.mark.parametrize("rules", FAILING, ids=lambda rules: rules.name)
def test_an_unnamed_image_from_an_earlier_build_makes_restoring_fail(rules: RuleSet) -> None:
    explanation = explain(ImageCache(store(earlier(rules)), rules), PROBE)
    assert explanation.verdict.error == (
        f'failed to restore cached image from "" to {SOURCE}: failed to create cache image: failed to created cached '
        f"image: creating image moby-dangling@{EARLIER} failed because it already exists, but failed to resolve"
    )
    assert "exists from an earlier build" in explanation.sentence
    verdict = ImageCache(store(earlier(rules, names=KEPT)), rules).verdict(PROBE)
    assert (verdict.outcome, verdict.image and verdict.image.id, verdict.is_new) == (VerdictOutcome.HIT, EARLIER, False)


@pytest.mark.parametrize("rules", FAILING, ids=lambda rules: rules.name)
def test_a_dangling_record_fails_the_build_of_an_image_with_other_names(rules: RuleSet) -> None:
    """Docker 28 and later only look for that record, which is not removed until the first `docker tag`."""
    verdict = ImageCache(store(earlier(rules, names=KEPT, dangling=True)), rules).verdict(PROBE)
    assert verdict.why is VerdictReason.RESTORED_BEFORE
    assert f"moby-dangling@{EARLIER} failed because it already exists" in verdict.error
    others = ImageCache(store(earlier(rules, dangling=False)), rules).verdict(PROBE)  # another client's record
    assert (others.outcome, others.is_new) == (VerdictOutcome.HIT, False)


@pytest.mark.parametrize("rules", FAILING, ids=lambda rules: rules.name)
def test_a_second_restore_of_a_named_image_fails(rules: RuleSet) -> None:
    build_cache = BuildCache(store(earlier(rules, names=KEPT)), rules, ("t:1",))
    assert build_cache.look_up(PROBE)[1].outcome is VerdictOutcome.HIT
    again = BuildCache(store(earlier(rules, names=KEPT)), rules, ("t:1",), effects=build_cache.effects)
    assert again.look_up(PROBE)[1].why is VerdictReason.RESTORED_BEFORE


@pytest.mark.parametrize("rules", FAILING, ids=lambda rules: rules.name)
def test_a_dangling_record_that_is_not_reported_makes_the_answer_unknown(rules: RuleSet) -> None:
    verdict = ImageCache(store(with_doubt(earlier(rules, names=KEPT), "dangling")), rules).verdict(PROBE)
    assert verdict.unknown is not None
    assert verdict.unknown.outcomes == {VerdictOutcome.HIT, VerdictOutcome.ERROR}
    assert verdict.unknown.aspects == {"dangling"}
    unnamed = ImageCache(store(with_doubt(earlier(rules), "dangling")), rules).verdict(PROBE)
    assert unnamed.why is VerdictReason.RESTORED_BEFORE


@pytest.mark.parametrize("rules", FAILING, ids=lambda rules: rules.name)
def test_unknown_times_make_an_earlier_restore_uncertain(rules: RuleSet) -> None:
    made = with_doubt(earlier(rules), "history.created")
    verdict = ImageCache(store(made), rules).verdict(PROBE)
    assert verdict.unknown is not None
    assert {VerdictOutcome.HIT, VerdictOutcome.ERROR} <= verdict.unknown.outcomes
    assert verdict.unknown.aspects == {"history.created"}
    other = made.model_copy(update={"config": made.config.model_copy(update={"author": "me"})})
    assert ImageCache(store(other), rules).verdict(PROBE).is_new


@pytest.mark.parametrize("rules", [rules for rules in RESTORING if rules not in FAILING], ids=lambda rules: rules.name)
def test_an_earlier_restored_image_is_reused_only_under_the_same_version(rules: RuleSet) -> None:
    form = rules.restoring
    packaged = f"{rules.newest}+dfsg1"
    version = packaged if form.writes_version else ""
    release = Release(rules.store, packaged)
    of_same = store(earlier(rules, version=version), release=release)
    for each in (of_same, saved(of_same)):
        verdict = ImageCache(each, rules).verdict(PROBE)
        assert (verdict.image and verdict.image.id, verdict.is_new) == (EARLIER, False)
    if not form.is_oci:
        of_other = store(earlier(rules, version=str(rules.newest)), release=release)
        for each in (of_other, saved(of_other)):
            verdict = ImageCache(each, rules).verdict(PROBE)
            assert (verdict.outcome, verdict.is_new, verdict.perhaps) == (VerdictOutcome.HIT, True, None)


@pytest.mark.parametrize(
    "rules", [rules for rules in RESTORING if rules.restoring.writes_version], ids=lambda rules: rules.name
)
def test_an_unknown_engine_version_makes_the_restored_image_uncertain(rules: RuleSet) -> None:
    version = str(rules.newest)
    explanation = explain(ImageCache(store(earlier(rules, version=version)), rules), PROBE)
    verdict = explanation.verdict
    assert (verdict.outcome, verdict.is_new) == (VerdictOutcome.HIT, True)
    assert verdict.perhaps is not None
    assert verdict.perhaps.id == EARLIER
    assert f"or {EARLIER[7:19]}" in explanation.sentence
    other = "19.03.15"  # no engine with these rules writes this version
    assert ImageCache(store(earlier(rules, version=other)), rules).verdict(PROBE).perhaps is None
    of_another = store(earlier(rules, version=version), release=Release(rules.store, other))
    assert ImageCache(of_another, rules).verdict(PROBE).perhaps is not None


@EVERY_RULE_SET
def test_an_image_with_unknown_times_may_be_the_restored_one(rules: RuleSet) -> None:
    """The API reports whole seconds. If the rules make such a build fail, that is unknown too."""
    form = rules.restoring
    version = str(rules.newest) if form.writes_version else ""
    made = with_doubt(earlier(rules, names=KEPT, version=version), "history.created", {"created": EPOCH})
    release = Release(rules.store, version)
    verdict = ImageCache(store(made, release=release), rules).verdict(PROBE)
    assert (verdict.outcome, verdict.is_new) == (VerdictOutcome.HIT, True)
    assert verdict.perhaps is not None
    assert verdict.perhaps.id == EARLIER


def test_a_refused_platform_is_printed_as_the_daemon_prints_it() -> None:
    """Only the snapshotter and the id of the new image are unknown."""
    pairs = [
        (result.verdict.error, probe.expect.error)
        for case in some_cases(VECTORS, 1)
        for probe, result in zip(case.probes, probe_results(case), strict=True)
        if probe.expect is not None
        and probe.expect.error is not None
        and "does not support platform" in probe.expect.error
        and result.verdict is not None
    ]
    assert len(pairs) == 2
    for error, reported in pairs:
        known = re.sub(r"snapshotter \w+", "snapshotter …", re.sub(r"for image \S+$", "for image …", reported))
        assert error == known


@EVERY_RULE_SET
def test_doubts_about_what_a_restored_image_is_made_of_leave_any_answer_open(rules: RuleSet) -> None:
    source = store().images[0]
    read: dict[Aspect, bool] = {
        "history": True,
        "history.empty_layer": True,
        "diff_ids": True,
        "config.other": rules.restoring.refuses_features,
        "names": False,
    }
    for aspect, is_read in read.items():
        doubtful = source.model_copy(update={"doubts": (doubt(aspect),)})
        by_id = PROBE.model_copy(update={"cache_from": (SOURCE,)})
        unknown = ImageCache(ImageStore((doubtful,)), rules).verdict(by_id).unknown
        assert (unknown is not None and VerdictOutcome.PANIC in unknown.outcomes) is is_read, aspect
