"""What a client adds to a build or leaves out, and the resulting hazards."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from build_kit import Daemon, context_of

from cacheview.dockerfile.context import CLIENTS, ContextSource, FolderContext
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.client_hazards import client_hazards
from cacheview.replay.client_options import as_sent, dropped
from cacheview.replay.hazards import StepHazard
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, StepStatus

_ALL = "FROM scratch\nCOPY . /x/\n"


def build(
    client: str,
    files: Mapping[str, bytes],
    options: BuildOptions | None = None,
    *,
    dockerfile: str = _ALL,
    name: str = "Dockerfile",
    context: ContextSource | None = None,
) -> tuple[Replay, list[StepHazard]]:
    daemon, sender, asked = Daemon(), CLIENTS[client], options or BuildOptions()
    text = dockerfile.encode()
    context = context or context_of({"Dockerfile": text, **files})
    checksums = ContextChecksums(context, name, daemon.release, sender, dockerfile=text)
    reported = replay(text, checksums, daemon.store, daemon.rules, daemon.release, as_sent(sender, asked))
    return reported, list(client_hazards(sender, asked, reported, checksums))


def kinds(hazards: list[StepHazard]) -> list[str]:
    return [hazard.kind for hazard in hazards]


GIVEN = BuildOptions(labels={"l": "v"}, cache_from=("a:1",), platform="linux/arm64")


@pytest.mark.parametrize(
    ("client", "names", "labels"),
    [
        ("docker-cli", [], {"l": "v"}),
        ("docker-py", [], {"l": "v"}),
        ("sam-cli", ["--label", "--cache-from"], {}),
        ("compose-v2", ["--cache-from", "--platform"], {"l": "v", "com.docker.compose.image.builder": "classic"}),
        (
            "testcontainers-node",
            ["--label", "--cache-from"],
            {
                "org.testcontainers": "true",
                "org.testcontainers.lang": "node",
                "org.testcontainers.version": "12.0.4",
                "org.testcontainers.session-id": "",
            },
        ),
    ],
)
def test_a_client_drops_options_and_adds_labels(client: str, names: list[str], labels: dict[str, str]) -> None:
    sent = as_sent(CLIENTS[client], GIVEN)
    assert list(dropped(CLIENTS[client], GIVEN)) == names
    assert {name: "" if name in sent.random_labels else value for name, value in sent.labels.items()} == labels
    assert sent.cache_from == (() if "--cache-from" in names else ("a:1",))
    assert sent.platform == ("" if "--platform" in names else "linux/arm64")
    _, hazards = build(client, {}, replace(GIVEN, platform=""), dockerfile="FROM scratch\nENV A=1\n")
    assert kinds(hazards).count("option not sent") == len([name for name in names if name != "--platform"])


def test_a_session_label_never_hits_and_the_steps_before_it_do() -> None:
    daemon, client = Daemon(), CLIENTS["testcontainers-go"]
    dockerfile = "FROM scratch\nENV A=1\n"
    daemon.build(dockerfile, options=as_sent(client, BuildOptions()))
    reported = daemon.replay(dockerfile, options=as_sent(client, BuildOptions()))
    steps = {step.text.partition("=")[0]: step for step in reported.steps}
    assert steps["LABEL org.testcontainers.reap"].status is StepStatus.HIT
    session = steps["LABEL org.testcontainers.sessionId"]
    assert (session.status, session.reason) == (
        StepStatus.MISS,
        "the client chooses a new random value for each session, so the step never hits",
    )
    _, hazards = build("testcontainers-go", {}, dockerfile=dockerfile)
    assert [hazard.sentence.partition(", so ")[2] for hazard in hazards] == [
        "step 6 and the label steps after it never hit."
    ]


@pytest.mark.parametrize("client", ["docker-cli", "docker-cli-20.10", "docker-py", "compose-v2"])
@pytest.mark.parametrize(
    ("ignore", "expected"), [(None, 0), (b"*.log\n", 1), (b".dockerignore\n", 0), (b"*.log\n.docker*\n", 0)]
)
def test_an_outside_dockerfile_with_a_dockerignore_never_hits(client: str, ignore: bytes | None, expected: int) -> None:
    files = {} if ignore is None else {".dockerignore": ignore}
    reported, hazards = build(client, files, name="../Other")
    again, _ = build(client, files, name="../Other")
    assert kinds(hazards).count("Dockerfile outside of the context") == expected
    differs = reported.steps[1].created_by != again.steps[1].created_by
    assert differs is bool(expected)


def test_an_ignore_file_is_no_hazard_if_it_is_not_copied() -> None:
    files = {".dockerignore": b"*.log\n", "a": b"1"}
    _, hazards = build("docker-cli", files, name="", dockerfile="FROM scratch\nCOPY a /\n")
    assert hazards == []


@pytest.mark.parametrize(("client", "expected"), [("dockerode", ["umask"]), ("docker-py", []), ("docker-java", [])])
def test_a_client_that_depends_on_the_umask_has_a_hazard(client: str, expected: list[str]) -> None:
    _, hazards = build(client, {"a": b"1"})
    assert kinds(hazards) == expected
    if hazards:
        assert "which is 022 here. With a different umask, step 2 misses" in hazards[0].sentence


@pytest.mark.parametrize(
    ("client", "files", "why"),
    [
        ("docker-cli", {".env": b"A=1"}, "there is no .dockerignore"),
        ("docker-py", {"deploy/id_rsa": b"k", "a.pem": b"k"}, "there is no .dockerignore"),
        ("docker-cli", {".env": b"A=1", ".dockerignore": b"*.log\n"}, ".dockerignore does not exclude it"),
        ("docker-cli", {".env": b"1", "k.pem": b"k", ".dockerignore": b"a\n"}, ".dockerignore does not exclude them"),
        ("testcontainers-java", {".env": b"A=1", ".dockerignore": b".env\n"}, "does not read .dockerignore"),
    ],
)
def test_a_secret_that_is_copied_is_a_hazard(client: str, files: Mapping[str, bytes], why: str) -> None:
    _, hazards = build(client, files)
    assert [hazard.kind for hazard in hazards if why in hazard.sentence] == ["secret in the image"]


@pytest.mark.parametrize(
    "files", [{".env": b"A=1", ".dockerignore": b".env\n"}, {".env.example": b"A="}, {"environment": b""}, {"key": b""}]
)
def test_ignored_or_public_files_are_not_hazards(files: Mapping[str, bytes]) -> None:
    assert build("docker-cli", files)[1] == []


def test_silently_omitted_files_are_a_hazard(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(_ALL)
    (tmp_path / "round").symlink_to("round")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
    _, hazards = build("docker-cli", {}, context=FolderContext(tmp_path))
    [left_out] = [hazard for hazard in hazards if hazard.kind == "left out of the context"]
    assert "s: it is a socket, so the client leaves it out" in left_out.sentence
    assert "round: " in left_out.sentence
    _, hazards = build("docker-cli", {}, dockerfile="FROM scratch\nENV A=1\n")
    assert not hazards
