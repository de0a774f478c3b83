"""Small builds, configs and numbers that would expand to very much: they stop at a limit, with an error status."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from bounded import MIB, run_bounded

from cacheview.model import DataError, decode
from cacheview.replay.check import build_result
from cacheview.replay.file import ReplayCase

pytestmark = pytest.mark.slow

BUILD = {
    "engine": "28.5.2",
    "kind": "containerd",
    "scenario": "one",
    "dockerfile": "FROM scratch\nCOPY a /a\n",
    "images": [],
    "context": {},
    "expect": {"ok": True, "steps": []},
}


def check(folder: Path, **changes: object) -> str:
    """What ``cacheview check`` prints for a recorded build."""
    path = folder / "builds.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(BUILD | changes) + "\n").encode()))
    run = run_bounded("check", path, seconds=20, memory=512 * MIB)
    assert run.status in (1, 2), run.output
    assert run.output.endswith("\n0 passed, 1 failed\n")
    return run.output


FILE = {"type": "file", "mode": "0644", "text": "x"}


def test_an_overlong_path_in_a_record_is_reported(tmp_path: Path) -> None:
    printed = check(tmp_path, context={"a/" * 500_000 + "f": FILE})
    assert "a path has more than 4,096 characters, more than any operating system accepts" in printed


def test_the_memory_for_implied_folders_is_limited(tmp_path: Path) -> None:
    printed = check(tmp_path, context={f"{number}/" + "a/" * 2000 + "f": FILE for number in range(100)})
    assert "the folders implied by the paths in the context take up more than 268,435,456 bytes of memory" in printed


def test_very_many_references_of_a_build(tmp_path: Path) -> None:
    printed = check(tmp_path, cache_from=[f"n{number}" for number in range(30_000)])
    assert "there are more than 20,000 --cache-from references" in printed


def test_very_many_references_of_a_probe(tmp_path: Path) -> None:
    probe = {"config": {"Cmd": ["x"]}, "cache_from": [f"n{number}" for number in range(30_000)]}
    path = tmp_path / "suite.jsonl"
    path.write_text(json.dumps({"rules": "containerd-71ebfc7", "images": [], "probes": [probe]}))
    run = run_bounded("explain", path, "--probe", "1", memory=256 * MIB)
    assert run.status == 2
    assert "probe 1 has more than 20,000 cache-from references" in run.output


def test_the_memory_for_configs_of_all_steps_is_limited(tmp_path: Path) -> None:
    labels = "".join(f"LABEL a{number}=x\n" for number in range(2_500))
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{labels}FROM scratch\nLABEL a=b\n")
    quarter = {"replay.finished_stages._MAX_CONFIG_BYTES": 100 * MIB}
    run = run_bounded("replay", tmp_path, "--store", "demo:", seconds=60, memory=210 * MIB, limits=quarter)
    assert run.status == 2
    assert "the configs of all steps so far take up more than" in run.output


BASE = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}}


def named(name: str, **config: object) -> dict[str, object]:
    stored = BASE | {"config": config}
    return {"id": f"sha256:{'a' * 64}", "names": [f"docker.io/library/{name}:latest"], "config": stored}


def error_of(**changes: object) -> str:
    """The error for a recorded build, checked in this process."""
    with pytest.raises(DataError) as caught:
        build_result(decode(ReplayCase, json.dumps(BUILD | changes)))
    return str(caught.value)


# The following tests use small limits. Each limit is compared with a running count before the next item is created, so
# a larger one would take seconds without testing more.


def test_triggers_of_very_many_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.replay.finished_stages._MAX_STEPS", 50)
    base = named("b", OnBuild=["USER x"] * 20)
    printed = error_of(images=[base], dockerfile="FROM b\n" * 10)
    assert printed.endswith("there are more than 50 steps, including base image triggers, so the build is not replayed")


def test_the_number_of_members_in_a_record_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.replay.file._MAX_MEMBERS", 2)
    member = {"name": "f", "mode": 0o100644, "sum": "0" * 64}
    assert error_of(members=[member] * 3) == "the context has more than 2 members"


@pytest.mark.parametrize("kind", ["ENV A{}=x", "LABEL a{}=x", "ARG a{}", "VOLUME /{}", "EXPOSE {}", "ONBUILD RUN {}"])
def test_values_of_very_many_instructions(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.replay.finished_stages._MAX_CARRIED_VALUES", 1000)
    printed = error_of(dockerfile="FROM scratch\n" + "".join(f"{kind.format(number)}\n" for number in range(1, 60)))
    assert "all steps together have more than 1,000 variables, labels and arguments" in printed


def test_very_many_labels_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.replay.finished_stages._MAX_CARRIED_VALUES", 1000)
    assert "all steps together have more than 1,000" in error_of(
        dockerfile="FROM scratch\nUSER x\n", labels={f"a{number}": "x" for number in range(60)}
    )


def test_many_arguments_before_many_commands_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.replay.finished_stages._MAX_CARRIED_VALUES", 1000)
    args, commands = "".join(f"ARG a{number}\n" for number in range(20)), "RUN x\n" * 50
    assert "all steps together have more than 1,000" in error_of(dockerfile=f"FROM scratch\n{args}{commands}")


def test_references_that_bring_in_very_many_images(tmp_path: Path) -> None:
    config = BASE | {"history": [{"created_by": "x", "empty_layer": True}] * 200}
    images: list[dict[str, object]] = [
        {"id": f"sha256:{number:064x}", "parent": f"sha256:{number - 1:064x}", "config": config}
        for number in range(1, 201)
    ]
    images[-1] |= {"names": ["docker.io/library/a:latest"]}
    probe = {"config": {"Cmd": ["x"]}, "cache_from": ["a"] * 20_000, "expect": {"outcome": "miss"}}
    path = tmp_path / "suite"
    path.write_text(json.dumps({"rules": "containerd-71ebfc7", "images": images, "probes": [probe]}))
    run = run_bounded("explain", path, "--probe", "1", seconds=20, memory=256 * MIB)
    assert run.status == 2
    assert "this command needed more than 2,000,000 images from the --cache-from references" in run.output
    run = run_bounded("check", path, seconds=20, memory=256 * MIB)
    assert run.status == 2
    assert run.output.endswith("\n0 passed, 1 failed\n")


def test_many_instructions_take_little_memory(tmp_path: Path) -> None:
    kinds = ("RUN {}", "ENV A{}=x", "LABEL a{}=x")
    lines = "\n".join(kind.format(number) for number in range(1_500) for kind in kinds)
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{lines}\n")
    run = run_bounded("replay", tmp_path, "--store", "demo:", seconds=60, memory=100 * MIB)
    assert run.status == 1
    assert "\n4501 steps: " in run.output


def test_a_stage_number_of_many_digits_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nCOPY --from=-{'1' * 5000} /a /a\n")
    run = run_bounded("replay", tmp_path, "--store", "demo:", memory=128 * MIB)
    assert run.status == 2
    assert "this is a bug in cacheview" not in run.output


def test_an_image_id_that_looks_like_a_step_placeholder_is_harmless(tmp_path: Path) -> None:
    config = {"config": {"Cmd": ["x"]}, "os": "linux", "architecture": "amd64", "rootfs": {"type": "layers"}}
    image = {"id": "step 2", "names": ["docker.io/library/b:1"], "config": config}
    (tmp_path / "suite").write_text(json.dumps({"rules": "containerd-71ebfc7", "images": [image]}))
    (tmp_path / "Dockerfile").write_text('FROM b:1\nCMD ["x"]\nFROM b:1\nCMD ["x"]\n')
    run = run_bounded("replay", tmp_path, "--store", tmp_path / "suite", seconds=10, memory=128 * MIB)
    assert run.status == 1
    assert "4 steps: 1 cached, 1 missed" in run.output


@pytest.mark.parametrize("config", ['{"Healthcheck":' * 990 + "{}" + "}" * 990, "[" * 100_000])
def test_a_config_that_is_nested_very_deep(config: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(config)
    run = run_bounded("explain", "demo:", "--parent", "", "--config", tmp_path / "config", memory=128 * MIB)
    assert run.status == 2
    assert run.output.startswith("cacheview: --config: ")
