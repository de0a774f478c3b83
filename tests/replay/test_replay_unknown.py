"""Steps that cannot be known without building, and what follows from the candidates that the store has."""

from __future__ import annotations

import pytest
from build_kit import CONTAINERD, GRAPH_DRIVER, Daemon, image_of, statuses

from cacheview.model import Aspect, Doubt
from cacheview.replay.options import BuildOptions

FILES = {"a": b"1\n"}
STAGES = "FROM scratch AS a\nCOPY a /a\nFROM scratch\nCOPY --from=a /a /b\nENV A=1\nCMD x\n"


@pytest.fixture(params=[CONTAINERD, GRAPH_DRIVER], ids=lambda kind: kind.value)
def daemon(request: pytest.FixtureRequest) -> Daemon:
    return Daemon(kind=request.param)


def test_with_no_candidate_it_is_a_miss(daemon: Daemon) -> None:
    reported = daemon.replay(STAGES, FILES)
    assert statuses(reported) == ["miss", "miss", "not asked", "not asked"]
    assert [step.created_by is None for step in reported.looked_up] == [False, True, False, False]
    assert reported.all_cached is False


def test_with_one_candidate_the_rest_is_asked_on_it(daemon: Daemon) -> None:
    ids = daemon.build(STAGES, FILES)
    reported = daemon.replay(STAGES, FILES)
    assert statuses(reported) == ["hit", "unknown", "unknown", "unknown"]
    assert [step.possible for step in reported.looked_up][1:] == [(image,) for image in ids[1:]]
    assert reported.steps[3].reason == "this step copies from a: the image's layers were not read"
    assert all("is unknown" in step.reason for step in reported.steps[4:])
    assert reported.all_cached is None
    assert reported.history is not None
    assert reported.history[0] is None


def test_what_no_candidate_has_is_a_miss_for_certain(daemon: Daemon) -> None:
    daemon.build(STAGES, FILES)
    daemon.build(STAGES, FILES, BuildOptions(no_cache=True), copied="d" * 64)
    reported = daemon.replay(STAGES.replace("A=1", "A=2"), FILES)
    assert statuses(reported) == ["hit", "unknown", "miss", "not asked"]
    assert len(reported.steps[3].possible) == 2
    assert reported.all_cached is False


def test_what_one_of_several_has_stays_unknown(daemon: Daemon) -> None:
    first = daemon.build(STAGES, FILES)
    second = daemon.build(STAGES.replace("A=1", "A=2"), FILES, BuildOptions(no_cache=True), copied="d" * 64)
    reported = daemon.replay(STAGES, FILES)
    assert statuses(reported) == ["hit", "unknown", "unknown", "unknown"]
    assert set(reported.steps[3].possible) == {first[1], second[1]}
    assert reported.steps[4].possible == (first[2],)


def test_another_destination_or_owner_is_not_a_candidate(daemon: Daemon) -> None:
    daemon.build(STAGES, FILES)
    assert statuses(daemon.replay(STAGES.replace("/b", "/c"), FILES))[1] == "miss"
    assert statuses(daemon.replay(STAGES.replace("--from=a", "--from=a --chown=1"), FILES))[1] == "miss"
    assert statuses(daemon.replay(STAGES.replace("--from=a /a", "--from=0 /other"), FILES))[1] == "unknown"


def test_the_same_unknown_files_twice_may_hit_what_the_build_made(daemon: Daemon) -> None:
    twice = STAGES + "FROM scratch\nCOPY --from=a /a /b\n"
    reported = daemon.replay(twice, FILES)
    assert statuses(reported) == ["miss", "miss", "not asked", "not asked", "unknown"]
    assert reported.steps[-1].possible == ()


