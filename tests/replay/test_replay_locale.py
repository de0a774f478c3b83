"""Docker's clients encode file names as UTF-8 in every locale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from forked import COMMANDS, PROGRAM, run_forked

ASCII = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def recorded(context: Path, *, is_ascii: bool) -> Any:
    """The record of a build, made in this locale or in one whose encoding is ASCII."""
    record = context.with_name(f"{is_ascii}.jsonl")
    arguments = ["replay", "-f", "é/Dockerfile", ".", "--store", "demo:", "--record", str(record)]
    if is_ascii:
        command = [sys.executable, "-m", "cacheview", *arguments]
        environment = os.environ | ASCII
        run = subprocess.run(command, cwd=context, env=environment, capture_output=True, text=True, timeout=120)
    else:
        run = run_forked(PROGRAM, *arguments, modules=COMMANDS, folder=context)
    assert run.returncode == 1, run.stderr
    document = json.loads(record.read_bytes())
    del document["started"]
    return document


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, file names do not depend on the locale")
def test_a_context_is_the_same_in_every_locale(tmp_path: Path) -> None:
    context = tmp_path / "context"
    (context / "é").mkdir(parents=True)
    (context / "é" / "Dockerfile").write_bytes("FROM scratch\nCOPY é ü /\n".encode())
    (context / "é" / "left-out-ö").write_bytes(b"x")
    (context / "ü").write_bytes(b"y")
    (context / "link").symlink_to("ü")
    (context / os.fsdecode(b"not-utf8-\xff")).write_bytes(b"z")
    (context / ".dockerignore").write_bytes("**/*-ö\n".encode())
    here, there = recorded(context, is_ascii=False), recorded(context, is_ascii=True)
    assert {member["name"] for member in here["members"]} >= {"é/Dockerfile", "ü", "link"}
    assert "é/left-out-ö" not in {member["name"] for member in here["members"]}
    assert there == here
