"""The program's entry point, before anything else is loaded."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest

from cacheview.__main__ import main
from cacheview.faults import EXIT_INTERRUPTED


def test_ctrl_c_while_the_program_loads_prints_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    load = builtins.__import__

    def interrupted(name: str, *given: Any) -> Any:
        if name == "cacheview.cli":
            raise KeyboardInterrupt
        return load(name, *given)

    monkeypatch.setattr(builtins, "__import__", interrupted)
    assert main() == EXIT_INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_the_status_of_the_command_is_that_of_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cacheview", "audit", "nowhere.tar"])
    assert main() == 2
    assert "nowhere.tar" in capsys.readouterr().err
