"""Each trap of the rules as a small case, with cases that are nearly one."""

from __future__ import annotations

import pytest

from cacheview.engine import (
    ABSENT,
    CONTAINERD_71EBFC7,
    RULE_SETS,
    CheckOutcome,
    HazardKind,
    ImageCache,
    StageKind,
    VerdictOutcome,
    explain,
    take_value,
)
from cacheview.engine.rulesets.releases import newest_rules
from cacheview.model import (
    ContainerConfig,
    HealthConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Probe,
    RootFS,
    StoreKind,
    Timestamp,
)

PARENT, CHILD, OTHER, SOURCE = (f"sha256:{digit * 64}" for digit in "abcd")
FIRST_AND_LAST = (
    "graphdriver-24.0.7",
    newest_rules(StoreKind.GRAPH_DRIVER).name,
    "containerd-71ebfc7",
    newest_rules(StoreKind.CONTAINERD).name,
)
"""The oldest and the newest rules that follow recorded parents, for both kinds of store."""
T = Timestamp.parse("2024-01-01T00:00:00Z")
LATER = Timestamp.parse("2024-01-01T00:00:00.000000001Z")


def image(
    image_id: str,
    *,
    parent: str | None = None,
    config: ContainerConfig | None = None,
    created: Timestamp | None = T,
    history: tuple[HistoryEntry, ...] = (),
    layers: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    from_scratch: bool = False,
    built_locally: bool = False,
) -> Image:
    fields = ImageConfig(
        os="linux",
        architecture="amd64",
        created=created,
        container_config=config,
        history=history,
        rootfs=RootFS(diff_ids=layers),
    )
    return Image(
        id=image_id, parent=parent, names=names, from_scratch=from_scratch, built_locally=built_locally, config=fields
    )


def entry(created_by: str, created: str | None = None, *, empty: bool = True, comment: str = "") -> HistoryEntry:
    when = Timestamp.parse(created) if created else None
    return HistoryEntry(created=when, created_by=created_by, empty_layer=empty, comment=comment)


def ask(images: tuple[Image, ...], probe: Probe):  # type: ignore[no-untyped-def]
    return explain(ImageCache(ImageStore(images), CONTAINERD_71EBFC7), probe)


def local(stored: ContainerConfig | None, probed: ContainerConfig):  # type: ignore[no-untyped-def]
    return ask((image(PARENT), image(CHILD, parent=PARENT, config=stored)), Probe(parent=PARENT, config=probed))


@pytest.mark.parametrize(
    ("stored", "probed", "outcome"),
    [
        ({"Env": ()}, {"Env": None}, "hit"),
        ({"Labels": None}, {"Labels": {}}, "hit"),
        ({"Env": ("A=1", "B=1")}, {"Env": ("B=1", "A=1")}, "miss"),
        ({"Tty": True}, {"Tty": True}, "miss"),  # the image's value is read as false
        ({"Tty": True}, {"Tty": False}, "hit"),
        ({"OpenStdin": True}, {}, "hit"),  # likewise
        ({}, {"OpenStdin": True}, "miss"),
        ({"AttachStdout": True}, {"AttachStdout": True}, "miss"),
        (None, {}, "hit"),
        (None, {"WorkingDir": "/x"}, "hit"),
        (None, {"User": "x"}, "miss"),
        ({"Healthcheck": HealthConfig(Retries=1)}, {}, "hit"),
        ({"ExposedPorts": {"80/tcp": {}}}, {"ExposedPorts": {"81/tcp": {}}}, "miss"),
        ({"Volumes": {"/a": {}}}, {"Volumes": {"/a": {}}}, "hit"),
    ],
)
def test_how_fields_are_compared(stored: dict[str, object] | None, probed: dict[str, object], outcome: str) -> None:
    config = ContainerConfig.model_validate(stored) if stored is not None else None
    assert local(config, ContainerConfig.model_validate(probed)).verdict.outcome.value == outcome


