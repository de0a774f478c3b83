"""The command line: its output and exit status."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cacheview.cli import main
from cacheview.engine import CONTAINERD_71EBFC7, RULE_SETS, ImageCache, explain
from cacheview.engine.explain import deciding_check
from cacheview.model import ContainerConfig, Doubt, Image, ImageConfig, ImageStore, Probe, Release, StoreKind, Timestamp
from cacheview.model.effort import Effort, go_on
from cacheview.report.explanations import as_markdown
from cacheview.report.images import image_as_text
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation

DATA = Path(__file__).parent / "data"
SUITE = DATA / "containerd-71ebfc7.jsonl.gz"


@pytest.mark.parametrize(
    ("probe", "status", "word"), [("2", 0, "HIT"), ("1", 1, "MISS"), ("14", 2, "ERROR"), ("13", 3, "DIVERGES")]
)
def test_explain_prints_the_verdict_and_ends_with_its_status(
    probe: str, status: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert main(["explain", "demo:", "--probe", probe]) == status
    assert capsys.readouterr().out.startswith(f"{word}: ")
    assert main(["explain", "demo:", "--probe", probe, "--json"]) == status
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"]["outcome"] == word.lower()
    assert document["format"] == "cacheview-explanation/1"


def test_the_reason_for_the_rules_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ImageConfig(created=Timestamp(1, 0, None), docker_version="20.10.24\x1b[1m")
    store = ImageStore(
        (Image(id="sha256:a", parent="sha256:b", built_locally=True, config=config),),
        release=Release(StoreKind.GRAPH_DRIVER),
    )
    opened = OpenedLocation("data root", "data-root:", OpenedKind.DATA_ROOT, (OpenedCase("made", store, ""),))
    monkeypatch.setattr("cacheview.commands.opening.open_store", lambda _: opened)
    main(["audit", str(tmp_path)])
    reported = capsys.readouterr().out
    why = "An image's config says that this release built the image"
    assert f"Rules: Docker 20.10.24\ufffd[1m, graph driver (graphdriver-24.0.7). {why}.\n" in reported
    main(["audit", str(tmp_path), "--rules", "graphdriver-29"])
    assert "(graphdriver-29). You chose these rules." in capsys.readouterr().out


def test_explain_by_parent_and_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = {"Env": ["PATH=/x"], "Cmd": ["/bin/sh", "-c", "apk add --no-cache git"]}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    assert main(["explain", "demo:", "--parent", "alpine:3.19", "--config", str(file), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["deciding"]["check"]["check"] == "Env[0]"
    assert document["deciding"]["check"]["probe"] == "PATH=/x"
    assert [change["path"] for change in document["edit"]["changes"]] == ["Env[0]"]
    assert (document["nearest"][0]["fields"], document["nearest"][0]["elements"]) == (1, 1)
    assert document["nearest"][0]["image"] == document["deciding"]["image"]
    # The suggested edit leads to a hit.
    edited = document["edit"]["probe"]["config"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(edited).encode())))
    assert main(["explain", "demo:", "--parent", "alpine:3.19", "--config", "-"]) == 0
    assert "shop/tools:a is used" in capsys.readouterr().out


def test_explain_prints_everything_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "demo:", "--probe", "5", "--all"])
    reported = capsys.readouterr().out
    assert "history[0].created_by" in reported
    assert "– WorkingDir" in reported


def test_only_the_nearest_candidates_are_printed_unless_all_are_requested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parent = "sha256:" + "a" * 64
    images = [
        {
            "id": f"sha256:{i:064x}",
            "parent": parent,
            "config": {
                "created": "2024-01-01T00:00:00Z",
                "container_config": {"Cmd": ["x", str(i)], "User": "u" if i else ""},
            },
        }
        for i in range(50)
    ]
    suite = tmp_path / "many.jsonl"
    suite.write_text(json.dumps({"rules": "containerd-71ebfc7", "images": images, "probes": []}) + "\n")
    config = tmp_path / "c.json"
    config.write_text('{"Cmd": ["x", "none"]}')
    main(["explain", str(suite), "--parent", parent, "--config", str(config), "--json"])
    (local,) = json.loads(capsys.readouterr().out)["trace"]
    assert local["subjects_total"] == 50
    assert len(local["subjects"]) == 10
    assert local["subjects"][0]["image"]["id"] == images[0]["id"]  # the only one that differs only in Cmd
    main(["explain", str(suite), "--parent", parent, "--config", str(config), "--json", "--all"])
    (local,) = json.loads(capsys.readouterr().out)["trace"]
    assert len(local["subjects"]) == 50


def test_uncertain_verdicts_are_reported_by_explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parent = "sha256:" + "a" * 64
    doubt = {"aspect": "container_config", "reason": "The engine does not tell it.", "remedy": "Open containerd:."}
    images = [
        {
            "id": f"sha256:{i:064x}",
            "parent": parent,
            "config": {"created": "2024-01-01T00:00:00Z"},
            "doubts": [doubt],
        }
        for i in range(3)
    ]
    suite, config = tmp_path / "unsure.jsonl", tmp_path / "c.json"
    suite.write_text(json.dumps({"rules": "containerd-71ebfc7", "images": images, "probes": []}) + "\n")
    config.write_text('{"Cmd": ["x"]}')
    arguments = ["explain", str(suite), "--parent", parent, "--config", str(config)]
    assert main(arguments) == 3
    lines = capsys.readouterr().out.splitlines()
    assert "  Unknown: The engine does not tell it. 3 images are affected. Open containerd:." in lines
    assert lines[0] == "UNKNOWN: a hit on one of 3 images, or a miss"
    assert sum("Unknown:" in line for line in lines) == 1
    assert any(line.startswith("  ? 000000000000") and line.endswith('unknown: User "" | unknown') for line in lines)
    assert main([*arguments, "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"]["outcome"] == "unknown"
    unknown = document["unknown"]
    assert unknown["outcomes"] == ["hit", "miss"]
    assert [image["id"] for image in unknown["images"]] == [image["id"] for image in images]
    assert (unknown["others"], unknown["aspects"]) == (False, ["container_config"])
    assert unknown["remedies"] == ["Open containerd:."]
    assert document["doubts"] == [{**doubt, "images": 3}]
    assert document["nearest"] == []
    assert document["edit"] is None
    checks = {check["check"]: check for check in document["trace"][0]["subjects"][0]["checks"]}
    assert checks["len(Cmd)"]["doubts"] == [doubt]
    assert "image" not in checks["len(Cmd)"]
    assert "doubts" not in checks["Tty"]
    assert main([*arguments, "--all"]) == 3
    reported = capsys.readouterr().out
    assert "    ? len(Cmd) 1 | unknown\n" in reported
    assert "    ✓ Tty false\n" in reported


def test_doubts_are_part_of_markdown_and_image_text() -> None:
    doubt = Doubt(aspect="container_config", reason="The engine does not tell it.", remedy="Open *containerd*.")
    image = Image(id="sha256:" + "1" * 64, config=ImageConfig(created=Timestamp(0, 0, None)), doubts=(doubt,))
    cache = ImageCache(ImageStore((image,)), CONTAINERD_71EBFC7)
    explanation = explain(cache, Probe(parent="", config=ContainerConfig(Cmd=("x",))))
    reported = as_markdown(explanation)
    assert r"> Unknown: The engine does not tell it. Open \*containerd\*." in reported
    assert "unknown | len(Cmd) | 1 | unknown |" in reported
    assert image_as_text(image).splitlines()[-1] == (
        "not known exactly: container config. The engine does not tell it. Open *containerd*."
    )
    assert "not known" not in image_as_text(image.model_copy(update={"doubts": ()}))


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["explain", "/nowhere", "--parent", "scratch", "--config", "-"], "/nowhere"),
        (["explain", "demo:"], "--parent and --config"),
        (["explain", "demo:", "--probe", "99"], "available: 14 probes"),
        (["explain", "demo:", "--case", "x", "--probe", "1"], "no case 'x'"),
        (["explain", "demo:", "--parent", "nope:1", "--config", "-"], "no such image: nope:1"),
        (["explain", "demo:", "--parent", "scratch", "--config", "/nowhere"], "/nowhere"),
        (["explain", "demo:", "--probe", "1", "--rules", "docker-1"], "such as 24.0.7"),
        (["explain", "demo:", "--probe", "1", "--rules", "none-1"], "containerd-71ebfc7"),
        (["explain"], "--help"),
        (["explain", "demo:", "--pro", "1"], "--help"),
        (["--size", "huge"], "1366x768"),
        (["aduit", "demo:"], "no command or file 'aduit'. Did you mean `cacheview audit`?"),
        (["explan"], "Did you mean `cacheview explain`?"),
        (["--replay", "/nowhere", "demo:"], "/nowhere"),
        (["audit", "engine"], "engine: there is no such file or folder. `engine:` opens the Docker Engine"),
        (["audit", "Demo:"], "Demo:: there is no such file or folder. `demo:` opens the bundled demo"),
        (["audit", "registry"], "`registry:NAME` opens images in a registry"),
        (["audit", "-"], "-: there is no such file or folder. A store cannot be read from standard input"),
        (["audit", "nothing"], "nothing: there is no such file or folder. Check the path"),
        (["audit", "demo:", "--rules", "all"], "--rules all works only with `cacheview explain`"),
        (["check", "demo:", "--rules", "all"], "--rules all works only with `cacheview explain`"),
        (["audit", "demo:", "--rules", "none"], "--rules: there is no rule set 'none'"),
        (["replay", ".", "--store", "demo:", "--record", "-"], "cannot be written to standard output"),
    ],
)
def test_invalid_input_is_reported_in_one_line(
    arguments: list[str], reported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert reported in captured.err
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("cacheview: ")


def test_an_invalid_config_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.json"
    file.write_text('{"Env": "A=1"}')
    assert main(["explain", "demo:", "--parent", "scratch", "--config", str(file)]) == 2
    assert "Env" in capsys.readouterr().err


def test_a_config_may_begin_with_a_byte_order_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.json"
    file.write_bytes(b'\xef\xbb\xbf{"Cmd": ["a"]}\r\n')
    assert main(["explain", "demo:", "--parent", "scratch", "--config", str(file)]) == 1
    assert capsys.readouterr().err == ""
    file.write_bytes(b"\xef\xbb\xbf\r\n")
    assert main(["explain", "demo:", "--parent", "scratch", "--config", str(file)]) == 2
    assert f"--config: {file}: not JSON: the text is empty\n" in capsys.readouterr().err


def test_check_counts_and_shows_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SUITE)]) == 0
    assert capsys.readouterr().out.splitlines() == ["2192 passed, 0 failed"]
    suite = tmp_path / "own.jsonl"
    case = {
        "rules": "containerd-71ebfc7",
        "name": "own",
        "images": [],
        "probes": [
            {"name": "right", "parent": "", "config": {}, "expect": {"outcome": "miss"}},
            {"name": "wrong", "parent": "", "config": {}, "expect": {"outcome": "hit"}},
        ],
    }
    suite.write_text(json.dumps(case) + "\nnot json\n" + json.dumps(case | {"rules": "other"}) + "\n")
    assert main(["check", str(suite), str(SUITE)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "2193 passed, 4 failed"
    assert "case 1 (own), probe 2 (wrong): outcome: expected hit, got miss" in lines[0]
    assert "line 2" in lines[1]
    assert "no rule set 'other'" in lines[2]
    assert main(["check", str(suite), "--rules", "containerd 71ebfc7"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 3 failed"


def test_check_of_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "gone.jsonl")]) == 2
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"


@pytest.mark.parametrize("compression", ["", "gz"])
def test_check_of_a_tar_archive_names_it_once(
    compression: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "images.tar"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(DATA / "hazards.jsonl")
    file.write_bytes(gzip.compress(buffer.getvalue()) if compression else buffer.getvalue())
    assert main(["check", str(file)]) == 2
    assert capsys.readouterr().out == (
        f"{file}, line 1: is a tar archive, not a suite or a replay file\n0 passed, 1 failed\n"
    )


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["--redact", "env"], "--redact has no effect without --record"),
        (["--record-without-store"], "--record-without-store has no effect without --record"),
        (["--redact", "env", "--record", "record.jsonl"], ""),
    ],
)
def test_options_of_a_record_that_is_not_written_are_reported(
    arguments: list[str],
    reported: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nLABEL a=b\n")
    assert main(["replay", ".", "--store", "demo:", *arguments]) == 1
    assert capsys.readouterr().err == (f"cacheview: {reported}\n" if reported else "")


@pytest.mark.parametrize("store", ["demo:", "engine:", "data-root:/var/lib/docker"])
def test_check_of_a_store_that_is_not_a_file(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", store]) == 2
    assert capsys.readouterr().out == (
        f"{store}: is a store, not a file. `cacheview check` reads suites and replay files\n0 passed, 1 failed\n"
    )


@pytest.mark.parametrize("command", [[], ["explain"], ["check"]])
def test_help_is_there(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "usage: cacheview" in capsys.readouterr().out


def test_audit_shows_the_hazards_of_a_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "demo:"]) == 1
    assert "Hazard (prune removes parents): " in capsys.readouterr().out
    assert main(["audit", "demo:", "--rules", "Docker 25.0.5, overlay2", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["rules"]) == ("cacheview-audit/1", "graphdriver-25.0.5")
    kinds = {hazard["kind"]: hazard for hazard in document["hazards"]}
    assert "prune removes parents" not in kinds
    assert kinds["mark missing"]["count"] == len(kinds["mark missing"]["images"]) == 13


def test_one_probe_by_all_rule_sets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "demo:", "--probe", "1", "--rules", "all"]) == 1
    assert "* containerd-71ebfc7" in capsys.readouterr().out
    assert main(["explain", "demo:", "--probe", "2", "--rules", "all", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    named = [name for group in document["groups"] for name in group["rules"]]
    assert sorted(named) == sorted(RULE_SETS)
    assert len(document["groups"]) < len(RULE_SETS)


def test_all_rule_sets_together_have_one_limit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a clock that advances by a second for each rule set; the limit is 3 seconds."""
    seconds = 0.0

    def counting_check(*given: Any) -> Any:
        nonlocal seconds
        seconds += 1
        go_on()
        return deciding_check(*given)

    monkeypatch.setattr("cacheview.engine.matrix.deciding_check", counting_check)
    monkeypatch.setattr(Effort, "about", lambda _: Effort(3.0, clock=lambda: seconds))
    assert main(["explain", "demo:", "--probe", "1", "--rules", "all"]) == 2
    assert seconds == 4
    assert "this command took more than 3 seconds of CPU time" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rules", "reported"),
    [
        ("Docker 24.0.7", "add the storage driver"),
        ("24.0.7, ext4", "unknown storage driver"),
        ("nonsense", "choose from"),
    ],
)
def test_invalid_rules_are_refused(rules: str, reported: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "demo:", "--rules", rules]) == 2
    assert reported in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", ["", "\n", '{"rules": "containerd-71ebfc7"}', '{"rules": "containerd-71ebfc7", "probes": []}']
)
def test_a_file_without_anything_to_check_is_unusable(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "suite.jsonl"
    file.write_text(line)
    assert main(["check", str(file)]) == 2
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"
    assert main(["check", str(file), str(DATA / "hazards.jsonl")]) == 1
    assert "no probes or builds to check" in capsys.readouterr().out


def test_explain_asks_for_the_platform_of_the_stores_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parent, made = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    config = {"os": "linux", "architecture": "arm64", "created": "2024-01-01T00:00:00Z"}
    images = [
        {"id": parent, "config": config},
        {"id": made, "parent": parent, "built_locally": True, "container_config": {"Cmd": ["x"]}, "config": config},
    ]
    suite, file = tmp_path / "arm.jsonl", tmp_path / "config.json"
    suite.write_text(json.dumps({"rules": "Docker 28.5.2, overlay2", "images": images, "probes": []}))
    file.write_text('{"Cmd": ["x"]}')
    command = ["explain", str(suite), "--parent", parent, "--config", str(file), "--json"]
    assert main(command) == 0
    reported = json.loads(capsys.readouterr().out)
    assert reported["using"]["platform"] == "linux/arm64"
    assert reported["probe"]["platform"] == {"os": "linux", "architecture": "arm64"}
    assert main([*command, "--platform", "linux/amd64"]) == 1
    assert main([*command, "--platform", "linux/"]) == 2
    assert "--platform: " in capsys.readouterr().err