def test_a_stage_on_an_unknown_one_is_unknown_or_goes_on_in_all_its_ends(daemon: Daemon) -> None:
    ids = daemon.build(STAGES.replace("FROM scratch\nCOPY --from", "FROM scratch AS b\nCOPY --from"), FILES)
    dockerfile = STAGES.replace("FROM scratch\nCOPY --from", "FROM scratch AS b\nCOPY --from") + "FROM b\nLABEL l=1\n"
    reported = daemon.replay(dockerfile, FILES)
    assert reported.steps[6].text == "FROM b"
    assert reported.steps[6].image == ""
    assert ids[-1] in reported.steps[6].possible
    assert reported.steps[7].cached is False or reported.steps[7].reason


def test_all_on_a_base_that_is_to_be_pulled_is_unknown(daemon: Daemon) -> None:
    dockerfile = "FROM nothing:1\nENV A=1\nFROM scratch\nENV A=1\n"
    reported = daemon.replay(dockerfile)
    assert statuses(reported) == ["unknown", "miss"]
    reason = "the store has no image 'nothing:1', so the builder has to pull it"
    assert [step.reason for step in reported.steps][:2] == [reason, reason]
    assert reported.all_cached is False
    assert daemon.replay("FROM nothing:1\nENV A=1\n").all_cached is None
    assert statuses(daemon.replay("FROM nothing:1\nENV A=1\n", options=BuildOptions(no_cache=True))) == ["not asked"]


def test_with_pull_every_base_is_unknown_but_scratch(daemon: Daemon) -> None:
    daemon.add(image_of("base:1"))
    daemon.build("FROM base:1\nENV A=1\n")
    daemon.build("FROM scratch\nENV A=1\n")
    dockerfile = "FROM base:1\nENV A=1\nFROM scratch\nENV A=1\n"
    assert statuses(daemon.replay(dockerfile)) == ["hit", "hit"]
    reported = daemon.replay(dockerfile, options=BuildOptions(pull=True))
    assert statuses(reported) == ["unknown", "hit"]
    assert "--pull" in reported.steps[0].reason


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("0", "invalid from flag value 0: refers to current build stage"),
        ("3", "invalid from flag value 3: index out of bounds"),
        ("-1", "invalid from flag value -1: index out of bounds"),
    ],
)
def test_a_stage_number_that_is_none_is_refused(daemon: Daemon, name: str, printed: str) -> None:
    reported = daemon.replay(f"FROM scratch\nENV A=1\nCOPY --from={name} /a /b\n")
    assert reported.refused is not None
    assert (reported.refused.message, reported.refused.line) == (printed, 3)
    assert [step.number for step in reported.steps] == [1, 2, 3]


def test_files_of_an_image_that_is_not_there_are_reported_as_such(daemon: Daemon) -> None:
    dockerfile = "FROM scratch\nCOPY --from=base:1 /a /b\n"
    daemon.add(image_of("base:1"))
    daemon.build(dockerfile)
    assert daemon.replay(dockerfile).steps[1].reason == "this step copies from base:1: the image's layers were not read"
    daemon.images = [image for image in daemon.images if not image.names]
    assert daemon.replay(dockerfile).steps[1].reason == "the store has no image 'base:1', so the builder has to pull it"


def test_a_url_is_unknown_where_the_store_has_a_candidate(daemon: Daemon) -> None:
    dockerfile = "FROM scratch\nADD https://example.com/f /f\nENV A=1\n"
    assert statuses(daemon.replay(dockerfile)) == ["miss", "not asked"]
    ids = daemon.build(dockerfile)
    reported = daemon.replay(dockerfile)
    assert statuses(reported) == ["unknown", "unknown"]
    assert reported.steps[1].possible == (ids[0],)


SHARED = "FROM scratch AS a\nCOPY a /a\nENV A=1\nFROM scratch\nCOPY a /a\nENV A=1\nCMD b\n"


def through_the_api(daemon: Daemon) -> None:
    """The images as the API reports them, which leaves out what decides."""
    in_containerd = daemon.kind is CONTAINERD
    omitted: tuple[Aspect, ...] = ("built_locally",)
    values: dict[str, object] = {"built_locally": False}
    if in_containerd:
        omitted = (*omitted, "container_config", "from_scratch")
        values |= {"container_config": None, "from_scratch": False}
    doubts = tuple(Doubt(aspect=aspect, reason="the API omits it", remedy="Run as root") for aspect in omitted)
    daemon.images = [image.model_copy(update={**values, "doubts": doubts}) for image in daemon.images]


