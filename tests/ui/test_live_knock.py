"""The error at startup when no engine responds, tested with real sockets and DOCKER_HOST."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cacheview.model import DataError
from cacheview.ui.stores.start import ask_engine


@pytest.fixture(autouse=True)
def no_settings_of_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)


def test_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(DataError, match="no such socket"):
        ask_engine(2)


def test_nothing_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with pytest.raises(DataError, match="nothing is listening there"):
        ask_engine(2)


def test_a_silent_engine_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        with pytest.raises(DataError, match="did not respond within"):
            ask_engine(0.2)


def test_an_unknown_docker_context_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    with pytest.raises(DataError, match=r"no Docker context 'elsewhere' \(set in DOCKER_CONTEXT\)"):
        ask_engine(2)


def test_no_heavy_modules_are_loaded_if_no_engine_listens(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom cacheview.ui.stores.start import ask_engine\n"
        "try: ask_engine(2)\nexcept Exception as error: print(type(error).__name__)\n"
        "print([name for name in ('docker', 'requests', 'grpc') if name in sys.modules])"
    )
    environment = os.environ | {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert ended.stdout.splitlines() == ["ConnectionLostError", "[]"]
