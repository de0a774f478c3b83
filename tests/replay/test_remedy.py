"""Remedies for a miss and their reasons, in terms of a Dockerfile and a command line."""

from __future__ import annotations

import json

import pytest
from build_kit import GRAPH_DRIVER, Daemon, image_of, statuses

from cacheview.replay.misses import Miss, misses
from cacheview.replay.options import BuildOptions
from cacheview.replay.result import Replay
from cacheview.report.replays import replay_as_json, replay_as_text


def missed(daemon: Daemon, dockerfile: str, options: BuildOptions | None = None) -> tuple[Miss, str]:
    reported = daemon.replay(dockerfile, {"a": b"1"}, options)
    found = tuple(misses(reported, daemon.store, daemon.rules))
    return found[0], replay_as_text(reported, daemon.store, found)


@pytest.fixture
def daemon() -> Daemon:
    daemon = Daemon("20.10.24")
    daemon.add(image_of("base:1"))
    return daemon


BUILT = "FROM base:1\nARG VERSION\nARG B=1\nRUN make\n"


@pytest.mark.parametrize(
    ("before", "now", "reason", "edit"),
    [
        (
            {"VERSION": "1.4.2"},
            {"VERSION": "2.0"},
            "a different build argument (VERSION: 2.0, was 1.4.2).",
            "VERSION=1.4.2",
        ),
        (
            {"VERSION": ""},
            {"VERSION": "2.0"},
            "a different build argument (VERSION: 2.0, was empty).",
            "use --build-arg VERSION=",
        ),
        ({}, {"VERSION": "2.0"}, "a different build argument (VERSION: 2.0, was not set).", "leave out VERSION"),
        ({"VERSION": "2"}, {}, "a different build argument (VERSION: not set, was 2).", "use --build-arg VERSION=2"),
        (
            {"VERSION": "2", "B": "2"},
            {"VERSION": "3"},
            "different build arguments (B: 1, was 2; VERSION: 3, was 2).",
            "use --build-arg B=2; use --build-arg VERSION=2",
        ),
        (
            {"HTTP_PROXY": "http://p"},
            {},
            "a proxy argument (such as HTTP_PROXY) that no ARG declares",
            "that no ARG declares",
        ),
    ],
)
def test_a_build_argument_is_named(
    daemon: Daemon, before: dict[str, str], now: dict[str, str], reason: str, edit: str
) -> None:
    dockerfile = BUILT if "HTTP_PROXY" not in before else "FROM base:1\nRUN make\n"
    daemon.build(dockerfile, options=BuildOptions(build_args=before))
    miss, text = missed(daemon, dockerfile, BuildOptions(build_args=now))
    assert reason in miss.reason
    assert miss.remedy.phrase.endswith(edit)
    assert miss.reason in text
    assert "Cmd[" not in text


def test_restoring_the_previous_instruction_is_a_suggested_edit(daemon: Daemon) -> None:
    daemon.build('FROM base:1\nENV A=1 B=2\nRUN echo 1\nCMD ["x"]\n')
    miss, text = missed(daemon, 'FROM base:1\nENV A=2 B=2\nRUN echo 1\nCMD ["x"]\n')
    assert miss.remedy.phrase == "change the instruction on line 2 to ENV A=1 B=2"
    assert miss.reason.endswith(", which was created by ENV A=1 B=2.")
    assert "Smallest edit for a hit: change the instruction on line 2 to ENV A=1 B=2" in text
    miss, _ = missed(daemon, "FROM base:1\nENV A=1 B=2\nRUN echo 2\n")
    assert miss.remedy.phrase == "change the instruction on line 3 to RUN echo 1"
    miss, _ = missed(daemon, 'FROM base:1\nENV A=1 B=2\nRUN echo 1\nCMD ["y"]\n')
    assert miss.remedy.phrase == 'change the instruction on line 4 to CMD ["x"]'


def test_every_suggested_edit_is_possible(daemon: Daemon) -> None:
    daemon.build("FROM base:1\nRUN one\nRUN two\n")
    miss, text = missed(daemon, "FROM scratch\nENV A=1\nFROM base:1\nRUN three\n")
    assert miss.remedy.edits == ()
    assert "Smallest edit" not in text.partition("FROM base:1")[0]
    assert "set the parent" not in text
    reported = daemon.replay("FROM scratch\nENV A=1\n")
    document = json.loads(replay_as_json(reported, daemon.rules, tuple(misses(reported, daemon.store, daemon.rules))))
    (entry,) = document["misses"]
    assert entry["edit"] is None
    assert entry["explanation"]["edit"] is None
    assert entry["reason"]


def test_a_label_of_the_command_line_is_not_written_into_the_dockerfile(daemon: Daemon) -> None:
    daemon.build("FROM base:1\nENV A=1\n", options=BuildOptions(labels={"l": "1"}))
    reported = daemon.replay("FROM base:1\nENV A=1\n", options=BuildOptions(labels={"l": "2"}))
    (miss,) = misses(reported, daemon.store, daemon.rules)
    assert miss.remedy.edits == ()


def test_removing_or_adding_a_cache_from_reference_is_suggested() -> None:
    daemon = Daemon("20.10.24")
    daemon.add(image_of("base:1"))
    daemon.build("FROM base:1\nRUN dep\nRUN one\n", name="img:1")
    daemon.build("FROM base:1\nRUN dep\nRUN two\n", name="img:2")
    assert missed(daemon, "FROM base:1\nRUN dep\nRUN one\n", BuildOptions(cache_from=("img:2",)))[0].remedy.edits == (
        "leave out --cache-from",
        "add --cache-from img:1",
    )


def test_a_loaded_image_is_suggested_as_a_source_with_its_hazard() -> None:
    daemon = Daemon("20.10.24")
    daemon.add(image_of("base:1"))
    daemon.build("FROM base:1\nRUN one\nRUN two\n", name="img:1")
    daemon.images = [image.model_copy(update={"parent": None}) for image in daemon.images if image.names]
    miss, text = missed(daemon, "FROM base:1\nRUN one\nRUN two\n")
    assert miss.remedy.phrase == "add --cache-from img:1"
    assert "Hazard (loaded without parents): The history of img:1 contains exactly this step" in text


@pytest.mark.parametrize("source", ["https://example.com/x", "--from=nothing:1 /x"])
def test_a_miss_independent_of_file_content_has_a_reason(daemon: Daemon, source: str) -> None:
    reported = daemon.replay(f"FROM base:1\nADD {source} /y\n".replace("ADD --from", "COPY --from"))
    assert statuses(reported) == ["miss"]
    printed = "no image built on base:1 matches this step, regardless of the files that the step copies"
    assert reported.steps[1].reason == printed
    assert f" ---> miss: {printed}" in replay_as_text(reported, daemon.store)
    (entry,) = json.loads(replay_as_json(reported, daemon.rules))["misses"]
    assert (entry["number"], entry["reason"], entry["explanation"], entry["edit"]) == (2, printed, None, None)


@pytest.mark.parametrize("version", ["20.10.24", "25.0.5", "28.5.2"])
def test_every_miss_says_something(version: str) -> None:
    daemon = Daemon(version, GRAPH_DRIVER)
    daemon.add(image_of("base:1"))
    for dockerfile in ("FROM base:1\nRUN a\n", "FROM scratch\nCOPY a /a\n", "FROM base:1\nCOPY a /a\nRUN b\n"):
        reported: Replay = daemon.replay(dockerfile, {"a": b"1"})
        for miss in misses(reported, daemon.store, daemon.rules):
            assert miss.reason or miss.files or miss.explanation.sentence
        daemon.build(dockerfile, {"a": b"0"})