def test_a_later_stage_may_hit_what_an_unknown_step_made_and_what_the_store_has(daemon: Daemon) -> None:
    built = daemon.build(SHARED, FILES)
    assert statuses(daemon.replay(SHARED, FILES)) == ["hit"] * 5
    through_the_api(daemon)
    reported = daemon.replay(SHARED, FILES)
    assert statuses(reported) == ["unknown"] * 5
    assert [step.possible for step in reported.looked_up] == [(built[place],) for place in (0, 1, 0, 1, 2)]
    assert "whether the store has it" in reported.steps[4].reason
    assert reported.steps[4].remedies == ("Run as root",)


def test_a_step_that_misses_on_each_image_of_an_unknown_one_is_made_on_each(daemon: Daemon) -> None:
    built = daemon.build("FROM scratch\nCOPY a /a\n", FILES, name="first:1")
    through_the_api(daemon)
    again = "FROM scratch\nCOPY a /a\nENV NEW=1\nFROM first:1\nENV NEW=1\n"
    reported = daemon.replay(again, FILES)
    assert statuses(reported) == ["unknown", "miss", "unknown"]
    assert reported.steps[1].possible == (built[0],)
    certain = daemon.replay(again.replace("COPY a /a\nENV", "COPY a /b\nENV"), FILES)
    assert statuses(certain) == ["miss", "not asked", "miss"]


def test_files_that_are_not_known_may_be_those_of_a_first_step_that_is_not_known_as_one(daemon: Daemon) -> None:
    built = daemon.build(STAGES, FILES)
    through_the_api(daemon)
    reported = daemon.replay(STAGES, FILES)
    assert statuses(reported) == ["unknown"] * 4
    assert [step.possible for step in reported.looked_up] == [(image,) for image in built]


def test_files_that_are_not_known_may_be_those_of_an_image_whose_command_is_not_known(daemon: Daemon) -> None:
    daemon.add(image_of("base:1"))
    build = "FROM base:1\nCOPY --from=other:1 /a /b\n"
    (built,) = daemon.build(build)
    assert daemon.replay(build).steps[1].possible == (built,)
    doubt = Doubt(aspect="config", reason="it could not be read", remedy="Reload the store")
    daemon.images = [
        image.model_copy(update={"config": image.config.model_copy(update={"history": None}), "doubts": (doubt,)})
        if image.id == built
        else image
        for image in daemon.images
    ]
    daemon.images = [
        image.model_copy(update={"container_config": None}) if image.id == built else image for image in daemon.images
    ]
    reported = daemon.replay(build)
    assert statuses(reported) == ["unknown"]
    assert reported.steps[1].possible == (built,)


def test_many_unknown_steps_leave_the_stages_after_them_unknown(daemon: Daemon) -> None:
    long = "FROM scratch\n" + "".join(f"ENV A{number}=1\n" for number in range(100)) + "FROM scratch\nENV A0=1\n"
    daemon.build(long)
    through_the_api(daemon)
    reported = daemon.replay(long)
    assert set(statuses(reported)) == {"unknown"}


@pytest.mark.parametrize(
    "dockerfile",
    ["FROM scratch\nCOPY --from=base:1 /a /b\n", "FROM base:1 AS x\nFROM scratch\nCOPY --from=x /a /b\n"],
)
def test_an_unknown_copy_names_the_image_whose_files_would_make_it_known(daemon: Daemon, dockerfile: str) -> None:
    daemon.add(image_of("base:1"))
    daemon.build(dockerfile)
    step = daemon.replay(dockerfile).steps[-1]
    assert step.cached is None
    assert step.from_image is not None
    assert step.from_image.names == ("docker.io/library/base:1",)
    assert daemon.replay("FROM scratch\nCOPY --from=none:1 /a /b\n").steps[-1].from_image is None
