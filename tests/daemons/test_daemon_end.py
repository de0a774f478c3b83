"""The daemons of the tests leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from daemon_process import Daemon, DaemonError, leftovers
from daemon_start import start_containerd, start_engine


@pytest.mark.usefixtures("engine")  # skips the test if no engine is available
@pytest.mark.parametrize("kill", [False, True], ids=["asked to stop", "killed"])
def test_an_engine_leaves_no_process_or_mount(kill: bool, short_folder: Path) -> None:
    running = start_engine(short_folder)
    assert leftovers(short_folder) != []
    running.process.stop(kill=kill)
    assert leftovers(short_folder) == []


@pytest.mark.usefixtures("containerd")
def test_containerd_leaves_no_process_or_mount(short_folder: Path) -> None:
    running = start_containerd(short_folder)
    assert leftovers(short_folder) != []
    running.process.stop()
    assert leftovers(short_folder) == []


@pytest.mark.usefixtures("containerd")
def test_a_daemon_that_does_not_start_says_why(tmp_path: Path) -> None:
    daemon = Daemon(("sh", "-c", "echo no such thing as luck; exit 3"), tmp_path, lambda: False)
    with pytest.raises(DaemonError, match="status 3: no such thing as luck"):
        daemon.start()
    assert leftovers(tmp_path) == []
