"""``cacheview compare``: its sides, output and exit status."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from build_kit import Daemon
from diff_kit import Build, base, recorded
from engine_replay import Replay as Engine
from engine_replay import load, serving

from cacheview.cli import main
from cacheview.model import SuiteCase
from cacheview.replay.file import ReplayCase
from cacheview.replay.records import write_record

BUILD = Build("FROM base\nARG VERSION=1\nCOPY a /a\nRUN make\n", {"a": b"content\n"})
SECRET = "s3cret-of-the-build"


def saved(case: ReplayCase, path: Path) -> str:
    write_record(path, case)
    return str(path)


@pytest.fixture
def daemon() -> Daemon:
    made = Daemon()
    base(made)
    recorded(made, BUILD)
    return made


@pytest.fixture
def a(daemon: Daemon, tmp_path: Path) -> str:
    return saved(recorded(daemon, BUILD, 1), tmp_path / "a.jsonl.gz")


def context(folder: Path, build: Build = BUILD) -> str:
    made = folder / "context"
    made.mkdir()
    (made / "Dockerfile").write_text(build.dockerfile)
    for path, data in build.files.items():
        (made / path).write_bytes(data)
        (made / path).chmod(0o644)
    (made / "Dockerfile").chmod(0o644)
    return str(made)


def store(daemon: Daemon, folder: Path) -> str:
    path = folder / "store.jsonl"
    case = SuiteCase(rules="Docker 28.5.2, overlay2", images=tuple(daemon.images))
    path.write_text(case.model_dump_json(by_alias=True, exclude_none=True) + "\n")
    return str(path)


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str, status: int) -> dict[str, Any]:
    assert main(["compare", *arguments, "--json"]) == status
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_two_records_that_are_the_same(a: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", a, a, "--brief"]) == 0
    assert capsys.readouterr().out == "The cache treats both builds the same (3 of 3 steps cached in both).\n"


def test_the_brief_comparison_has_at_most_three_lines(
    daemon: Daemon, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.images = [image for image in daemon.images if image.parent is None]
    b = saved(recorded(daemon, BUILD, 2), tmp_path / "b.jsonl")
    assert main(["compare", a, b, "--brief"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("The builds first differ at step 2, `ARG VERSION=1`: image ")
    assert ", which build A used, " in lines[0]
    assert lines[1].startswith(
        "B lost the cache for 3 steps because of its engine, its store or an image that it uses."
    )
    assert "`docker image prune`" in lines[2]


def test_the_engine_of_b_is_asked_for_the_removal_time_of_an_image(
    daemon: Daemon, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    removed = next(image for image in daemon.images if image.instruction.startswith("ARG"))
    daemon.images = [image for image in daemon.images if image.parent is None]
    b = saved(recorded(daemon, BUILD, 2), tmp_path / "b.jsonl")
    event = {"Type": "image", "Action": "delete", "Actor": {"ID": removed.id}, "time": 1_767_268_890}
    dumps = load("28.5.2-gd")
    of_a, of_b = (
        Engine(dumps, lambda path: (200, json.dumps(event).encode()) if path.endswith("/events") else None)
        for _ in range(2)
    )
    with serving(of_a, tmp_path / "a.sock") as url_a, serving(of_b, tmp_path / "b.sock") as url_b:
        given = ("--store", f"engine:{url_a}", "--b", f"--store engine:{url_b}")
        document = as_json(capsys, a, b, *given, status=1)
    gone = next(row["gone"] for row in document["rows"] if row["gone"])
    assert gone["removed_at"].startswith("2026-01-01T12:01:30")
    assert "/events" in of_b.paths()
    assert of_a.requests == []


def test_lost_steps_and_their_origin_are_reported(
    daemon: Daemon, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = replace(BUILD, dockerfile=BUILD.dockerfile.replace("RUN make", "RUN make all"))
    b = saved(recorded(daemon, own, 2), tmp_path / "b.jsonl")
    assert as_json(capsys, a, b, status=1)["lost"]["origin"] == "own change"
    appended = replace(BUILD, dockerfile=f"{BUILD.dockerfile}CMD x\n")
    more = saved(recorded(daemon, appended, 3), tmp_path / "more.jsonl")
    assert as_json(capsys, a, more, status=1)["lost"]["steps"] == []
    assert main(["compare", a, more, "--lost"]) == 0
    assert main(["compare", a, b, "--lost"]) == 1


def test_a_context_against_a_record(daemon: Daemon, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, images = context(tmp_path), store(daemon, tmp_path)
    document = as_json(capsys, a, made, "--store", images, status=0)
    assert document["b"]["kind"] == "context"
    document = as_json(capsys, a, made, "--store", images, "--b", "--build-arg VERSION=2", status=1)
    assert (document["cause"]["kind"], document["cause"]["name"]) == ("build argument", "VERSION")
    assert (document["cause"]["a"], document["cause"]["b"], document["b_step"]) == ("1", "2", 4)


def test_context_content_is_compared_with_the_recorded_checksums(
    daemon: Daemon, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = context(tmp_path)
    Path(made, "a").chmod(0o755)
    for sides, mode in (((a, made), "mode 755, was 644"), ((made, a), "mode 644, was 755")):
        document = as_json(capsys, *sides, "--store", store(daemon, tmp_path), status=1)
        assert document["cause"]["phrase"] == f"the files differ: a: {mode}"
        [row] = [row for row in document["rows"] if row["files"]]
        assert [file["aspects"] for file in row["files"]] == [["mode"]]


def test_one_of_several_builds_is_named_by_its_line(
    a: str, daemon: Daemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = tmp_path / "both.jsonl"
    cases = [recorded(daemon, BUILD.with_options(build_args={"VERSION": value}), 2) for value in "12"]
    both.write_text("".join(case.model_dump_json(exclude_defaults=True) + "\n" for case in cases))
    assert main(["compare", a, f"{both}#1"]) == 0
    assert main(["compare", a, f"{both}#2"]) == 1
    capsys.readouterr()
    assert main(["compare", a, str(both)]) == 2
    assert f"several builds (#1, #2); choose one, such as {both}#1" in capsys.readouterr().err
    assert main(["compare", a, f"{both}#3"]) == 2


@pytest.mark.parametrize(
    ("name", "reported"),
    [
        ("nothing.jsonl", "nothing.jsonl: there is no such record or build context"),
        ("Dockerfile", "Dockerfile: is not a record; to replay it as a build context, specify a store with --store"),
        (".", ".: replaying a build context requires a store; specify one with --store"),
        ("a.jsonl#0", "a.jsonl#0: there is no build on this line"),
    ],
)
def test_a_side_that_cannot_be_used_without_a_store_is_refused(
    name: str,
    reported: str,
    a: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "a.jsonl").write_bytes(Path(a).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main(["compare", a, name]) == 2
    assert reported in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nothing", "empty.jsonl", "broken.jsonl.gz", "suite.jsonl"])
def test_a_side_that_is_unusable(name: str, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    if name != "nothing":
        path.write_bytes(
            {"empty.jsonl": b"{}\n", "suite.jsonl": b'{"rules": "x", "probes": []}\n'}.get(name, b"\x1f\x8b\x08")
        )
    assert main(["compare", a, str(path)]) == 2
    assert capsys.readouterr().out == ""


def test_redacted_values_are_not_printed(
    daemon: Daemon, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = BUILD.with_options(build_args={"VERSION": SECRET})
    b = saved(recorded(daemon, build, 2), tmp_path / "b.jsonl")
    for form in ((), ("--json",), ("--markdown",), ("--brief",)):
        assert main(["compare", a, b, *form]) == 1
        assert SECRET in capsys.readouterr().out
        assert main(["compare", a, b, *form, "--redact", "env"]) == 1
        out = capsys.readouterr().out
        assert SECRET not in out
        assert "(redacted)" in out
        assert "VERSION" in out


def test_foreign_text_is_escaped_in_markdown(
    daemon: Daemon, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = replace(BUILD, dockerfile=f"{BUILD.dockerfile}RUN `` ``` | @everyone <b> [x](y)\n")
    b = saved(recorded(daemon, hostile, 2), tmp_path / "b.jsonl")
    assert main(["compare", a, b, "--markdown"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("```")] == ["```text", "```"]
    [row] = [line for line in lines if "everyone" in line and line.startswith("|")]
    assert row.startswith(r"|  | 5 | ```` RUN `` ``` \| @everyone <b> [x](y) ```` |")


COMPOSE = """\
services:
  web:
    build:
      context: ./context
      args: {VERSION: "2"}
  api:
    build:
      context: ./context
      args: {VERSION: "3"}
