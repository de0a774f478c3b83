"""An engine for as long as it is needed; without what it needs, the tests are skipped, or fail."""

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
    """An engine whose store is empty at first, in a folder that does not exist."""
    need("dockerd", "containerd", "runc", "unshare", kind=kind)
    try:
        running = start_engine(folder, kind)
    except DaemonError as error:
        unavailable(str(error))
    with running.process, Proxy(running.socket) as remote:
        yield replace(running, remote=remote.url)
