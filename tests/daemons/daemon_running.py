"""Starts an engine for tests, which are skipped or fail if its programs are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from daemon_engines import EngineKind
from daemon_need import need, unavailable
from daemon_process import DaemonError
from daemon_proxy import Proxy
from daemon_start import EngineDaemon, start_engine

__all__ = ["engine_running"]


@contextmanager
def engine_running(kind: EngineKind, folder: Path) -> Iterator[EngineDaemon]:
    """Run an engine with an empty store in a new folder, which must not exist yet."""
    need("dockerd", "containerd", "runc", "unshare", kind=kind)
    try:
        running = start_engine(folder, kind)
    except DaemonError as error:
        unavailable(str(error))
    with running.process, Proxy(running.socket) as remote:
        yield replace(running, remote=remote.url)
