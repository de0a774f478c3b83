"""Paths that cannot even be looked up, as in a folder without permission or with a name that is too long.

A long name stands for all of them, because root may look up every path that exists.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from cacheview.cli import main

_NAME: Final = "n" * 300

_COMMANDS: Final = {
    "store": ("audit", _NAME),
    "suite": ("check", _NAME),
    "saved file": ("save", "demo:", _NAME),
    "config": ("explain", "demo:", "--parent", "scratch", "--config", _NAME),
    "changed store": ("explain", "demo:", "--probe", "1", "--what-if", f"load:{_NAME}"),
    "build context": ("replay", _NAME, "--store", "demo:"),
    "Dockerfile": ("replay", ".", "-f", _NAME, "--store", "demo:"),
    "Compose file": ("replay", "--compose", _NAME, "web", "--store", "demo:"),
    "folder of a Compose file": ("replay", "--compose", f"{_NAME}/compose.yaml", "web", "--store", "demo:"),
    "record": ("replay", ".", "--store", "demo:", "--record", _NAME),
    "build": ("compare", _NAME, _NAME, "--store", "demo:"),
    "folder of records": ("watch", "--records", _NAME),
    "socket": ("watch", "--host", f"unix:///{_NAME}"),
    "replayed folder": ("--replay", _NAME, "demo:"),
    "replayed Dockerfile": ("--replay", ".", "-f", _NAME, "demo:"),
}


@pytest.mark.parametrize("command", [pytest.param(command, id=name) for name, command in _COMMANDS.items()])
def test_a_path_that_cannot_be_looked_up_is_refused(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert main(command) == 2
    output = capsys.readouterr()
    assert _NAME in (output.out if command[0] == "check" else output.err)


@pytest.mark.parametrize("variable", ["HOME", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"])
def test_a_replay_does_not_need_the_folders_of_the_user(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nLABEL a=b\n")
    monkeypatch.setenv(variable, str(tmp_path / _NAME))
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert main(["replay", str(tmp_path), "--store", "demo:"]) == 1
    assert "1 missed" in capsys.readouterr().out


@pytest.mark.parametrize("store", ["engine:", "engine:other"])
def test_an_unreadable_docker_config_is_reported(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / _NAME))
    assert main(["audit", store]) == 2
    assert "File name too long" in capsys.readouterr().err