"""


def test_compose_services_can_be_compared(
    daemon: Daemon, a: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    context(tmp_path)
    images = store(daemon, tmp_path)
    (tmp_path / "compose.yml").write_text(COMPOSE)
    (tmp_path / "web").write_bytes(Path(a).read_bytes())  # a record with the name of a service
    monkeypatch.chdir(tmp_path)
    compose = ("--compose", "compose.yml")
    for sides, values in (((a, "web", "--b", " ".join(compose)), "12"), (("web", "api", *compose), "23")):
        document = as_json(capsys, *sides, "--store", images, status=1)
        cause = document["cause"]
        assert (cause["kind"], cause["name"], cause["a"], cause["b"]) == ("build argument", "VERSION", *values)
        assert document["b"]["kind"] == "context"
        assert document["b"]["client"] == "compose-v2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("web", "other", "--compose", "compose.yml"), "no service is named other"),
        (
            ("web", "web", "--compose", "compose.yml", "--label", "a=b"),
            "--label comes from the service's build section",
        ),
        (("context", "context", "--client", "all"), "--client all works only with `cacheview replay`"),
        (("context", "context", "-f", "-"), "only one side can be read from standard input"),
    ],
)
def test_options_that_apply_to_neither_side_are_refused(
    arguments: tuple[str, ...],
    message: str,
    daemon: Daemon,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context(tmp_path)
    (tmp_path / "compose.yml").write_text(COMPOSE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BUILD.dockerfile.encode())))
    assert main(["compare", *arguments, "--store", store(daemon, tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_files_omitted_from_the_sentence_are_listed(
    daemon: Daemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = Build("FROM base\nCOPY src /src\n", {f"src/{number:02}": b"x" for number in range(24)})
    edited = replace(build, modes={path: 0o700 + int(path[-1]) for path in build.files})
    recorded(daemon, build)
    before = saved(recorded(daemon, build, 1), tmp_path / "before.jsonl")
    after = saved(recorded(daemon, edited, 2), tmp_path / "after.jsonl")
    assert main(["compare", before, after]) == 1
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    files = [line for line in lines if line.startswith("src/")]
    assert len(files) == 20
    assert files[0] == "src/00: content not compared and mode 700, was 644"
    assert lines[lines.index(files[-1]) + 1] == "and 4 more files"