@pytest.mark.parametrize(
    ("stored", "probed", "outcome"),
    [
        ({"a": ""}, {"b": "x"}, "hit"),
        ({"b": "x"}, {"a": ""}, "miss"),
        ({"a": "", "c": "1"}, {"b": "x", "c": "1"}, "hit"),
        ({"a": ""}, {"a": "x"}, "miss"),
        ({"a": ""}, {"b": "x", "c": "y"}, "miss"),
    ],
)
def test_an_empty_label_of_the_image_matches_any_in_its_place(
    stored: dict[str, str], probed: dict[str, str], outcome: str
) -> None:
    assert local(ContainerConfig(Labels=stored), ContainerConfig(Labels=probed)).verdict.outcome.value == outcome


@pytest.mark.parametrize("rules", FIRST_AND_LAST)
def test_the_newest_image_wins_and_the_first_at_equal_times(rules: str) -> None:
    config, probe = ContainerConfig(), Probe(parent=PARENT)
    first, second = (image(each, parent=PARENT, config=config, built_locally=True) for each in (CHILD, OTHER))
    newer = second.model_copy(update={"config": second.config.model_copy(update={"created": LATER})})

    def answer(*images: Image) -> Image | None:
        return ImageCache(ImageStore((image(PARENT), *images)), RULE_SETS[rules]).verdict(probe).image

    assert (answer(first, second), answer(second, first)) == (first, second)
    assert answer(first, newer) == newer
    assert answer(newer, first) == newer


@pytest.mark.parametrize("rules", ["containerd-24.0.7", "containerd-24.0.9"])
def test_the_first_image_matching_by_history_wins_over_a_newer_one(rules: str) -> None:
    base, step, layers = (entry("FROM"),), entry("/bin/sh -c x", empty=False), ("sha256:p", "sha256:q")
    config, probe = ContainerConfig(Cmd=("/bin/sh", "-c", "x")), Probe(parent=PARENT)
    first, newer = (
        image(each, created=when, history=(*base, step), layers=layers) for each, when in ((CHILD, T), (OTHER, LATER))
    )

    def answer(*images: Image) -> Image | None:
        store = ImageStore((image(PARENT, history=base, layers=layers[:1]), *images))
        return ImageCache(store, RULE_SETS[rules]).verdict(probe.model_copy(update={"config": config})).image

    assert (answer(first, newer), answer(newer, first)) == (first, newer)


def test_an_image_without_a_creation_time_never_matches() -> None:
    explanation = ask((image(CHILD, parent=PARENT, created=None),), Probe(parent=PARENT))
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    assert explanation.edit is None
    assert explanation.deciding is not None
    assert explanation.deciding.check is not None
    assert explanation.deciding.check.name == "created"


HISTORY = (entry("FROM", "2024-01-01T00:00:00Z"), entry("step", "2024-01-01T00:00:00.1Z"))


@pytest.mark.parametrize(
    ("parents", "sources", "outcome"),
    [
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "hit"),
        ("2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.100Z", "hit"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00", "miss"),
        ("2024-01-01T00:00:00-00:00", "2024-01-01T00:00:00+00:00", "hit"),
        ("2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+01:00", "hit"),
        ("2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00", "miss"),
        ("2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:00.000000002Z", "miss"),
        (None, None, "hit"),
        (None, "0001-01-01T00:00:00Z", "miss"),
    ],
)
def test_history_times(parents: str | None, sources: str | None, outcome: str) -> None:
    parent = image(PARENT, history=(entry("FROM", parents),))
    source = image(SOURCE, history=(entry("FROM", sources), entry("RUN x")))
    probe = Probe(parent=PARENT, config=ContainerConfig(Cmd=("RUN", "x"), User="nobody"), cache_from=(SOURCE,))
    assert ask((parent, source), probe).verdict.outcome.value == outcome


