"""``cacheview replay`` and its output, as text and as JSON."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest
from build_kit import Daemon, image_of

from cacheview.bundled import page_text
from cacheview.cli import main
from cacheview.model import SuiteCase
from cacheview.replay.misses import misses
from cacheview.replay.options import BuildOptions
from cacheview.report.replays import replay_as_json, replay_as_text

DOCUMENTATION = page_text("replay.md")
STAGES = "FROM scratch AS a\nCOPY a /a\nFROM scratch\nCOPY --from=a /a /b\n"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\nARG V=1\nCOPY a /a\nENV B=$V\n")
    (folder / "a").write_bytes(b"1\n")
    (folder / "a").chmod(0o644)
    return folder


@pytest.fixture
def store(tmp_path: Path, context: Path) -> str:
    """A suite with a store in which the context was built."""
    daemon = Daemon()
    daemon.build((context / "Dockerfile").read_text(), {"a": b"1\n"}, name="app:1")
    daemon.build(STAGES, {"a": b"1\n"})
    case = SuiteCase(rules=daemon.rules.name, images=tuple(daemon.images))
    path = tmp_path / "store.jsonl"
    path.write_text(case.model_dump_json(by_alias=True, exclude_none=True) + "\n")
    return str(path)


def test_all_cached(store: str, context: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(context), "--store", store]) == 0
    printed = capsys.readouterr().out
    assert "Step 2/4 : ARG V=1\n ---> Using cache\n ---> " in printed
    assert "(app:1)" in printed
    assert printed.endswith("4 steps: 3 cached\n")


def test_a_miss_shows_why(store: str, context: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(context), "--store", store, "--build-arg", "V=2", "--label", "l=1"]) == 1
    printed = capsys.readouterr().out
    assert "Step 4/5 : ENV B=$V\n ---> miss\n      " in printed
    assert "Step 5/5 : LABEL l=1\n ---> not checked: after the miss at step 4" in printed
    assert printed.endswith("5 steps: 2 cached, 1 missed, 1 not checked\n")


def test_the_client_changes_the_sums(store: str, context: Path) -> None:
    assert main(["replay", str(context), "--store", store, "--client", "20.10"]) == 1


def test_a_tar_on_standard_input(store: str, context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in ("Dockerfile", "a"):
            info = tar.gettarinfo(context / name, name)
            info.uid = info.gid = 0
            with open(context / name, "rb") as content:
                tar.addfile(info, content)
    file.seek(0)
    (context / "a").chmod(0o600)  # neither the files on disk nor the client matter
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(file))
    assert main(["replay", "-", "--store", store, "--client", "docker-java"]) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"FROM scratch\nARG V=1\nCOPY a /a\n")))
    assert main(["replay", "-f", "-", str(context), "--store", store]) == 1


def test_a_compose_service_is_replayed(
    store: str, context: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services:\n  web:\n    build: {context: context, args: {V: 2}, cache_from: [a]}\n")
    command = ["replay", "--compose", str(file), "web", "--store", store]
    assert main(command) == 1
    printed = capsys.readouterr().out
    assert "Step 5/5 : LABEL com.docker.compose.image.builder=classic" in printed
    assert "Hazard (option not sent): Compose v2 without BuildKit does not send --cache-from" in printed
    assert main([*command, "--build-arg", "V=1", "--client", "docker-compose 1.29.2"]) in (0, 1)
    assert "LABEL" not in capsys.readouterr().out
    assert main([*command, "--target", "x"]) == 2
    assert "--target comes from the service's build section" in capsys.readouterr().err
    file.write_text("services: {web: {build: {context: context, dockerfile_inline: FROM scratch}}}\n")
    main(command)
    assert "ignores dockerfile_inline" in capsys.readouterr().err


def test_no_cache_is_not_a_hit(store: str, context: Path) -> None:
    assert main(["replay", str(context), "--store", store, "--no-cache"]) == 1


def test_unknown_steps_have_a_status_of_their_own(
    store: str, context: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (context / "Other").write_text(STAGES)
    assert main(["replay", "-f", str(context / "Other"), str(context), "--store", store]) == 3
    printed = capsys.readouterr().out
    reason = "this step copies from a: a suite has no layers. Open the store that the suite was saved from"
    assert f" ---> unknown: {reason}\n ---> may be " in printed
    assert main(["replay", "-f", str(context / "Other"), "--target", "a", str(context), "--store", store]) == 0


@pytest.mark.parametrize("dockerfile", ["FROM scratch\nRUNN x\n", "FROM scratch\nCOPY missing /\n", "", "\0\xff"])
def test_a_refused_replay_exits_with_status_2(
    dockerfile: str, store: str, context: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (context / "Dockerfile").write_bytes(dockerfile.encode("latin-1"))
    assert main(["replay", str(context), "--store", store]) == 2
    assert "refused" in capsys.readouterr().out
    assert main(["replay", str(context), "--store", store, "--json"]) == 2
    refused = json.loads(capsys.readouterr().out)["refused"]
    assert refused["said"]
    assert refused["line"] == (2 if "FROM" in dockerfile else refused["line"])


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["{context}/none", "--store", "{store}"], "no such folder or tar"),
        (["{context}", "--store", "{store}", "-f", "none"], "specify another file with -f"),
        (["{context}", "--store", "{store}", "--build-arg", "=x"], "has no name"),
        (["{context}", "--store", "{store}", "--case", "7"], "case"),
        (["{context}", "--store", "{context}/none"], "none"),
        (["{context}", "--store", "{store}", "--cache-from", '"a'], "--cache-from"),
    ],
)
def test_invalid_replay_arguments_are_reported(
    arguments: list[str], output: str, store: str, context: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["replay", *(each.format(context=context, store=store) for each in arguments)])
    except SystemExit as end:
        status = int(str(end.code))
    assert status == 2
    assert output in capsys.readouterr().err


def test_a_build_argument_without_a_value_uses_the_environment(
    store: str, context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["replay", str(context), "--store", store, "--build-arg", "V"]
    monkeypatch.delenv("V", raising=False)
    assert main(command) == 0
    monkeypatch.setenv("V", "2")
    assert main(command) == 1


def test_the_json_has_the_keys_of_the_readme() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1", OnBuild=("ENV T=1",)))
    dockerfile = "FROM base:1\nCOPY a /a\nENV A=1\n"
    daemon.build(dockerfile, {"a": b"1"})
    reported = daemon.replay(dockerfile.replace("A=1", "A=2"), {"a": b"1"})
    why = tuple(misses(reported, daemon.store, daemon.rules))
    document = json.loads(replay_as_json(reported, daemon.rules, why))
    assert document["format"] == "cacheview-replay/1"
    assert (document["rules"], document["total"], document["all_cached"]) == (daemon.rules.name, 3, False)
    assert [step["status"] for step in document["steps"]] == ["no probe", "hit", "miss"]
    assert [trigger["cached"] for trigger in document["steps"][0]["triggers"]] == [True]
    assert [file["path"] for file in document["steps"][1]["files"]] == ["a"]
    assert [(miss["number"], miss["explanation"]["format"]) for miss in document["misses"]] == [
        (3, "cacheview-explanation/1")
    ]
    section = DOCUMENTATION.partition("## JSON output of `replay --json`")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`(\w+)`", section))
    assert {*document, *document["steps"][0]} <= documented


def test_the_text_shows_triggers_and_images_that_the_build_makes() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1", OnBuild=("ENV T=1", "LABEL t=1")))
    reported = daemon.replay("FROM base:1\nFROM scratch\nENV A=1\nFROM scratch\nENV A=1\n")
    text = replay_as_text(reported, daemon.store, ())
    assert "Step 1/5 : FROM base:1\n# Executing 2 build triggers\n# ONBUILD ENV T=1\n ---> miss\n" in text
    assert "Step 5/5 : ENV A=1\n ---> Using cache\n ---> the image of step 3\n" in text
    assert replay_as_text(Daemon().replay("FROM scratch\nENV A=1\n", options=BuildOptions()), daemon.store).endswith(
        "2 steps: 1 missed"
    )


def test_the_old_names_of_clients_still_work(store: str, context: Path) -> None:
    assert main(["replay", str(context), "--store", store, "--client", "28"]) == 0
    assert main(["replay", str(context), "--store", store, "--client", "docker CLI 28.2.2"]) == 0


def test_a_client_that_is_not_known_is_refused(store: str, context: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(context), "--store", store, "--client", "nerdctl"]) == 2
    assert "no such client: 'nerdctl'; choose one of docker-cli, " in capsys.readouterr().err
