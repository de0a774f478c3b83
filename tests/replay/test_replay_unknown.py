"""Steps whose result cannot be known without building, and what the candidates in the store tell about it."""

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


def test_unknown_files_without_a_candidate_are_a_miss(daemon: Daemon) -> None:
    reported = daemon.replay(STAGES, FILES)
    assert statuses(reported) == ["miss", "miss", "not asked", "not asked"]
    assert [step.created_by is None for step in reported.looked_up] == [False, True, False, False]
    assert reported.all_cached is False


def test_steps_after_unknown_files_are_looked_up_on_the_candidate(daemon: Daemon) -> None:
    ids = daemon.build(STAGES, FILES)
    reported = daemon.replay(STAGES, FILES)
    assert statuses(reported) == ["hit", "unknown", "unknown", "unknown"]
    assert [step.possible for step in reported.looked_up][1:] == [(image,) for image in ids[1:]]
    assert reported.steps[3].reason == "this step copies from a: the image's layers were not read"
    assert all("is unknown" in step.reason for step in reported.steps[4:])
    assert reported.all_cached is None
    assert reported.history is not None
    assert reported.history[0] is None


def test_a_step_that_no_possible_parent_has_is_a_certain_miss(daemon: Daemon) -> None:
    daemon.build(STAGES, FILES)
    daemon.build(STAGES, FILES, BuildOptions(no_cache=True), copied="d" * 64)
    reported = daemon.replay(STAGES.replace("A=1", "A=2"), FILES)
    assert statuses(reported) == ["hit", "unknown", "miss", "not asked"]
    assert len(reported.steps[3].possible) == 2
    assert reported.all_cached is False


def test_a_step_that_only_some_possible_parents_have_is_unknown(daemon: Daemon) -> None:
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


def test_a_repeated_copy_of_unknown_files_is_unknown(daemon: Daemon) -> None:
    twice = STAGES + "FROM scratch\nCOPY --from=a /a /b\n"
    reported = daemon.replay(twice, FILES)
    assert statuses(reported) == ["miss", "miss", "not asked", "not asked", "unknown"]
    assert reported.steps[-1].possible == ()


def test_a_stage_on_an_unknown_stage_considers_all_its_possible_images(daemon: Daemon) -> None:
    ids = daemon.build(STAGES.replace("FROM scratch\nCOPY --from", "FROM scratch AS b\nCOPY --from"), FILES)
    dockerfile = STAGES.replace("FROM scratch\nCOPY --from", "FROM scratch AS b\nCOPY --from") + "FROM b\nLABEL l=1\n"
    reported = daemon.replay(dockerfile, FILES)
    assert reported.steps[6].text == "FROM b"
    assert reported.steps[6].image == ""
    assert ids[-1] in reported.steps[6].possible
    assert reported.steps[7].cached is False or reported.steps[7].reason


def test_all_steps_on_a_base_to_be_pulled_are_unknown(daemon: Daemon) -> None:
    dockerfile = "FROM nothing:1\nENV A=1\nFROM scratch\nENV A=1\n"
    reported = daemon.replay(dockerfile)
    assert statuses(reported) == ["unknown", "miss"]
    reason = "the store has no image 'nothing:1', so the builder has to pull it"
    assert [step.reason for step in reported.steps][:2] == [reason, reason]
    assert reported.all_cached is False
    assert daemon.replay("FROM nothing:1\nENV A=1\n").all_cached is None
    assert statuses(daemon.replay("FROM nothing:1\nENV A=1\n", options=BuildOptions(no_cache=True))) == ["not asked"]


def test_the_pull_option_makes_every_base_but_scratch_unknown(daemon: Daemon) -> None:
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
def test_an_invalid_stage_number_is_refused(daemon: Daemon, name: str, printed: str) -> None:
    reported = daemon.replay(f"FROM scratch\nENV A=1\nCOPY --from={name} /a /b\n")
    assert reported.refused is not None
    assert (reported.refused.message, reported.refused.line) == (printed, 3)
    assert [step.number for step in reported.steps] == [1, 2, 3]


def test_copying_from_a_missing_image_is_reported(daemon: Daemon) -> None:
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
    """Replace the images by what the API reports, which omits the deciding values."""
    in_containerd = daemon.kind is CONTAINERD
    omitted: tuple[Aspect, ...] = ("built_locally",)
    values: dict[str, object] = {"built_locally": False}
    if in_containerd:
        omitted = (*omitted, "container_config", "from_scratch")
        values |= {"container_config": None, "from_scratch": False}
    doubts = tuple(Doubt(aspect=aspect, reason="the API omits it", remedy="Run as root") for aspect in omitted)
    daemon.images = [image.model_copy(update={**values, "doubts": doubts}) for image in daemon.images]


def test_a_later_stage_may_hit_results_of_unknown_steps_and_the_store(daemon: Daemon) -> None:
    built = daemon.build(SHARED, FILES)
    assert statuses(daemon.replay(SHARED, FILES)) == ["hit"] * 5
    through_the_api(daemon)
    reported = daemon.replay(SHARED, FILES)
    assert statuses(reported) == ["unknown"] * 5
    assert [step.possible for step in reported.looked_up] == [(built[place],) for place in (0, 1, 0, 1, 2)]
    assert "whether the store has it" in reported.steps[4].reason
    assert reported.steps[4].remedies == ("Run as root",)


def test_a_step_after_an_unknown_one_can_miss_on_every_possible_image(daemon: Daemon) -> None:
    built = daemon.build("FROM scratch\nCOPY a /a\n", FILES, name="first:1")
    through_the_api(daemon)
    again = "FROM scratch\nCOPY a /a\nENV NEW=1\nFROM first:1\nENV NEW=1\n"
    reported = daemon.replay(again, FILES)
    assert statuses(reported) == ["unknown", "miss", "unknown"]
    assert reported.steps[1].possible == (built[0],)
    certain = daemon.replay(again.replace("COPY a /a\nENV", "COPY a /b\nENV"), FILES)
    assert statuses(certain) == ["miss", "not asked", "miss"]


def test_unknown_files_may_match_an_image_not_known_to_be_a_first_step(daemon: Daemon) -> None:
    built = daemon.build(STAGES, FILES)
    through_the_api(daemon)
    reported = daemon.replay(STAGES, FILES)
    assert statuses(reported) == ["unknown"] * 4
    assert [step.possible for step in reported.looked_up] == [(image,) for image in built]


def test_unknown_files_may_match_an_image_with_an_unknown_command(daemon: Daemon) -> None:
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