def test_a_parent_with_layers_and_no_history_is_compared_by_its_layers() -> None:
    parent = image(PARENT, layers=("sha256:1",))
    fits = image(SOURCE, layers=("sha256:1", "sha256:2"), history=(entry("x", empty=False),))
    config = ContainerConfig(Cmd=("x",), User="nobody")
    probe = Probe(parent=PARENT, config=config, cache_from=(SOURCE,))
    assert ask((parent, fits), probe).verdict.image == fits
    unlike = image(SOURCE, layers=("sha256:2", "sha256:1"), history=(entry("x", empty=False),))
    explanation = ask((parent, unlike), probe)
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    assert explanation.deciding is not None
    assert explanation.deciding.check is not None
    assert explanation.deciding.check.name == "diff_ids[0]"


@pytest.mark.parametrize(
    ("history", "layers", "count"),
    [((), (), 0), ((entry("x", empty=False),), (), 0), ((entry("x"),), (), 1), ((entry("x"),) * 5, (), 2)],
)
def test_lineage(history: tuple[HistoryEntry, ...], layers: tuple[str, ...], count: int) -> None:
    """No history or too few layers: no source; otherwise one image for each entry, as far as there are parents."""
    images = (image(PARENT), image(SOURCE, parent=PARENT, history=history, layers=layers))
    assert len(ask(images, Probe(cache_from=(SOURCE,))).verdict.sources) == count


def test_a_parent_cycle_is_followed_only_to_the_history_length() -> None:
    history = (entry("x"),) * 5
    images = (image(CHILD, parent=OTHER, history=history), image(OTHER, parent=CHILD, history=history))
    verdict = ask(images, Probe(parent=PARENT, cache_from=(CHILD,))).verdict
    assert [source.id for source in verdict.sources] == [CHILD, OTHER, CHILD, OTHER, CHILD]


def test_a_verdict_diverges_only_if_the_source_is_reached() -> None:
    match, alone = image(CHILD, history=(entry("a"),)), image(SOURCE, history=(entry("b"),))
    probe = Probe(cache_from=(SOURCE,))
    explanation = ask((match, alone), probe)
    assert explanation.verdict.outcome is VerdictOutcome.DIVERGES
    assert [hazard.kind for hazard in explanation.hazards] == [HazardKind.DIVERGENCE]
    son = image(OTHER, parent=CHILD, history=(entry("a"), entry("b")), created=T)
    before = ask((match, alone, son), Probe(cache_from=(OTHER, SOURCE)))
    assert before.verdict.outcome is VerdictOutcome.HIT
    assert before.verdict.stage is StageKind.LOCAL


def test_a_self_parent_is_its_own_source() -> None:
    own = image(CHILD, parent=CHILD, history=(entry("a"),))
    alone = image(SOURCE, history=(entry("b"),))
    assert ask((own, alone), Probe(parent=CHILD, cache_from=(SOURCE,))).verdict.image == own


def test_an_unknown_parent_is_an_error_only_with_cache_from() -> None:
    assert ask((), Probe(parent=PARENT)).verdict.outcome is VerdictOutcome.MISS
    explanation = ask((), Probe(parent=PARENT, cache_from=("gone",)))
    assert explanation.verdict.outcome is VerdictOutcome.ERROR
    assert PARENT in explanation.verdict.error


