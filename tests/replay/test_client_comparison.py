"""One build by every client: which clients share a cache, and why the others do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build_kit import Daemon

from cacheview.cli import main
from cacheview.dockerfile.context import CLIENTS, Client, Entry, EntryKind, MemoryContext
from cacheview.replay.build_input import BuildInput
from cacheview.replay.client_comparison import ClientGroup, compare_clients
from cacheview.replay.image_files import NO_IMAGE_FILES
from cacheview.replay.options import BuildOptions
from cacheview.replay.sent_build import ReplayTarget, SentBuild, sent_by

ALL = b"FROM scratch\nCOPY . /x/\nENV A=1\n"


def groups_of(
    entries: list[Entry],
    dockerfile: bytes = ALL,
    own: str = "docker-cli",
    *,
    daemon: Daemon | None = None,
    name: str = "Dockerfile",
) -> dict[tuple[str, ...], ClientGroup]:
    daemon = daemon or Daemon()
    contents = {entry.path: b"x" * entry.size for entry in entries}
    named = Entry("Dockerfile", EntryKind.FILE, 0o644, size=len(dockerfile))
    context = MemoryContext({each.path: each for each in (named, *entries)}, {**contents, "Dockerfile": dockerfile})
    given = BuildInput(context, dockerfile, name, name)
    cache = ReplayTarget(daemon.store, daemon.rules, daemon.release, NO_IMAGE_FILES)

    def of(client: Client) -> SentBuild:
        return sent_by(client, given, BuildOptions(), daemon.release, location="a.tar", environment={})

    groups = compare_clients(lambda client: of(client).run(cache), CLIENTS[own])
    return {tuple(run.client.name for run in group.runs): group for group in groups}


def group_with(groups: dict[tuple[str, ...], ClientGroup], client: str) -> tuple[tuple[str, ...], ClientGroup]:
    return next((names, group) for names, group in groups.items() if client in names)


def reasons_of(groups: dict[tuple[str, ...], ClientGroup], client: str) -> tuple[str, ...]:
    difference = group_with(groups, client)[1].difference
    assert difference is not None
    return difference.reasons


@pytest.fixture(autouse=True)
def no_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def test_docker_py_shares_the_cli_cache_for_files_owned_by_root() -> None:
    groups = groups_of([Entry("a", EntryKind.FILE, 0o644, size=1)])
    names, group = group_with(groups, "docker-cli")
    assert {"docker-cli", "docker-py", "sam-cli"} <= set(names)
    assert group.difference is None
    assert "docker-cli-20.10" not in names


def test_owners_and_file_type_bits_separate_clients() -> None:
    groups = groups_of([Entry("a", EntryKind.FILE, 0o644, size=1, uid=1000, gid=1000)])
    assert reasons_of(groups, "docker-py") == ("owner 1000:1000 instead of 0:0: a",)
    assert reasons_of(groups, "docker-cli-20.10") == ("mode with file type bits: Dockerfile and 1 more",)
    back = groups_of([Entry("a", EntryKind.FILE, 0o644, size=1)], own="docker-cli-20.10")
    assert reasons_of(back, "docker-cli") == ("mode without file type bits: Dockerfile and 1 more",)


def test_a_label_that_a_client_adds_is_the_first_difference() -> None:
    names, group = group_with(groups_of([]), "compose-v2")
    assert names == ("compose-v2",)
    assert group.difference is not None
    assert (group.difference.number, group.difference.reasons) == (4, ("the client adds this step",))


def test_a_session_label_limits_the_cache_to_its_own_session() -> None:
    _, group = group_with(groups_of([]), "testcontainers-go")
    assert group.own_session_only
    assert not group_with(groups_of([]), "docker-cli")[1].own_session_only


def test_what_a_client_leaves_out_and_refuses() -> None:
    groups = groups_of(
        [Entry("empty", EntryKind.DIRECTORY, 0o755), Entry("empty/in", EntryKind.SYMLINK, 0o777, target="/gone")]
    )
    assert "sent without a separate tar entry: empty" in reasons_of(groups, "docker-java")
    groups = groups_of([], name="")
    assert any("reads the Dockerfile from the context" in reason for reason in reasons_of(groups, "dockerode"))


def test_a_client_with_a_random_dockerfile_name_shares_no_cache() -> None:
    ignore = Entry(".dockerignore", EntryKind.FILE, 0o644, size=1)
    groups = groups_of([ignore], name="")
    assert ("docker-cli",) in groups
    assert ("docker-py",) in groups


def test_cached_steps_are_counted_for_the_building_client() -> None:
    daemon = Daemon()
    daemon.build("FROM scratch\nENV A=1\n")
    groups = groups_of([], b"FROM scratch\nENV A=1\n", daemon=daemon)
    _, group = group_with(groups, "docker-java")
    assert [run.cached for run in group.runs] == [1] * len(group.runs)
    assert "docker-cli" in [run.client.name for run in group.runs]


def test_all_clients_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    command = ["replay", str(tmp_path), "--store", "demo:", "--client", "all"]
    assert main(command) == 1
    printed = capsys.readouterr().out
    assert (
        "compose-v2: 0 of 2 steps cached\n    the cache is not shared from step 3 onward: LABEL com.docker.compose"
        in printed
    )
    assert main([*command, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "cacheview-clients/1"
    assert sorted(name for group in document["groups"] for name in group["clients"]) == sorted(CLIENTS)
    assert document["groups"][0]["differs_at"] is None
