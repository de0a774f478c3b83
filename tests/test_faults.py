"""A fault of the program ends every command with a line to report and a status of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cacheview.cli import main
from cacheview.faults import FAULT

pytestmark = pytest.mark.slow

COMMANDS = {
    "explain": ["explain", "demo:", "--probe", "1"],
    "audit": ["audit", "demo:", "--json"],
    "check": ["check", "FILE"],
    "replay": ["replay", "FOLDER", "--store", "demo:"],
}


@pytest.mark.parametrize("fault", [ValueError("odd\nvalue \x1b[1m"), KeyError("x"), RecursionError(), MemoryError()])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_fault_is_one_line_and_a_status_of_its_own(
    command: str,
    fault: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise fault

    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    for name in (
        "cacheview.cli.open_store",
        "cacheview.commands.check.read_lines",
        "cacheview.replay.sent_build.replay",
    ):
        monkeypatch.setattr(name, broken)
    arguments = [str(tmp_path) if argument == "FOLDER" else argument for argument in COMMANDS[command]]
    assert main(arguments) == FAULT == 70
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith("cacheview: this is a fault in cacheview, not an answer. Please report: cacheview ")
    assert type(fault).__name__ in error
    assert "--traceback" in error
    assert "\x1b" not in error
    assert main([*arguments, "--traceback"]) == FAULT
    error = capsys.readouterr().err
    assert "Traceback (most recent call last)" in error
    assert "in broken" in error
    assert "\x1b" not in error


def test_ctrl_c_says_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cacheview.cli.open_store", interrupted)
    assert main(["explain", "demo:", "--probe", "1"]) == 130
    assert capsys.readouterr() == ("", "")


def test_the_streams_are_the_process_own_again_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    main(["explain", "demo:", "--probe", "1"])
    assert (sys.stdout, sys.stderr) == before