def test_a_trace_shows_both_values_and_what_is_not_compared() -> None:
    explanation = local(
        ContainerConfig(Env=("A=1", "B=1"), WorkingDir="/x", Tty=True), ContainerConfig(Env=("A=1", "B=2"), User="")
    )
    subject = explanation.trace.stages[0].subjects[0]
    named = {check.name: check for check in subject.checks}
    env = named["Env"]
    assert [(c.name, c.outcome, c.probe, c.image) for c in env.children] == [
        ("Env[0]", CheckOutcome.PASSED, "A=1", "A=1"),
        ("Env[1]", CheckOutcome.FAILED, "B=2", "B=1"),
    ]
    assert subject.deciding == env.children[1]
    assert named["Labels"].outcome is CheckOutcome.NOT_REACHED
    assert named["WorkingDir"].outcome is CheckOutcome.NOT_COMPARED
    assert (named["WorkingDir"].probe, named["WorkingDir"].image) == ("", "/x")
    assert "does not read" in named["Tty"].note
    assert list(named)[:13] == [
        *("OpenStdin not set", "AttachStdout", "AttachStderr", "User", "OpenStdin", "Tty"),
        *("len(Cmd)", "len(Env)", "len(Labels)", "len(ExposedPorts)", "len(Entrypoint)", "len(Volumes)", "Cmd"),
    ]
    assert {"Shell", "Hostname", "StopTimeout"} <= {
        name for name, check in named.items() if check.outcome is CheckOutcome.NOT_COMPARED
    }


def test_a_label_that_the_probe_lacks_is_reported() -> None:
    explanation = local(ContainerConfig(Labels={"a": ""}), ContainerConfig(Labels={"b": "x"}))
    labels = next(c for c in explanation.trace.stages[0].subjects[0].checks if c.name == "Labels")
    assert [(c.name, c.outcome, c.probe, c.image) for c in labels.children] == [
        ('Labels["a"]', CheckOutcome.PASSED, ABSENT, ""),
        ('Labels["b"]', CheckOutcome.NOT_COMPARED, "x", ABSENT),
    ]
    assert HazardKind.LABEL_WILDCARD in {hazard.kind for hazard in explanation.hazards}


def test_taking_a_value_changes_only_that_element() -> None:
    explanation = local(ContainerConfig(Env=("A=1", "B=1")), ContainerConfig(Env=("A=2", "B=2")))
    subject = explanation.trace.stages[0].subjects[0]
    assert subject.deciding is not None
    edit = take_value(explanation.trace.probe, subject.deciding, subject.image, CONTAINERD_71EBFC7)
    assert edit is not None
    assert edit.probe.config.Env == ("A=1", "B=2")
    assert [(change.name, change.old, change.new) for change in edit.changes] == [("Env[0]", "A=2", "A=1")]


@pytest.mark.parametrize("command", [("echo", "hi"), ("/bin/sh", "-c", "x"), (), ("a",)])
@pytest.mark.parametrize("reported", ["", "echo hi", "/bin/sh -c #(nop)  USER x", "/bin/sh -c make all", " "])
def test_a_command_taken_from_a_history_joins_to_it(command: tuple[str, ...], reported: str) -> None:
    parent = image(PARENT, history=(entry("FROM"),))
    source = image(SOURCE, history=(entry("FROM"), entry(reported)))
    config = ContainerConfig(Cmd=command, User="nobody")
    explanation = ask((parent, source), Probe(parent=PARENT, config=config, cache_from=(SOURCE,)))
    if explanation.verdict.outcome is VerdictOutcome.MISS and not reported:
        assert explanation.edit is None  # every instruction has a command
    elif explanation.verdict.outcome is VerdictOutcome.MISS:
        assert explanation.edit is not None
        assert " ".join(explanation.edit.probe.config.Cmd or ()) == reported
        assert explanation.edit.target == source
    else:
        assert " ".join(command) == reported


def test_the_command_that_is_most_like_the_current_one_is_proposed() -> None:
    parent = image(PARENT, history=(entry("FROM"),))
    unlike = image(SOURCE, history=(entry("FROM"), entry("x y z")))
    like = image(OTHER, history=(entry("FROM"), entry("make -j 4")))
    probe = Probe(parent=PARENT, config=ContainerConfig(Cmd=("make", "-j", "2")), cache_from=(SOURCE, OTHER))
    edit = ask((parent, unlike, like), probe).edit
    assert edit is not None
    assert edit.probe.config.Cmd == ("make", "-j", "4")
    assert edit.target == like


