"""Skips or fails tests if the real daemons that they need are not available."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest
from daemon_engines import INSTALLED, EngineKind
from daemon_process import program

__all__ = ["need", "unavailable"]


def unavailable(reason: str) -> NoReturn:
    """Skip the test, or fail it if daemons are required."""
    if os.environ.get("CACHEVIEW_DAEMONS") == "required":
        pytest.fail(f"a daemon is required (CACHEVIEW_DAEMONS) but not available: {reason}", pytrace=False)
    pytest.skip(reason)


def need(*programs: str, kind: EngineKind = INSTALLED) -> None:
    if os.geteuid() != 0:
        unavailable("a daemon needs root")
    if kind.folder is not None and program("dockerd", kind.path[:1]) != f"{kind.path[0]}/dockerd":
        unavailable(f"no engine is unpacked in {kind.folder} (.ci/daemons does so on Debian)")
    if missing := [name for name in programs if program(name, kind.path) is None]:
        unavailable(f"not installed: {', '.join(missing)} (Debian: docker.io, containerd, docker-registry)")
