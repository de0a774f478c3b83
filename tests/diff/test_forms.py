"""Comparing builds with triggers, heredocs and refused Dockerfiles."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from build_kit import Daemon, image_of
from diff_kit import Build, base, compared, recorded

from cacheview.diff.causes import CauseKind, CauseOrigin
from cacheview.diff.compare import BuildDiff
from cacheview.diff.words import answer_sentence
from cacheview.model import HistoryEntry

TRIGGERS = (
    "COPY a b /x/",
    "ENV A=1 B=2 C=$V",
    "ARG V=1",
    "LABEL m=1 n=$V",
    'RUN ["make", "a b"]',
    'ADD ["a", "b", "/y/"]',
)
BUILD = Build("FROM base\nRUN end\n", {"a": b"1", "b": b"2"})


def with_triggers(daemon: Daemon, *triggers: str, digit: str = "a") -> None:
    """Replace the base with one that has these triggers."""
    image = image_of("base:latest", digit=digit, Env=("PATH=/bin",), OnBuild=triggers)
    config = image.config.model_copy(update={"history": (HistoryEntry(created_by="import"),)})
    daemon.images = [
        each.model_copy(update={"names": ()}) if each.names == image.names else each for each in daemon.images
    ]
    daemon.add(image.model_copy(update={"config": config}))


def after(before: Build, now: Build, triggers: tuple[str, ...] = TRIGGERS, changed: tuple[str, ...] = ()) -> BuildDiff:
    """Compare a cached build with a later one on a base whose triggers may have changed."""
    daemon = Daemon()
    with_triggers(daemon, *triggers)
    recorded(daemon, before)
    a = recorded(daemon, before, 1)
    if changed:
        with_triggers(daemon, *changed, digit="b")
    return compared(a, recorded(daemon, now, 2))


def test_triggers_of_several_arguments_are_the_same() -> None:
    diff = after(BUILD, BUILD)
    assert diff.is_same is True
    assert answer_sentence(diff) == "The cache treats both builds the same (7 of 7 steps cached in both)."
    assert [row.text for row in diff.rows[1:-1]] == list(TRIGGERS)


def test_a_file_that_a_trigger_copies_is_named_at_the_trigger() -> None:
    printed = answer_sentence(after(BUILD, replace(BUILD, files={"a": b"1", "b": b"3"})))
    assert printed == (
        "The builds first differ at the trigger `COPY a b /x/` of step 1: the files differ: b: content changed."
    )


def test_an_argument_of_a_trigger_is_named_where_it_is_used() -> None:
    printed = answer_sentence(after(BUILD, BUILD.with_options(build_args={"V": "2"})))
    assert printed == (
        'The builds first differ at the trigger `LABEL m=1 n=$V` of step 1: build argument V is "1" in A and "2" in B.'
    )


@pytest.mark.parametrize("changed", [(TRIGGERS[0], "ENV A=1 B=3 C=$V", *TRIGGERS[2:]), TRIGGERS[1:]])
def test_different_onbuild_triggers_are_a_change_of_the_base(changed: tuple[str, ...]) -> None:
    diff = after(BUILD, BUILD, changed=changed)
    assert diff.cause is not None
    assert (diff.cause.kind, diff.cause.name, diff.origin) == (CauseKind.BASE, "base", CauseOrigin.SURROUNDINGS)
    assert answer_sentence(diff).endswith("with the same layers and history but different ONBUILD triggers.")


def test_a_difference_in_a_trigger_of_a_stage_is_found() -> None:
    stage = Build("FROM base AS one\nONBUILD COPY a b /x/\nONBUILD ARG V=1\nFROM one\nRUN x\n", BUILD.files)
    printed = answer_sentence(after(stage, replace(stage, dockerfile=stage.dockerfile.replace("V=1", "V=2")), ()))
    assert printed.startswith("The builds first differ at step 3, `ONBUILD ARG V=2`: the instruction is ")
    printed = answer_sentence(after(stage, replace(stage, files={"a": b"1", "b": b"3"}), ()))
    assert printed.startswith("The builds first differ at the trigger `COPY a b /x/` of step 4: the files differ: b: ")


def of_dockerfiles(before: str, now: str, version: str = "28.5.2") -> BuildDiff:
    daemon = Daemon(version=version)
    base(daemon)
    build = replace(BUILD, dockerfile=before)
    recorded(daemon, build)
    return compared(recorded(daemon, build, 1), recorded(daemon, replace(BUILD, dockerfile=now), 2))


HEREDOC = "FROM base\nRUN one\nRUN <<EOF cat\n{}\nEOF\nRUN two\n"


@pytest.mark.parametrize("version", ["23.0.6", "28.5.2"])
def test_a_difference_in_ignored_heredoc_content_is_reported(version: str) -> None:
    diff = of_dockerfiles(HEREDOC.format("first"), HEREDOC.format("second"), version)
    assert diff.is_same is True
    assert [(cause.kind, cause.origin) for cause in diff.other_causes] == [(CauseKind.DOCKERFILE, CauseOrigin.OWN)]
    assert answer_sentence(diff).endswith(
        "However, the builds differ in ways that do not affect any step: the Dockerfiles differ in the content of the "
        "heredoc in step 3, which the builder ignores."
    )


def test_a_heredoc_that_the_release_does_not_read_ends_the_build() -> None:
    diff = of_dockerfiles(HEREDOC.format("first"), HEREDOC.format("second"), "20.10.24")
    assert diff.is_same is None
    printed = answer_sentence(diff)
    assert printed.startswith("No steps are known to differ. A ends early: ")
    assert "unknown instruction: FIRST" in printed
    assert " B ends early: " in printed
    assert "unknown instruction: SECOND" in printed


@pytest.mark.parametrize(
    "now", ["# a comment\nFROM base\nRUN one\n", "FROM base\r\nRUN one\r\n", "FROM base\n\nRUN one"]
)
def test_a_difference_in_unused_dockerfile_text_is_reported(now: str) -> None:
    diff = of_dockerfiles("FROM base\nRUN one\n", now)
    assert diff.is_same is True
    assert diff.cause is not None
    assert diff.cause.kind is CauseKind.DOCKERFILE
    assert "the Dockerfiles differ in comments, blank lines or similar" in answer_sentence(diff)


GOOD = "FROM base\nRUN one\nRUN two\n"
BAD = "FROM base\nRUN one\nBAD two\n"


@pytest.mark.parametrize(("before", "now", "letter"), [(GOOD, BAD, "B"), (BAD, GOOD, "A")])
def test_a_dockerfile_that_is_refused_ends_the_build(before: str, now: str, letter: str) -> None:
    diff = of_dockerfiles(before, now)
    assert diff.cause is not None
    assert diff.cause.kind is CauseKind.ENDED
    printed = answer_sentence(diff)
    assert f"`FROM base`: build {letter} ended before this step: " in printed
    assert "unknown instruction: BAD" in printed
    assert [row.follows for row in diff.rows] == [-1, 0, 0]


def test_a_refused_instruction_ends_the_compared_build_at_its_step() -> None:
    diff = of_dockerfiles("FROM base\nRUN one\nEXPOSE 80\nRUN two\n", "FROM base\nRUN one\nEXPOSE no/port\nRUN two\n")
    printed = answer_sentence(diff)
    assert printed.startswith("The builds first differ at step 3, `EXPOSE 80`: build B ended before this step: ")
    assert diff.rows[-1].follows == 2


def test_a_build_with_a_refused_extra_instruction_is_not_the_same() -> None:
    short = "FROM base\n"
    for a, b in itertools.permutations((short, f"{short}RUN --mount=type=cache,target=/x y\n")):
        diff = of_dockerfiles(a, b)
        assert diff.is_same is None
        printed = answer_sentence(diff)
        assert printed.startswith("No steps are known to differ. ")
        assert " ends early: " in printed


def test_two_builds_that_end_alike_say_how() -> None:
    copy = "FROM base\nCOPY nothing /x\nRUN two\n"
    diff = of_dockerfiles(copy, copy)
    assert diff.is_same is True
    assert " Both end early: COPY failed: file not found in build context" in answer_sentence(diff)


def test_a_missing_target_is_named_as_the_cause() -> None:
    daemon = Daemon()
    base(daemon)
    recorded(daemon, BUILD)
    a = recorded(daemon, BUILD, 1)
    diff = compared(a, recorded(daemon, BUILD.with_options(target="zz"), 2))
    assert diff.cause is not None
    assert (diff.cause.kind, diff.cause.name, diff.cause.b) == (CauseKind.OPTION, "--target", "zz")
    assert 'target stage "zz" could not be found' in answer_sentence(diff)
