"""Opening the window on a Dockerfile from the command line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from forked import DOCKS, PROGRAM, run_forked
from PySide6.QtGui import QImage

from cacheview.cli import main


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    homes = {name: str(tmp_path / "home") for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    environment = {**os.environ, **homes, "QT_QPA_PLATFORM": "offscreen"}
    return run_forked(PROGRAM, *arguments, modules=DOCKS, environment=environment)


def test_a_screenshot_shows_the_replayed_steps(tmp_path: Path) -> None:
    context = tmp_path / "site"
    context.mkdir()
    (context / "Dockerfile.x").write_text("FROM scratch\nLABEL a=b\nCOPY . /\n")
    pictures = [tmp_path / name for name in ("with.png", "without.png")]
    with_steps = ["--replay", str(context), "-f", str(context / "Dockerfile.x")]
    for picture, more in zip(pictures, (with_steps, []), strict=True):
        done = run(tmp_path, "demo:", *more, "--screenshot", str(picture), "--size", "1366x768", "--scheme", "light")
        assert done.returncode == 0, done.stderr
    steps, none = (QImage(str(picture)) for picture in pictures)
    assert (steps.width(), steps.height()) == (1366, 768)
    assert steps != none
    home = tmp_path / "home"
    written = [path for path in home.rglob("*") if path.is_file() and "context" in str(path)] if home.exists() else []
    assert written == []  # taking a screenshot leaves no record behind


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--replay", "nowhere"], "no such Dockerfile"),
        (["--file", "Dockerfile"], "specify the context with --replay"),
    ],
)
def test_a_command_line_that_cannot_be_used(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["demo:", *arguments, "--screenshot", str(tmp_path / "x.png")]) == 2
    assert why in capsys.readouterr().err
