"""Build options, and what a FROM refers to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build_kit import CONTAINERD, GRAPH_DRIVER, Daemon, image_of, statuses

from cacheview.dockerfile.context import FolderContext, SourcesSum
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import builder_release
from cacheview.model import DataError, StoreKind
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.dockerfiles import find_dockerfile
from cacheview.replay.options import BuildOptions, references
from cacheview.replay.replay import replay
from cacheview.report.replays import replay_as_json, replay_as_text

KINDS = [CONTAINERD, GRAPH_DRIVER]
BASE = "sha256:" + "a" * 64


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("name", ["base:1", "library/base:1", "docker.io/library/base:1", BASE, "a" * 64, "a" * 12])
def test_a_base_is_found_by_its_names_and_its_id(kind: StoreKind, name: str) -> None:
    daemon = Daemon(kind=kind)
    daemon.add(image_of("base:1"))
    daemon.build("FROM base:1\nENV A=1\n")
    reported = daemon.replay(f"FROM {name}\nENV A=1\n")
    assert reported.steps[0].image == BASE
    assert statuses(reported) == ["hit"]


def test_a_name_with_the_image_id_is_found_only_in_a_containerd_store() -> None:
    for kind in KINDS:
        daemon = Daemon(kind=kind)
        daemon.add(image_of("base:1"))
        reported = daemon.replay(f"FROM base@{BASE}\nENV A=1\n")
        assert statuses(reported) == ["miss" if kind is CONTAINERD else "unknown"]
        named = image_of("other:1", digit="b")
        daemon.add(named.model_copy(update={"names": (*named.names, f"docker.io/library/base@sha256:{'c' * 64}")}))
        pulled = daemon.replay(f"FROM base@sha256:{'c' * 64}\nENV A=1\n")
        assert statuses(pulled) == ["unknown" if kind is CONTAINERD else "miss"]


def test_a_missing_tag_means_latest() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1"))
    assert statuses(daemon.replay("FROM base\nENV A=1\n")) == ["unknown"]
    daemon.add(image_of("base:latest", digit="b"))
    assert daemon.replay("FROM base\nENV A=1\n").steps[0].image == "sha256:" + "b" * 64


def test_a_stage_goes_before_an_image_of_its_name() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:latest"))
    reported = daemon.replay("FROM scratch AS Base\nENV A=1\nFROM BASE\nENV B=1\n")
    assert [step.image for step in reported.steps] == ["", "", "", ""]
    assert reported.steps[2].made_by == 2
    assert reported.history == ("/bin/sh -c #(nop)  ENV A=1", "/bin/sh -c #(nop)  ENV B=1")


def test_a_base_image_for_another_operating_system_is_refused() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1", os="windows"))
    daemon.add(image_of("other:1", digit="b"))
    reported = daemon.replay("FROM base:1\nENV A=1\n")
    assert reported.refused is not None
    assert (reported.refused.message, reported.refused.line) == ("operating system is not supported", 1)


@pytest.mark.parametrize("base", ["base:1", "scratch", "nothing:1"])
def test_a_build_on_a_windows_image_is_unknown_and_not_refused(base: str) -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1", os="windows"))
    reported = daemon.replay(f"FROM {base} AS a\nENV A=1\nFROM a\nCOPY x C:\\\\\n", {"x": b""})
    assert reported.refused is None
    assert statuses(reported) == ["unknown", "unknown"]
    assert reported.all_cached is None
    assert all("cacheview replays only builds for Linux" in step.reason for step in reported.steps[:2])


@pytest.mark.parametrize(
    ("version", "printed"),
    [
        ("20.10.24", "invalid reference format: repository name must be lowercase"),
        ("28.5.2", "invalid reference format: repository name (library/Base) must be lowercase"),
    ],
)
def test_an_invalid_base_reference_gets_the_message_of_the_release(version: str, printed: str) -> None:
    reported = Daemon(version).replay("FROM scratch\nENV A=1\nFROM Base\n")
    assert reported.refused is not None
    assert (reported.refused.message, reported.refused.line) == (printed, 3)


def test_arguments_before_from_are_seen_by_from_alone() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1"))
    dockerfile = "ARG BASE=base ARG=2\nFROM $BASE:${TAG:-1}\nENV A=$BASE\nARG BASE\nENV B=$BASE\n"
    reported = daemon.replay(dockerfile)
    assert reported.steps[1].image == BASE
    texts = [step.created_by for step in reported.looked_up]
    assert (texts[0], texts[2]) == ("/bin/sh -c #(nop)  ENV A=", "/bin/sh -c #(nop)  ENV B=base")
    other = daemon.replay(dockerfile, options=BuildOptions(build_args={"BASE": "none"}))
    assert statuses(other)[0] == "unknown"


def test_the_target_ends_the_build() -> None:
    daemon = Daemon()
    dockerfile = "FROM scratch AS one\nENV A=1\nFROM scratch AS two\nENV B=1\n"
    reported = daemon.replay(dockerfile, options=BuildOptions(target="ONE"))
    assert (reported.total, len(reported.steps)) == (2, 2)
    assert reported.history == ("/bin/sh -c #(nop)  ENV A=1",)
    missing = daemon.replay(dockerfile, options=BuildOptions(target="three"))
    assert missing.refused is not None
    assert missing.refused.message == 'target stage "three" could not be found'
    older = Daemon("20.10.24").replay(dockerfile, options=BuildOptions(target="three"))
    assert older.refused is not None
    assert older.refused.message == "failed to reach build target three in Dockerfile"


def test_command_line_labels_are_sorted_steps_at_the_end() -> None:
    daemon = Daemon()
    dockerfile = "FROM scratch AS one\nENV A=1\nFROM scratch\nENV B=1\n"
    given = BuildOptions(labels={"z": "1", "a": "two words"})
    reported = daemon.replay(dockerfile, options=given)
    assert [step.text for step in reported.steps[4:]] == ["LABEL a=two words", "LABEL z=1"]
    assert reported.total == 6
    daemon.build(dockerfile, options=given)
    assert daemon.replay(dockerfile, options=BuildOptions(labels={"a": "two words", "z": "1"})).all_cached
    assert statuses(daemon.replay(dockerfile, options=BuildOptions(labels={"a": "two words", "z": "2"}))) == [
        "hit",
        "hit",
        "hit",
        "miss",
    ]


def test_triggers_of_the_base_are_looked_up_before_the_first_step() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1", OnBuild=("ENV T=1", "COPY a /a")))
    dockerfile = "FROM base:1\nENV A=1\n"
    files = {"a": b"1"}
    ids = daemon.build(dockerfile, files)
    reported = daemon.replay(dockerfile, files)
    assert reported.total == 2
    assert [(trigger.number, trigger.line, trigger.image) for trigger in reported.steps[0].triggers] == [
        (1, 0, ids[0]),
        (1, 0, ids[1]),
    ]
    assert reported.steps[0].image == ids[1]
    assert reported.all_cached
    changed = daemon.replay(dockerfile, {"a": b"2"})
    assert statuses(changed) == ["hit", "miss", "not asked"]
    assert changed.steps[0].image == ""


def test_an_invalid_trigger_is_refused_at_its_from() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1", OnBuild=("ENV A=1", "COPY missing /")))
    reported = daemon.replay("FROM scratch\nENV A=1\nFROM base:1\nENV A=1\n")
    assert reported.refused is not None
    assert "missing" in reported.refused.message
    assert [step.number for step in reported.steps] == [1, 2, 3]
    assert len(reported.steps[2].triggers) == 1


def test_cache_from_hits_the_steps_of_an_older_image() -> None:
    daemon = Daemon("20.10.24")
    files = {"a": b"1"}
    dockerfile = "FROM scratch\nCOPY a /a\nENV B=1\n"
    older = daemon.build(dockerfile, files, name="older:1")
    newer = daemon.build(dockerfile, files, options=BuildOptions(no_cache=True))
    assert [step.image for step in daemon.replay(dockerfile, files).looked_up] == newer
    reported = daemon.replay(dockerfile, files, options=BuildOptions(cache_from=("older:1",)))
    assert reported.all_cached
    assert newer[0] not in [step.image for step in reported.looked_up]
    assert older != newer
    ignored = daemon.replay(dockerfile, files, options=BuildOptions(cache_from=("older:1",), no_cache=True))
    assert statuses(ignored) == ["not asked", "not asked"]


@pytest.mark.parametrize(
    ("kind", "version", "refused"),
    [
        (GRAPH_DRIVER, "20.10.24", False),
        (GRAPH_DRIVER, "28.5.2", False),
        (CONTAINERD, "24.0.7", True),
        (CONTAINERD, "25.0.0", False),
        (CONTAINERD, "28.5.2", False),
    ],
)
def test_a_missing_cache_source_disables_the_cache_or_fails_the_build(
    kind: StoreKind, version: str, refused: bool
) -> None:
    daemon = Daemon(version, kind)
    daemon.build("FROM scratch\nENV A=1\n")
    reported = daemon.replay("FROM scratch\nENV A=1\n", options=BuildOptions(cache_from=("nothing:1",)))
    assert (reported.refused is not None) == refused
    assert reported.steps == () if refused else statuses(reported) == ["miss"]
    again = daemon.replay("FROM scratch\nENV A=1\n", options=BuildOptions(cache_from=("nothing:1",), no_cache=True))
    assert again.refused is None


def test_cache_from_values_are_split_like_the_docker_cli_does() -> None:
    assert references(["a:1,b", "", '"c,d"', "e"]) == ("a:1", "b", "c,d", "e")
    with pytest.raises(DataError, match="--cache-from"):
        references(['"open'])


def test_a_dockerfile_is_found_as_docker_build_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = tmp_path / "context"
    (context / "sub").mkdir(parents=True)
    assert find_dockerfile(context).name == "Dockerfile"
    with pytest.raises(DataError, match="-f"):
        find_dockerfile(context).read()
    (context / "dockerfile").write_text("FROM a\n")
    assert find_dockerfile(context).name == "dockerfile"
    (context / "Dockerfile").write_text("FROM b\n")
    assert find_dockerfile(context).read() == b"FROM b\n"
    monkeypatch.chdir(context / "sub")
    assert find_dockerfile("..", "Other").name == "sub/Other"
    assert find_dockerfile("..", "../Dockerfile").read() == b"FROM b\n"
    assert find_dockerfile("..", tmp_path / "Outside").name == ""
    (tmp_path / "large").write_bytes(bytes((16 << 20) + 1))
    with pytest.raises(DataError, match="16 MiB"):
        find_dockerfile("..", tmp_path / "large").read()


def test_content_trust_makes_only_named_bases_unknown() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1"))
    daemon.build("FROM scratch\nENV A=1\n")
    dockerfile = "FROM scratch AS s\nENV A=1\nFROM s\nENV B=1\nFROM base:1\nENV C=1\n"
    reported = daemon.replay(dockerfile, options=BuildOptions(is_trusted=True))
    assert statuses(reported) == ["hit", "miss", "unknown"]
    assert "DOCKER_CONTENT_TRUST" in reported.steps[-1].reason


def test_a_dockerfile_that_is_a_link_out_of_the_context(tmp_path: Path) -> None:
    context, outside = tmp_path / "context", tmp_path / "Dockerfile"
    (context / "sub").mkdir(parents=True)
    outside.write_text("FROM scratch\n")
    (context / "sub" / "real").write_text("FROM scratch\n")
    (context / "Dockerfile").symlink_to(outside)
    found = find_dockerfile(context)
    assert (found.name, found.leads_out) == ("", True)
    named = find_dockerfile(context, context / "Dockerfile")
    assert (named.name, named.leads_out) == ("", False)
    (context / "Dockerfile").unlink()
    (context / "Dockerfile").symlink_to("sub/real")
    inside = find_dockerfile(context)
    assert (inside.name, inside.leads_out) == ("sub/real", False)
    with pytest.raises(BuildRefusedError) as refused:
        ContextChecksums(FolderContext(context), "", builder_release("28.5.2"), leads_out=True).prepare()
    assert refused.value.message == "unable to open Dockerfile: open : no such file or directory"


def test_a_refusal_names_the_client_or_daemon_that_refuses(tmp_path: Path) -> None:
    checksums = ContextChecksums(FolderContext(tmp_path), "", builder_release("28.5.2"), leads_out=True)
    daemon = Daemon()
    reported = replay(b"FROM scratch\n", checksums, daemon.store, daemon.rules, daemon.release, BuildOptions())
    assert reported.refused is not None
    assert reported.refused.by == "client"
    assert "the client reports: unable to open Dockerfile" in replay_as_text(reported, daemon.store)
    assert json.loads(replay_as_json(reported, daemon.rules))["refused"]["by"] == "client"
    empty = replay(b"", Nothing(), daemon.store, daemon.rules, daemon.release, BuildOptions())
    assert empty.refused is not None
    assert empty.refused.by == "daemon"


class Nothing:
    def prepare(self) -> None: ...

    def sum(self, copy: CopySources) -> SourcesSum:
        raise NotImplementedError

    def lone_hard_links(self, found: SourcesSum) -> tuple[tuple[str, str], ...]:
        raise NotImplementedError


def test_an_invalid_name_containing_another_error_text_is_refused() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1"))
    for name in ("ambiguous/X", "no such image/X", "ambiguous!"):
        reported = daemon.replay(f"ARG B='{name}'\nFROM $B\nENV A=1\n")
        assert reported.refused is not None
        assert reported.refused.message.startswith("invalid reference format")
