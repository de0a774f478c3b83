"""For each kind of change, the sentence and the result name the cause first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from build_kit import CONTAINERD, GRAPH_DRIVER, Daemon
from diff_kit import Build, base, compared, diff_of, recorded

from cacheview.diff.causes import CauseKind, CauseOrigin
from cacheview.diff.compare import BuildDiff, PairStatus
from cacheview.diff.words import answer_sentence, lost_cache_sentence
from cacheview.replay.records import redacted_record

BUILD = Build(
    "ARG TAG=latest\nFROM base:$TAG\nARG VERSION=1\nENV MODE=fast\nLABEL team=a\nCOPY src /src\nRUN make\nRUN test\n"
    "CMD x\n",
    {"src/a": b"a", "src/b": b"b", "other": b"o"},
)


def first(diff: BuildDiff) -> tuple[CauseKind, str, str]:
    cause = diff.cause
    assert cause is not None
    place = diff.rows[diff.first].text if diff.first is not None else ""
    return cause.kind, cause.name, place


def edited(before: str, after: str) -> Build:
    assert before in BUILD.dockerfile
    return replace(BUILD, dockerfile=BUILD.dockerfile.replace(before, after))


CASES = {
    "an instruction": (edited("RUN make", "RUN make all"), CauseKind.INSTRUCTION, "", "RUN make all"),
    "a new instruction": (edited("RUN test", "RUN lint\nRUN test"), CauseKind.INSTRUCTION, "", "RUN lint"),
    "an instruction less": (edited("RUN make\n", ""), CauseKind.INSTRUCTION, "", "RUN make"),
    "moved": (edited("RUN make\nRUN test", "RUN test\nRUN make"), CauseKind.INSTRUCTION, "", "RUN make"),
    "a variable": (edited("MODE=fast", "MODE=slow"), CauseKind.ENVIRONMENT, "MODE", "ENV MODE=slow"),
    "a label": (edited("team=a", "team=b"), CauseKind.LABEL, "team", "LABEL team=b"),
    "a default": (edited("VERSION=1", "VERSION=2"), CauseKind.BUILD_ARGUMENT, "VERSION", "ARG VERSION=2"),
    "a base by its name": (edited("base:$TAG", "other"), CauseKind.BASE, "other", "FROM other"),
    "an argument": (
        BUILD.with_options(build_args={"VERSION": "3"}),
        *(CauseKind.BUILD_ARGUMENT, "VERSION", "RUN make"),
    ),
    "an argument of FROM": (
        BUILD.with_options(build_args={"TAG": "next"}),
        *(CauseKind.BUILD_ARGUMENT, "TAG", "FROM base:$TAG"),
    ),
    "a label option": (BUILD.with_options(labels={"x": "y"}), CauseKind.LABEL, "x", "LABEL x=y"),
    "no cache": (BUILD.with_options(no_cache=True), CauseKind.OPTION, "--no-cache", "ARG VERSION=1"),
    "content": (replace(BUILD, files={**BUILD.files, "src/a": b"A"}), CauseKind.FILES, "", "COPY src /src"),
    "mode": (replace(BUILD, modes={"src/a": 0o755}), CauseKind.FILES, "", "COPY src /src"),
    "a file more": (replace(BUILD, files={**BUILD.files, "src/c": b"c"}), CauseKind.FILES, "", "COPY src /src"),
    "client with owners": (replace(BUILD, client="docker-py"), CauseKind.CLIENT, "", "COPY src /src"),
    "client with type bits": (replace(BUILD, client="docker-cli-20.10"), CauseKind.CLIENT, "", "COPY src /src"),
    "a file that nothing copies": (replace(BUILD, files={**BUILD.files, "other": b"p"}), CauseKind.FILES, "", ""),
    "an argument that nothing uses": (
        BUILD.with_options(build_args={"NONE": "3"}),
        *(CauseKind.BUILD_ARGUMENT, "NONE", ""),
    ),
    "cache from": (BUILD.with_options(cache_from=("other",)), CauseKind.OPTION, "--cache-from", "ARG VERSION=1"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cause_is_named_first(name: str) -> None:
    other, cause, named, text = CASES[name]
    daemon = Daemon()
    base(daemon)
    base(daemon, "base:next", "b")
    base(daemon, "other:latest", "c")
    diff = diff_of(BUILD, other, daemon)
    assert first(diff) == (cause, named, text)
    assert diff.is_same is (text == "")


def test_builds_that_are_the_same_say_so() -> None:
    diff = diff_of(BUILD, BUILD)
    assert diff.is_same is True
    assert diff.cause is None
    assert answer_sentence(diff) == "The cache treats both builds the same (7 of 7 steps cached in both)."


@pytest.fixture
def daemon() -> Daemon:
    made = Daemon()
    base(made)
    return made


def test_a_removed_intermediate_image_is_the_cause(daemon: Daemon) -> None:
    recorded(daemon, BUILD)
    a = recorded(daemon, BUILD, 1)
    gone = next(image for image in daemon.images if image.instruction == "LABEL team=a")
    below = {gone.id}
    for image in daemon.images:
        if image.parent in below:
            below.add(image.id)
    daemon.images = [image for image in daemon.images if image.id not in below]
    diff = compared(a, recorded(daemon, BUILD, 2))
    assert first(diff) == (CauseKind.IMAGE_MISSING, "", "LABEL team=a")
    assert diff.cause is not None
    assert (diff.cause.image, diff.cause.in_a, diff.origin) == (gone.short_id, True, CauseOrigin.SURROUNDINGS)
    [known] = diff.missing_images
    assert (known.image, known.is_created, known.was_there) == (gone.id, False, True)
    assert [row.status for row in diff.rows][5:] == [PairStatus.FOLLOWS] * 4
    assert "Its own Dockerfile and files are not the cause" in lost_cache_sentence(diff)


def test_an_image_of_the_first_build_missing_for_the_second_is_the_cause(daemon: Daemon) -> None:
    """Both builds miss, and the image that the first one created is gone."""
    recorded(daemon, Build("FROM base\nRUN other\n"))
    a = recorded(daemon, BUILD, 1)
    daemon.images = [image for image in daemon.images if image.instruction in ("import", "RUN other")]
    diff = compared(a, recorded(daemon, BUILD, 2))
    assert diff.is_same is False
    assert first(diff) == (CauseKind.IMAGE_MISSING, "", "ARG VERSION=1")
    [known] = diff.missing_images
    assert known.is_created
    assert ", which build A created at " in answer_sentence(diff)
    assert "no longer in the store" in answer_sentence(diff)


def test_two_machines_that_both_build_it_all_are_the_same() -> None:
    made = []
    for minutes in (0, 5):
        machine = Daemon()
        base(machine)
        made.append(recorded(machine, BUILD, minutes))
    diff = compared(*made)
    assert diff.is_same is True
    assert [known.was_there for known in diff.missing_images] == [False] * len(diff.missing_images)


def test_an_image_missing_from_one_build_is_the_cause(daemon: Daemon) -> None:
    a = recorded(daemon, BUILD)
    diff = compared(a, recorded(daemon, BUILD, 1))
    assert first(diff) == (CauseKind.IMAGE_MISSING, "", "ARG VERSION=1")
    assert diff.cause is not None
    assert diff.cause.in_b
    assert answer_sentence(diff).endswith(", and build B used it.")


def test_a_base_that_was_pulled_again(daemon: Daemon) -> None:
    recorded(daemon, BUILD)
    a = recorded(daemon, BUILD, 1)
    base(daemon, digit="b", created_by="import again")
    diff = compared(a, recorded(daemon, BUILD, 2))
    assert first(diff) == (CauseKind.BASE, "base:latest", "FROM base:$TAG")
    assert answer_sentence(diff).endswith(
        "is different: aaaaaaaaaaaa in A and bbbbbbbbbbbb in B, with the same layers but a different history."
    )
    assert diff.origin is CauseOrigin.SURROUNDINGS


def test_a_parent_lost_by_save_and_load_is_the_cause(daemon: Daemon) -> None:
    recorded(daemon, BUILD)
    a = recorded(daemon, BUILD, 1)
    daemon.images = [
        image.model_copy(update={"parent": None}) if image.instruction == "RUN make" else image
        for image in daemon.images
    ]
    diff = compared(a, recorded(daemon, BUILD, 2))
    assert first(diff) == (CauseKind.LINEAGE, "", "RUN make")
    assert answer_sentence(diff).endswith("has no recorded parent in B.")


@pytest.mark.parametrize("answers", ["step by step", "not printed"])
def test_a_different_store_kind_is_the_cause(answers: str) -> None:
    made = []
    for minutes, kind in enumerate((GRAPH_DRIVER, CONTAINERD)):
        engine = Daemon(kind=kind)
        base(engine)
        if not minutes:
            recorded(engine, BUILD)
        case = recorded(engine, BUILD, minutes)
        if answers == "not printed":
            case = case.model_copy(update={"expect": case.expect.model_copy(update={"steps": None})})
        made.append(case)
    diff = compared(*made)
    assert first(diff) == (CauseKind.STORE_KIND, "", "ARG VERSION=1")


def test_a_target_leaves_steps_out(daemon: Daemon) -> None:
    build = Build("FROM base AS one\nRUN a\nFROM one\nRUN b\n")
    diff = diff_of(build, build.with_options(target="one"), daemon)
    assert first(diff) == (CauseKind.OPTION, "--target", "FROM one")
    assert [row.status for row in diff.rows] == [
        PairStatus.SAME,
        PairStatus.SAME,
        PairStatus.REMOVED,
        PairStatus.REMOVED,
    ]


def test_a_different_platform_option_is_the_cause(daemon: Daemon) -> None:
    build = Build("FROM base\nRUN a\n")
    diff = diff_of(build, build.with_options(platform="linux/arm64"), daemon)
    assert diff.cause is not None
    assert (diff.cause.kind, diff.cause.name) == (CauseKind.OPTION, "--platform")


def test_the_pull_option_is_the_cause_of_a_difference(daemon: Daemon) -> None:
    build = Build("FROM base\nRUN a\n")
    recorded(daemon, build)
    a = recorded(daemon, build, 1)
    value = compared(a, a.model_copy(update={"pull": True, "expect": a.expect.model_copy(update={"steps": None})}))
    assert value.cause is not None
    assert (value.cause.kind, value.cause.name) == (CauseKind.OPTION, "--pull")


def test_only_steps_based_on_a_changed_stage_follow_from_it(daemon: Daemon) -> None:
    text = "FROM base AS one\nRUN a\nFROM base AS two\nRUN b\nFROM one\nENV x=y\nRUN c\n"
    build = Build(text)
    diff = diff_of(build, replace(build, dockerfile=text.replace("RUN a", "RUN aa")), daemon)
    assert [row.status for row in diff.rows] == [
        *(PairStatus.SAME, PairStatus.CHANGED, PairStatus.SAME, PairStatus.SAME),
        *(PairStatus.FOLLOWS, PairStatus.FOLLOWS, PairStatus.FOLLOWS),
    ]


def test_a_record_without_its_store_is_compared(daemon: Daemon) -> None:
    recorded(daemon, BUILD)
    a = recorded(daemon, BUILD, 1)
    b = recorded(daemon, BUILD.with_options(build_args={"VERSION": "2"}), 2, with_store=False)
    assert first(compared(a, b)) == (CauseKind.BUILD_ARGUMENT, "VERSION", "RUN make")
    assert compared(a, recorded(daemon, BUILD, 3, with_store=False)).is_same is True


def test_a_build_that_failed_earlier(daemon: Daemon) -> None:
    recorded(daemon, BUILD)
    a = recorded(daemon, BUILD, 1)
    steps = (a.expect.steps or ())[:7]
    b = a.model_copy(update={"expect": a.expect.model_copy(update={"steps": steps, "ok": False, "error": "disk full"})})
    diff = compared(a, b)
    assert first(diff) == (CauseKind.ENDED, "", "RUN make")
    assert answer_sentence(diff).endswith("build B ended at this step: disk full.")
    assert [row.status for row in diff.rows][7:] == [PairStatus.FOLLOWS] * 2


def test_many_files_have_one_cause(daemon: Daemon) -> None:
    files = {f"src/{number}": b"x" for number in range(50)}
    build = Build("FROM base\nCOPY src /src\n", files)
    diff = diff_of(build, replace(build, modes=dict.fromkeys(files, 0o600)), daemon)
    assert first(diff) == (CauseKind.FILES, "", "COPY src /src")
    assert diff.cause is not None
    assert diff.cause.detail.startswith("50 files: ")
    assert "umask 077, was 022" in diff.cause.detail


def test_triggers_of_the_base_are_steps(daemon: Daemon) -> None:
    build = Build("FROM parent\nRUN a\n", {"src/a": b"a"})
    image = daemon.images[0]
    config = image.config.config
    assert config is not None
    triggers = config.model_copy(update={"OnBuild": ("COPY src /src", "RUN trigger")})
    daemon.add(
        image.model_copy(
            update={
                "id": f"sha256:{'d' * 64}",
                "names": ("docker.io/library/parent:latest",),
                "config": image.config.model_copy(update={"config": triggers}),
            }
        )
    )
    diff = diff_of(build, replace(build, files={"src/a": b"b"}), daemon)
    assert first(diff) == (CauseKind.FILES, "", "COPY src /src")
    assert [row.a.requested.trigger for row in diff.rows if row.a is not None] == [0, 1, 2, 0]
    assert [row.status for row in diff.rows][2:] == [PairStatus.FOLLOWS] * 2


def test_a_redacted_build_argument_may_differ(daemon: Daemon) -> None:
    first_value = BUILD.with_options(build_args={"VERSION": "first-value"})
    recorded(daemon, first_value)
    cases = [
        recorded(daemon, first_value, 1),
        recorded(daemon, BUILD.with_options(build_args={"VERSION": "other-value"}), 2),
    ]
    diff = compared(*(redacted_record(case, env=True, labels=False) for case in cases))
    assert first(diff) == (CauseKind.BUILD_ARGUMENT, "VERSION", "RUN make")
    assert diff.cause is not None
    assert not diff.cause.is_certain
    assert "may differ: its value is redacted in the records" in answer_sentence(diff)


def test_placeholders_of_redacted_values_are_not_differences(daemon: Daemon) -> None:
    build = BUILD.with_options(build_args={"VERSION": "first-value"})
    recorded(daemon, build)
    a = redacted_record(recorded(daemon, build, 1), env=True, labels=False)
    daemon.add(daemon.images[0].model_copy(update={"id": f"sha256:{'e' * 64}", "names": ()}))
    recorded(daemon, BUILD.with_options(build_args={"VERSION": "earlier-value"}), 2)
    b = redacted_record(recorded(daemon, build, 3), env=True, labels=False)
    assert a.expect.created_by != b.expect.created_by
    assert compared(a, b).is_same is True
    assert compared(a, b).cause is None


def test_an_unknown_cache_state_is_not_a_difference(daemon: Daemon) -> None:
    recorded(daemon, BUILD)
    a = recorded(daemon, BUILD, 1)
    steps = a.expect.steps or ()
    b = a.model_copy(
        update={
            "expect": a.expect.model_copy(
                update={"steps": (*steps[:6], *(step.model_copy(update={"cached": None}) for step in steps[6:]))}
            )
        }
    )
    diff = compared(a, b)
    assert diff.is_same is None
    assert diff.first_unknown is not None
    assert diff.first_unknown.text == "RUN make"
    assert answer_sentence(diff).startswith(
        "No steps are known to differ. It is not known whether the result is the same at step 7, `RUN make`"
    )
