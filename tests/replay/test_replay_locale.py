"""Docker's clients encode file names as UTF-8 in every locale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LOCALES = {
    "utf-8": {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
    "ascii": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def recorded(context: Path, locale: str) -> Any:
    record = context.with_name(f"{locale}.jsonl")
    arguments = ["replay", "-f", "é/Dockerfile", ".", "--store", "demo:", "--record", str(record)]
    environment = {**os.environ, **LOCALES[locale]}
    command = [sys.executable, "-m", "cacheview", *arguments]
    run = subprocess.run(command, cwd=context, env=environment, capture_output=True, timeout=120)
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
    here, there = recorded(context, "utf-8"), recorded(context, "ascii")
    assert {member["name"] for member in here["members"]} >= {"é/Dockerfile", "ü", "link"}
    assert "é/left-out-ö" not in {member["name"] for member in here["members"]}
    assert there == here
