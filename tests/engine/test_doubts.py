"""For each thing that may be unknown: what becomes uncertain, what stays certain, and what is not claimed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import pytest
from blurring import DOUBTS, to_the_second, with_doubt

from cacheview.engine import (
    CONTAINERD_71EBFC7,
    RULE_SETS,
    UNKNOWN,
    Check,
    CheckKind,
    CheckOutcome,
    Explanation,
    HazardKind,
    ImageCache,
    StageKind,
    VerdictOutcome,
    explain,
    take_value,
)
from cacheview.engine.index import CandidateIndex
from cacheview.engine.requirement import BuiltLocally
from cacheview.model import (
    Aspect,
    ContainerConfig,
    Doubt,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Probe,
    RootFS,
    Timestamp,
)

BASE, OLD, NEW, OTHER = (f"sha256:{digit * 64}" for digit in "bcde")
COMMAND = ("/bin/sh", "-c", "make")


def entry(text: str, *, second: int = 10, nanosecond: int = 5, author: str = "") -> HistoryEntry:
    return HistoryEntry(created=Timestamp(1_700_000_000 + second, nanosecond, None), created_by=text, author=author)


def image(
    image_id: str,
    *,
    second: int = 0,
    parent: str | None = BASE,
    history: Sequence[HistoryEntry] = (),
    layers: Sequence[str] = (),
    **config: object,
) -> Image:
    return Image(
        id=image_id,
        names=(f"docker.io/library/{image_id[7]}:1",),
        parent=parent,
        config=ImageConfig(
            created=Timestamp(1_700_000_000 + second, 0, None),
            container_config=ContainerConfig.model_validate(config),
            history=tuple(history),
            rootfs=RootFS(diff_ids=tuple(layers)),
        ),
    )


def without_config(one: Image) -> Image:
    return with_doubt(one, "container_config", {"container_config": None})


def explanation_of(
    images: Sequence[Image], cache_from: Sequence[str] = (), parent: str = BASE, **config: object
) -> Explanation:
    probe = Probe(parent=parent, cache_from=tuple(cache_from), config=ContainerConfig.model_validate(config))
    return explain(ImageCache(ImageStore(tuple(images)), CONTAINERD_71EBFC7), probe)


def aspects(explanation: Explanation) -> list[str]:
    return [doubt.aspect for doubt in explanation.doubts]


def checks_of(explanation: Explanation, image_id: str, kind: StageKind = StageKind.LOCAL) -> dict[str, Check]:
    found = explanation.trace.subject(kind, explanation.trace.store.by_id[image_id])
    assert found is not None
    return {check.name: check for check in found.checks}


# The local cache


def may_be(explanation: Explanation) -> tuple[set[VerdictOutcome], list[Image]]:
    """Return the possible outcomes and images of an unknown answer."""
    verdict = explanation.verdict
    assert verdict.outcome is VerdictOutcome.UNKNOWN
    assert verdict.unknown is not None
    return set(verdict.unknown.outcomes), list(verdict.unknown.images)


HIT_OR_MISS = {VerdictOutcome.HIT, VerdictOutcome.MISS}


def test_with_an_unknown_candidate_it_is_a_hit_or_a_miss() -> None:
    known, unknown = image(OLD, Cmd=("x", "y", "z")), without_config(image(NEW, Cmd=COMMAND))
    explanation = explanation_of([known, unknown], Cmd=COMMAND)
    assert may_be(explanation) == (HIT_OR_MISS, [unknown])
    assert aspects(explanation) == ["container_config"]
    assert explanation.doubt_counts[0].images == 1
    assert explanation.sentence == "a hit on d:1, or a miss"
    assert "its build config" in explanation.reason
    assert explanation.deciding is not None
    assert explanation.deciding.subject is not None
    assert explanation.deciding.subject.image is unknown
    assert explanation.deciding.subject.outcome is CheckOutcome.UNKNOWN
    assert explanation.edit is None
    assert [near.image for near in explanation.nearest()] == [known, unknown]


def test_exactly_the_checks_that_read_an_unknown_config_are_marked() -> None:
    unknown = without_config(image(NEW, Cmd=COMMAND))
    explanation = explanation_of([unknown], Cmd=COMMAND)
    checks = checks_of(explanation, NEW)
    marked = [name for name, check in checks.items() if check.doubts]
    assert marked == [
        *("User", "len(Cmd)", "len(Env)", "len(Labels)", "len(ExposedPorts)", "len(Entrypoint)", "len(Volumes)"),
        *("Cmd", "Env", "Labels", "ExposedPorts", "Entrypoint", "Volumes"),
    ]
    assert all(checks[name].image is UNKNOWN for name in marked)
    assert not any("treated as empty" in check.note for check in checks.values())
    assert "does not report" in checks["Cmd"].note
    assert checks["Tty"].image is False  # never read from an image, so it is known anyway
    assert explanation.edit is None
    probe = explanation.trace.probe
    assert take_value(probe, checks["len(Cmd)"], unknown, CONTAINERD_71EBFC7) is None


@pytest.mark.parametrize("flag", ["OpenStdin", "Tty", "AttachStdout"])
def test_what_no_image_can_match_is_a_certain_miss(flag: str) -> None:
    explanation = explanation_of([without_config(image(NEW, Cmd=COMMAND))], (), BASE, Cmd=COMMAND, **{flag: True})
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    assert explanation.doubts == ()
    subject = explanation.trace.stages[0].subjects[0]
    assert subject.doubts == ()
    failed = [check.name for check in subject.checks].index("OpenStdin not set" if flag == "OpenStdin" else flag)
    assert not any(check.doubts for check in subject.checks[failed:])


def test_an_unknown_older_candidate_does_not_touch_a_hit() -> None:
    unknown, hit = without_config(image(OLD, second=1, Cmd=COMMAND)), image(NEW, second=2, Cmd=COMMAND)
    explanation = explanation_of([unknown, hit], Cmd=COMMAND)
    assert explanation.verdict.image is hit
    assert explanation.doubts == ()
    assert not any(check.doubts for check in checks_of(explanation, NEW).values())


def test_an_unknown_newer_candidate_makes_a_hit_uncertain() -> None:
    hit, unknown = image(OLD, second=1, Cmd=COMMAND), without_config(image(NEW, second=2, Cmd=COMMAND))
    explanation = explanation_of([hit, unknown], Cmd=COMMAND)
    assert may_be(explanation) == ({VerdictOutcome.HIT}, [unknown, hit])
    assert explanation.sentence == "a hit on one of 2 images, but it is not known which one"
    assert aspects(explanation) == ["container_config"]
    checks = checks_of(explanation, OLD)
    assert [name for name, check in checks.items() if check.doubts] == ["newest"]
    assert "1 unknown" in explanation.trace.stages[0].note


@pytest.mark.parametrize(("order", "certain"), [((OLD, NEW), True), ((NEW, OLD), False)])
def test_the_first_of_equally_old_candidates_wins(order: tuple[str, str], certain: bool) -> None:
    images = {OLD: image(OLD, Cmd=COMMAND), NEW: without_config(image(NEW, Cmd=COMMAND))}
    explanation = explanation_of([images[each] for each in order], Cmd=COMMAND)
    assert explanation.verdict.as_known.image is images[OLD]
    assert (explanation.doubts == ()) is certain


@pytest.mark.parametrize(("order", "certain"), [((OLD, NEW), True), ((NEW, OLD), False)])
def test_an_equally_old_image_with_an_unknown_parent_wins_only_if_it_comes_first(
    order: tuple[str, str], certain: bool
) -> None:
    images = {OLD: image(OLD, Cmd=COMMAND), NEW: with_doubt(image(NEW, parent=None, Cmd=COMMAND), "parent")}
    explanation = explanation_of([images[each] for each in order], Cmd=COMMAND)
    assert explanation.verdict.as_known.image is images[OLD]
    assert (explanation.doubts == ()) is certain


def test_an_unknown_time_is_a_doubt_only_for_a_matching_image() -> None:
    hit, undated = image(OLD, second=2, Cmd=COMMAND), with_doubt(image(NEW, second=1, Cmd=COMMAND), "created")
    explanation = explanation_of([hit, undated], Cmd=COMMAND)
    assert aspects(explanation) == ["created"]
    assert checks_of(explanation, NEW)["created"].doubts
    assert not any(hazard.kind is HazardKind.TIE for hazard in explanation.hazards)
    # It does not matter for an image that does not match.
    explanation = explanation_of([hit, with_doubt(image(NEW, Cmd=("y",)), "created")], Cmd=COMMAND)
    assert explanation.doubts == ()


def test_an_image_without_a_time_matches_only_if_its_time_is_not_known() -> None:
    untimed = image(NEW, Cmd=COMMAND)
    untimed = untimed.model_copy(update={"config": untimed.config.model_copy(update={"created": None})})
    assert explanation_of([untimed], Cmd=COMMAND).verdict.outcome is VerdictOutcome.MISS
    unknown = with_doubt(untimed, "created")
    assert may_be(explanation_of([unknown], Cmd=COMMAND)) == (HIT_OR_MISS, [unknown])


def test_doubts_about_the_image_that_certainly_matches_are_not_reported() -> None:
    probe = Probe(parent=BASE, config=ContainerConfig(Cmd=COMMAND))
    hit, other = (image(each, second=second, Cmd=COMMAND) for second, each in enumerate((OLD, NEW)))
    hit = with_doubt(hit.model_copy(update={"built_locally": True}), "from_scratch")
    unknown = with_doubt(other, "built_locally")
    rules = RULE_SETS["containerd-25.0.2"]
    explanation = explain(ImageCache(ImageStore((hit, unknown)), rules), probe)
    assert may_be(explanation) == ({VerdictOutcome.HIT}, [unknown, hit])
    assert aspects(explanation) == ["built_locally"]


def test_an_image_with_an_unknown_parent_may_be_a_candidate() -> None:
    stray = with_doubt(image(NEW, second=2, parent=None, Cmd=COMMAND), "parent")
    explanation = explanation_of([image(OLD, Cmd=("y",)), stray], Cmd=COMMAND)
    assert may_be(explanation) == (HIT_OR_MISS, [stray])
    assert aspects(explanation) == ["parent"]
    assert explanation_of([image(OLD, Cmd=("y",)), stray], Cmd=("z",)).doubts == ()
    older = with_doubt(image(NEW, second=-1, parent=None, Cmd=COMMAND), "parent")
    assert explanation_of([image(OLD, Cmd=COMMAND), older], Cmd=COMMAND).doubts == ()
    undated = with_doubt(older, "created")
    assert aspects(explanation_of([image(OLD, Cmd=COMMAND), undated], Cmd=COMMAND)) == ["created", "parent"]


@pytest.mark.parametrize("aspect", ["built_locally", "config_digest", "from_scratch", "names"])
def test_doubts_about_fields_no_rule_reads_do_not_matter(aspect: Aspect) -> None:
    doubt = DOUBTS["names"].model_copy(update={"aspect": aspect})
    one = image(OLD, Cmd=COMMAND).model_copy(update={"doubts": (doubt,)})
    explanation = explanation_of([one], Cmd=COMMAND)
    assert explanation.verdict.image is one
    assert explanation.doubts == ()


def test_a_doubt_about_the_config_covers_all_its_fields() -> None:
    one = with_doubt(image(NEW), "config", {"container_config": None})
    assert aspects(explanation_of([one], Cmd=COMMAND)) == ["config"]
    # A container config that the store keeps separately is known anyway.
    apart = one.model_copy(update={"container_config": ContainerConfig(Cmd=("y",))})
    assert explanation_of([apart], Cmd=COMMAND).doubts == ()


def test_a_hazard_is_not_reported_for_a_doubtful_value() -> None:
    pulled = image(NEW, parent=None, history=[entry("a"), entry("b")], Cmd=COMMAND)
    kinds = [hazard.kind for hazard in explanation_of([pulled], parent="", Cmd=COMMAND).hazards]
    assert HazardKind.PULLED_FOR_SCRATCH in kinds
    doubt = DOUBTS["names"].model_copy(update={"aspect": "from_scratch"})
    unsure = pulled.model_copy(update={"doubts": (doubt,)})
    explanation = explanation_of([unsure], parent="", Cmd=COMMAND)
    assert explanation.verdict.image is unsure
    assert HazardKind.PULLED_FOR_SCRATCH not in [hazard.kind for hazard in explanation.hazards]


# The history cache


def base(**first: object) -> Image:
    config = ImageConfig(history=(entry("base", **first),), rootfs=RootFS(diff_ids=("sha256:1",)))  # type: ignore[arg-type]
    return Image(id=BASE, config=config)


def source(**first: object) -> Image:
    steps = [entry("base", **first), entry("make", second=20)]  # type: ignore[arg-type]
    return image(OTHER, parent=None, history=steps, layers=["sha256:1", "sha256:2"])


def seconds_only(one: Image) -> Image:
    history = tuple(each.model_copy(update={"created": to_the_second(each.created)}) for each in one.history)
    return with_doubt(one, "history.created", {"history": history})


def history_of(explanation: Explanation) -> Check:
    return checks_of(explanation, OTHER, StageKind.HISTORY)["history"]


def test_times_known_to_the_second_are_an_uncertain_pass_if_equal() -> None:
    explanation = explanation_of([seconds_only(base()), seconds_only(source())], [OTHER], Cmd=("make",))
    assert explanation.verdict.as_known.stage is StageKind.HISTORY
    assert may_be(explanation)[0] == HIT_OR_MISS
    assert aspects(explanation) == ["history.created"]
    assert explanation.doubt_counts[0].images == 2
    check = history_of(explanation)
    assert (check.outcome, bool(check.doubts)) == (CheckOutcome.PASSED, True)
    fields = {field.name.rpartition(".")[2]: field for field in check.children[0].children}
    assert [name for name, field in fields.items() if field.doubts] == ["created"]


def test_times_that_differ_in_seconds_are_a_certain_failure() -> None:
    explanation = explanation_of([seconds_only(base()), seconds_only(source(second=11))], [OTHER], Cmd=("make",))
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    assert explanation.doubts == ()
    check = history_of(explanation)
    assert (check.outcome, check.doubts) == (CheckOutcome.FAILED, ())
    assert check.children[0].doubts == ()
    assert not checks_of(explanation, OTHER, StageKind.HISTORY)["created_by"].doubts


def test_a_zero_time_may_mean_a_missing_time() -> None:
    """An engine reports the year 1 for an entry without a time."""
    one = base()
    config = one.config.model_copy(update={"history": (one.history[0].model_copy(update={"created": None}),)})
    reported = source(second=-1_700_000_000 - 62_135_596_800, nanosecond=0)
    explanation = explanation_of(
        [one.model_copy(update={"config": config}), seconds_only(reported)], [OTHER], Cmd=("make",)
    )
    assert may_be(explanation)[0] == HIT_OR_MISS
    assert aspects(explanation) == ["history.created"]


@pytest.mark.parametrize("aspect", ["history.author", "history.comment", "history.created_by"])
def test_an_unknown_history_field_is_a_doubt(aspect: Aspect) -> None:
    explanation = explanation_of([base(), with_doubt(source(), aspect)], [OTHER], Cmd=("make",))
    assert explanation.verdict.as_known.stage is StageKind.HISTORY
    assert aspects(explanation) == [aspect]
    # A certain difference before or after it decides.
    assert explanation_of([base(), with_doubt(source(second=11), aspect)], [OTHER], Cmd=("make",)).doubts == ()


def test_a_different_command_in_the_next_history_entry_is_a_certain_miss() -> None:
    explanation = explanation_of([seconds_only(base()), seconds_only(source())], [OTHER], Cmd=("other",))
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    assert explanation.doubts == ()
    subject = explanation.trace.subject(StageKind.HISTORY, explanation.trace.store.by_id[OTHER])
    assert subject is not None
    assert subject.doubts == ()
    # It is unknown whether the source's own command would hit, so this edit is not offered.
    assert explanation.edit is None


def test_unknown_layers_are_a_doubt() -> None:
    explanation = explanation_of([base(), with_doubt(source(), "diff_ids")], [OTHER], Cmd=("make",))
    assert aspects(explanation) == ["diff_ids"]


def test_an_unknown_empty_layer_matters_with_more_entries_than_layers() -> None:
    one = source()
    explanation = explanation_of([base(), with_doubt(one, "history.empty_layer")], [OTHER], parent="", Cmd=("base",))
    assert explanation.verdict.stage is StageKind.HISTORY
    assert explanation.doubts == ()  # with two entries and two layers, no entry can be empty
    config = one.config.model_copy(update={"rootfs": RootFS(diff_ids=("sha256:1",))})
    fewer = with_doubt(one.model_copy(update={"config": config}), "history.empty_layer")
    explanation = explanation_of([base(), fewer], [OTHER], parent="", Cmd=("base",))
    assert explanation.verdict.as_known.stage is StageKind.HISTORY
    assert aspects(explanation) == ["history.empty_layer"]
    (check,) = explanation.trace.stages[0].checks
    assert check.doubts


def test_a_source_by_name_depends_on_names_and_one_by_id_does_not() -> None:
    images = [with_doubt(base(), "names"), source()]
    assert aspects(explanation_of(images, ["nothing:1"], Cmd=("make",))) == ["names"]
    assert explanation_of(images, [OTHER], Cmd=("make",)).doubts == ()


def test_a_doubtful_parent_makes_the_local_answer_uncertain() -> None:
    local = image(NEW, Cmd=COMMAND)
    child = with_doubt(image(OTHER, parent=NEW, history=[entry("x")], layers=["sha256:1"]), "parent")
    explanation = explanation_of([base(), local, child], [OTHER], Cmd=COMMAND)
    assert explanation.verdict.as_known.image is local
    assert may_be(explanation)[0] > HIT_OR_MISS
    assert aspects(explanation) == ["parent"]
    assert checks_of(explanation, OTHER, StageKind.DESCENT)["parent"].doubts


def test_unknown_candidates_do_not_matter_without_a_continuing_source() -> None:
    unknown = [without_config(image(each)) for each in (OLD, NEW)]
    explanation = explanation_of([base(), *unknown, source()], [OTHER], Cmd=("make",))
    assert explanation.verdict.stage is StageKind.HISTORY
    assert explanation.doubts == ()
    child = source().model_copy(update={"parent": NEW})
    explanation = explanation_of([base(), *unknown, child], [OTHER], Cmd=("make",))
    assert aspects(explanation) == ["container_config"]


def test_doubts_are_counted_over_many_candidates_quickly() -> None:
    images = [without_config(image(f"sha256:{i:064x}", second=i)) for i in range(500)]
    explanation = explanation_of(images, Cmd=COMMAND)
    assert [doubted.images for doubted in explanation.doubt_counts] == [500]


def test_parent_doubts_are_counted_over_all_candidates_with_sources() -> None:
    images = [with_doubt(without_config(image(f"sha256:{i:064x}", second=i)), "parent") for i in range(500)]
    child = with_doubt(image(OTHER, parent=NEW, history=[entry("x")], layers=["sha256:1"]), "parent")
    explanation = explanation_of([base(), *images, child], [OTHER], Cmd=COMMAND)
    assert {each.doubt.aspect: each.images for each in explanation.doubt_counts} == {
        "container_config": 500,
        "parent": 501,
    }


@pytest.mark.parametrize("aspect", ["history.created", "history.author", "history.comment", "diff_ids"])
def test_doubts_about_layers_and_history_matter_if_these_are_compared(aspect: Aspect) -> None:
    """The first containerd cache compares whole history entries."""
    child = image(OTHER, parent=None, history=[entry("base"), entry("make")], layers=["sha256:1", "sha256:2"])
    probe = Probe(parent=BASE, config=ContainerConfig(Cmd=("make",)))
    rules = RULE_SETS["containerd-24.0.9"]
    for images in ((base(), child), (base(), with_doubt(child, aspect)), (with_doubt(base(), aspect), child)):
        explanation = explain(ImageCache(ImageStore(images), rules), probe)
        assert explanation.verdict.as_known.image is images[1]
        assert aspects(explanation) == [doubt.aspect for one in images for doubt in one.doubts]


def test_an_unknown_container_config_has_the_command_of_the_history() -> None:
    """An engine writes both at once, so a different command certainly fails even if the container config is unknown."""
    other = without_config(image(NEW, history=[entry("base"), entry("/bin/sh -c other")], Cmd=("x",)))
    explanation = explanation_of([other], Cmd=COMMAND)
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    check = checks_of(explanation, NEW)["Cmd"]
    assert (check.outcome, check.image, check.doubts) == (CheckOutcome.FAILED, "/bin/sh -c other", ())
    # An image restored from a source has no container config, which counts as an empty one.
    assert explanation_of([other]).verdict.outcome is VerdictOutcome.UNKNOWN
    same = without_config(image(NEW, history=[entry("base"), entry("/bin/sh -c make")], Cmd=COMMAND))
    assert may_be(explanation_of([same], Cmd=COMMAND)) == (HIT_OR_MISS, [same])
    # If the parent, the history or its commands are unknown too, nothing is certain.
    for aspect in ("parent", "history", "history.created_by"):
        assert explanation_of([with_doubt(other, aspect)], Cmd=COMMAND).verdict.outcome is VerdictOutcome.UNKNOWN
    root = other.model_copy(update={"parent": None})
    assert explanation_of([root], parent="", Cmd=COMMAND).verdict.outcome is VerdictOutcome.UNKNOWN


MARKED_RULES = [
    name for name, rules in RULE_SETS.items() if any(isinstance(each, BuiltLocally) for each in rules.requirements)
]


def marked_by(version: str, name: str, parent: str | None = BASE) -> Explanation:
    one = with_doubt(image(NEW, parent=parent, Cmd=COMMAND), "built_locally")
    config = one.config.model_copy(update={"docker_version": version, "architecture": "amd64", "os": "linux"})
    one = one.model_copy(update={"config": config, "from_scratch": parent is None})
    probe = Probe(parent=parent or "", config=ContainerConfig(Cmd=COMMAND))
    return explain(ImageCache(ImageStore((one,)), RULE_SETS[name]), probe)


@pytest.mark.parametrize("name", MARKED_RULES)
def test_a_hit_that_depends_on_built_locally_explains_why_it_is_likely(name: str) -> None:
    explanation = marked_by("28.5.2", name)
    assert explanation.sentence == "a hit on d:1, if it was built here"
    assert "The image was most likely built here: it records a parent" in explanation.reason
    assert may_be(explanation)[0] == HIT_OR_MISS
    assert explanation.deciding is not None
    assert explanation.deciding.check is not None
    assert explanation.deciding.check.kind is CheckKind.BUILT_LOCALLY
    assert "unclear" in marked_by("28.5.2", name, parent=None).reason


@pytest.mark.parametrize(
    ("version", "has_mark"),
    [
        *(("20.10.24+dfsg1", False), ("23.0.9", False), ("23.0.10", True), ("24.0.8", False), ("24.0.9", True)),
        *(("25.0.1", False), ("25.0.2", True), ("26.0.0-rc1", True), ("28.5.2", True), ("", True)),
    ],
)
def test_an_engine_older_than_the_built_here_mark_likely_set_none(version: str, has_mark: bool) -> None:
    reason = marked_by(version, "graphdriver-28.5.2").reason
    assert ("was most likely built here:" in reason) is has_mark
    assert (f"Docker {version}, which created it," in reason) is not has_mark


@pytest.mark.slow
def test_memory_for_doubts_is_linear_in_the_number_of_images() -> None:
    """A bit for each image in each doubt or command would need memory for the square of their number."""
    count = 8_000
    rules = RULE_SETS["graphdriver-28.5.2"]
    images = tuple(
        Image(
            id=f"sha256:{number:064x}",
            config=ImageConfig(history=(HistoryEntry(created_by=f"make {number}"),)),
            doubts=(Doubt(aspect="container_config", reason=f"reason {number}", remedy=""),),
        )
        for number in range(count)
    )
    index = CandidateIndex(images, rules)
    tracemalloc.start()
    met = list(index.unknowns.among(index.all & ~1))
    possible = index.may_match(Probe(config=ContainerConfig(Cmd=("make 7",))))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [images for _, images in met] == [1] * (count - 1)
    assert possible == 0  # none of them was recorded as built locally
    assert peak < count * 500
