"""Builds by real daemons: each replay reports what the daemon did."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import pytest

from cacheview.cli import main
from cacheview.dockerfile.context.clients import CLI_20_10, DOCKER_CLI
from cacheview.model import DataError, decode
from cacheview.replay.check import build_result, replay_case
from cacheview.replay.file import ReplayCase

DATA = Path(__file__).parent.parent / "data" / "replay"
FILES = ("replay-20.10-overlay2", "replay-28.5.2-c8d")


@cache
def builds(file: str) -> list[ReplayCase]:
    with gzip.open(DATA / f"{file}.jsonl.gz") as lines:
        return [decode(ReplayCase, line) for line in lines]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("number", range(12))
def test_a_build_is_predicted_as_the_daemon_did_it(file: str, number: int) -> None:
    case = builds(file)[number]
    result = build_result(case)
    assert result.differences == ()
    assert case.expect.steps is not None
    assert [step.text for step in result.replay.steps] == [step.instruction for step in case.expect.steps]


@pytest.mark.parametrize("file", FILES)
def test_only_files_that_come_out_of_a_stage_are_not_known(file: str) -> None:
    unknown = [step for case in builds(file) for step in build_result(case).replay.looked_up if step.cached is None]
    copies = [step for step in unknown if "--from=" in step.text]
    assert copies
    for step in unknown:
        assert (
            step in copies or step.reason == "the answer depends on the result of the previous step, which is unknown"
        )


@pytest.mark.parametrize("file", FILES)
def test_a_wrongly_predicted_hit_fails_the_check(file: str) -> None:
    case = next(case for case in builds(file) if case.scenario == "site/again")
    steps = list(case.expect.steps or ())
    steps[2] = steps[2].model_copy(update={"cached": False})
    changed = case.model_copy(update={"expect": case.expect.model_copy(update={"steps": tuple(steps)})})
    assert not build_result(changed).passed


def test_the_client_of_a_replay_file_sends_the_context() -> None:
    line = next(case for case in builds(FILES[0]) if "COPY file" in str(case.expect.created_by))
    assert line.sent_by is DOCKER_CLI
    older = line.model_copy(update={"client": "docker CLI 20.10.24"})
    assert older.sent_by is CLI_20_10
    assert build_result(line).passed
    assert any("COPY" in difference for difference in build_result(older).differences)
    with pytest.raises(DataError, match="no such client"):
        build_result(line.model_copy(update={"client": "tar 1.34"}))


def test_a_recorded_build_is_checked_by_the_requested_rules_and_builder(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = str(DATA / f"{FILES[1]}.jsonl.gz")
    case = builds(FILES[1])[0].model_copy(update={"dockerfile": "FROM scratch\nHEALTHCHECK CMD true\n"})
    own, older = (replay_case(case, asked).steps[1].created_by for asked in ("", "Docker 20.10.24, overlay2"))
    assert (own or "").endswith("""{["CMD-SHELL" "true"] "0s" "0s" "0s" "0s" '\\x00'}""")
    assert (older or "").endswith("""{["CMD-SHELL" "true"] "0s" "0s" "0s" '\\x00'}""")
    assert main(["check", file, "--rules", "Docker 28.5.2, containerd"]) == 0
    assert capsys.readouterr().out.endswith("12 passed, 0 failed\n")
    assert main(["check", file, "--rules", "Docker 24.0.7, containerd"]) == 1
    assert main(["check", file, "--rules", "Docker 1, overlay2"]) == 2