def kinds(explanation) -> set[HazardKind]:  # type: ignore[no-untyped-def]
    return {hazard.kind for hazard in explanation.hazards}


def test_hazards_are_found_and_near_misses_are_not() -> None:
    # a tie, and two images that are a nanosecond apart
    tied = (image(CHILD, parent=PARENT), image(OTHER, parent=PARENT))
    assert kinds(ask(tied, Probe(parent=PARENT))) == {HazardKind.TIE}
    apart = (image(CHILD, parent=PARENT), image(OTHER, parent=PARENT, created=LATER))
    assert kinds(ask(apart, Probe(parent=PARENT))) == set()
    # a field that is not compared differs, and one that only names the container
    assert kinds(local(ContainerConfig(OnBuild=("RUN x",)), ContainerConfig())) == {HazardKind.UNCOMPARED_FIELD}
    assert kinds(local(ContainerConfig(OnBuild=()), ContainerConfig())) == set()
    assert kinds(local(ContainerConfig(Image="x", Hostname="h"), ContainerConfig())) == set()
    # without a config in the store, no difference is known
    assert kinds(local(None, ContainerConfig(WorkingDir="/x"))) == set()
    # for scratch, a first step is no hazard, but a pulled image is
    step = image(CHILD, history=(entry("LABEL x"),), config=ContainerConfig())
    assert kinds(ask((step,), Probe())) == set()
    pulled = image(CHILD, history=(entry("ADD"), entry("CMD")), config=ContainerConfig())
    assert kinds(ask((pulled,), Probe())) == {HazardKind.PULLED_FOR_SCRATCH}
    marked = image(CHILD, history=(entry("ADD"), entry("CMD")), config=ContainerConfig(), from_scratch=True)
    assert kinds(ask((marked,), Probe())) == set()


def test_hazards_of_a_history_hit() -> None:
    parent = image(PARENT, history=(entry("FROM"),))
    config = ContainerConfig(Cmd=("echo", "hi"))
    probe = Probe(parent=PARENT, config=config, cache_from=(SOURCE,))
    steps = (entry("FROM"), entry("echo hi"))
    same = image(SOURCE, history=steps, config=config)
    assert kinds(ask((parent, same), probe)) == set()
    split = image(SOURCE, history=steps, config=ContainerConfig(Cmd=("echo hi",)))
    assert kinds(ask((parent, split), probe)) == {HazardKind.JOIN_COLLISION}
    unknown = image(SOURCE, history=steps)
    assert kinds(ask((parent, unknown), probe)) == set()
    longer = image(SOURCE, history=(*steps, entry("more")))
    assert kinds(ask((parent, longer), probe)) == {HazardKind.FURTHER_STEPS}
    poisoned = image(SOURCE, history=steps, config=ContainerConfig(Cmd=("echo", "hi"), User="root"))
    assert kinds(ask((parent, poisoned), probe)) == {HazardKind.UNCOMPARED_FIELD}
    # the step's own image is found below the source
    built = image(OTHER, parent=CHILD, history=(*steps, entry("more")))
    below = image(CHILD, parent=PARENT, history=steps, config=ContainerConfig(Cmd=("echo hi",)), created=None)
    found = ask((parent, built, below), Probe(parent=PARENT, config=config, cache_from=(OTHER,)))
    assert kinds(found) == {HazardKind.FURTHER_STEPS, HazardKind.JOIN_COLLISION}


def test_a_discarded_local_match_is_a_hazard() -> None:
    images = (
        image(PARENT, history=(entry("FROM"),)),
        image(CHILD, parent=PARENT, history=(entry("FROM"), entry("x"))),
        image(SOURCE, parent=OTHER, history=(entry("z"),)),
    )
    explanation = ask(images, Probe(parent=PARENT, cache_from=(SOURCE,)))
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    assert kinds(explanation) == {HazardKind.LOCAL_DISCARDED}
    assert explanation.edit is not None
    assert explanation.edit.probe.cache_from == ()
