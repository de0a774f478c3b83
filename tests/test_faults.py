"""An internal error ends every command with a line to report and a special exit status."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cacheview.cli import main
from cacheview.faults import EXIT_FAULT
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedLocation

pytestmark = pytest.mark.slow

REPLAY = ["replay", "FOLDER", "--store", "demo:"]
COMMANDS = {
    "explain": (["explain", "demo:", "--probe", "1"], "cacheview.commands.opening.open_store"),
    "explain by all rules": (
        ["explain", "demo:", "--probe", "1", "--rules", "all"],
        "cacheview.commands.explain.compare",
    ),
    "audit": (["audit", "demo:", "--json"], "cacheview.commands.audit.audit"),
    "check": (["check", "FILE"], "cacheview.commands.check.read_lines"),
    "replay": (REPLAY, "cacheview.replay.sent_build.replay"),
    "replay by all clients": ([*REPLAY, "--client", "all"], "cacheview.commands.replay.compare_clients"),
    "replay recorded": ([*REPLAY, "--record", "FILE"], "cacheview.commands.replay.record_of"),
    "replay of Compose": ([*REPLAY, "--compose", "FILE"], "cacheview.commands.build_options.read_service"),
    "save": (["save", "demo:", "FILE"], "cacheview.commands.save.suite_line"),
    "watch": (["watch"], "cacheview.commands.watch.find_endpoint"),
    "the window": (["demo:"], "cacheview.ui.app.run_window"),
}
"""Each command's arguments and a function that it calls."""


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
    given, function = COMMANDS[command]
    monkeypatch.setattr(function, broken)
    places = {"FOLDER": str(tmp_path), "FILE": str(tmp_path / "file")}
    arguments = [places.get(argument, argument) for argument in given]
    assert main(arguments) == EXIT_FAULT == 70
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith("cacheview: this is a bug in cacheview. Please report it: cacheview ")
    assert type(fault).__name__ in error
    assert "--traceback" in error
    assert "\x1b" not in error
    assert main([*arguments, "--traceback"]) == EXIT_FAULT
    error = capsys.readouterr().err
    assert "Traceback (most recent call last)" in error
    assert "in broken" in error
    assert "\x1b" not in error


def test_a_fault_in_a_thread_of_a_command_sets_the_fault_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise KeyError("in a thread")

    def opened(location: str) -> OpenedLocation:
        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
        return open_store(location)

    monkeypatch.setattr("cacheview.commands.opening.open_store", opened)
    assert main(["explain", "demo:", "--probe", "2"]) == EXIT_FAULT
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "KeyError: 'in a thread' at " not in error  # not raised in the program's own code
    assert "this is a bug in cacheview" in error
    assert main(["explain", "demo:", "--probe", "2", "--traceback"]) == EXIT_FAULT
    assert "in broken" in capsys.readouterr().err


def test_a_fault_while_watching_sets_the_fault_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Watching:
        title, url, problems = "an engine", "unix:///x", ()

        def __init__(self, endpoint: Endpoint, changed: Callable[[None], None], failed: Callable[[Exception], None]):
            self.endpoint = endpoint
            failed(KeyError("in the relay"))
            changed(None)

        def close(self) -> None:
            """There is nothing to close."""

    monkeypatch.setattr("cacheview.commands.watch.Watcher", Watching)
    assert main(["watch", "--host", "unix:///x"]) == EXIT_FAULT
    out, error = capsys.readouterr()
    assert "Watching unix:///x" in out  # watching continues
    assert error.count("\n") == 1
    assert "KeyError: 'in the relay'" in error


def test_ctrl_c_ends_a_command_without_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cacheview.commands.opening.open_store", interrupted)
    assert main(["explain", "demo:", "--probe", "1"]) == 130
    assert capsys.readouterr() == ("", "")


def test_the_streams_are_the_process_own_again_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    main(["explain", "demo:", "--probe", "1"])
    assert (sys.stdout, sys.stderr) == before
