"""Starts a daemon with private directories, and stops it without leaving anything behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

__all__ = ["Daemon", "DaemonError", "cgroup_of", "leftovers", "program"]

_START_SECONDS = 30
_STOP_SECONDS = 20
_POLL_SECONDS = 0.02
_GARBAGE = "800"
"""GOGC: how much garbage Go accumulates, in percent of the live heap. With the default, garbage collection took a fifth
of the time of these tests, since older engines start a process of themselves for each layer."""

# The daemon's mounts are private: they end with its last process, even if it crashes. Docker needs the devices cgroup;
# if the machine mounts no cgroups, the unified hierarchy is mounted for the daemon alone.
_IN_PRIVATE = """
set -e
grep -q ' - cgroup' /proc/self/mountinfo || mount -t cgroup2 none /sys/fs/cgroup
layers=$1
shift
if [ -n "$layers" ]; then
  root=$(dirname "$layers")
  mkdir -p "$layers"
  mount --bind "$root" "$root"  # else Docker does so, over what is mounted inside
  mount -t tmpfs none "$layers"
fi
exec "$@"
"""


class DaemonError(Exception):
    """A daemon did not start or could not be stopped; the message has the reason and the end of its log."""


def program(name: str, first: Sequence[str] = ()) -> str | None:
    """Return the path of a program. ``first``: folders before the PATH; those for the administrator come after it."""
    return shutil.which(name, path=_path(first))


def _path(first: Sequence[str]) -> str:
    return os.pathsep.join((*first, os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"))


class Daemon:
    """A daemon, and a context manager that always stops it.

    Args:
        command: the daemon and its options.
        folder: where it writes everything; all its command lines contain this path.
        ready: whether it answers.
        layers: the folder for its layers. It is mounted in memory, hidden from other processes, because overlay mounts
            do not work on every file system (for example overlay on overlay).
        path: folders in which it looks for programs before the PATH.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        ready: Callable[[], bool],
        layers: Path | None = None,
        path: Sequence[str] = (),
    ) -> None:
        self.name = Path(command[0]).name
        self.folder = folder
        self._command = command
        self._ready = ready
        self._layers = layers
        self._path = path
        self._log = folder / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Daemon:
        return self

    def start(self) -> Daemon:
        """Start it and wait until it answers. If it does not, clean up and raise `DaemonError`."""
        private = (
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            _IN_PRIVATE,
            "sh",
            str(self._layers or ""),
        )
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                (*private, *self._command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": _path(self._path), "TMPDIR": str(self.folder), "GOGC": _GARBAGE},
                start_new_session=True,
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(int(_START_SECONDS / _POLL_SECONDS)):
            if self._ready():
                return
            try:
                status = process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise DaemonError(f"{self.name} ended with status {status}: {self.last_words()}")
        raise DaemonError(f"{self.name} did not answer within {_START_SECONDS} s: {self.last_words()}")

    def last_words(self) -> str:
        """Return the last lines of its log, with errors first."""
        lines = self._log.read_text(errors="replace").splitlines()
        relevant = [line for line in lines if "level=info" not in line and "level=warning" not in line]
        return " | ".join((relevant or lines)[-3:])[-600:]

    def stop(self, *, kill: bool = False) -> None:
        """Stop it, and everything that it started, by a signal or by force.

        Raises `DaemonError` if it did not react to the signal and had to be killed.
        """
        process, self._process = self._process, None
        if process is None:
            return
        slow = False
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            slow = True
            process.kill()
            process.wait()
        for child in _processes(self.folder):  # left by a daemon that ended before them
            os.kill(child, signal.SIGKILL)
        for group in _cgroups(self.folder):  # Docker does not remove the parent of its containers' cgroups
            with suppress(OSError):
                group.rmdir()
        if slow:
            raise DaemonError(f"{self.name} did not stop within {_STOP_SECONDS} s: {self.last_words()}")


def leftovers(folder: Path) -> list[str]:
    """Return the processes, mounts and cgroups that are left of the daemons of a folder."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return [
        *(f"process {pid}" for pid in _processes(folder)),
        *(line for line in mounts if str(folder) in line),
        *map(str, _cgroups(folder)),
    ]


def cgroup_of(folder: Path) -> str:
    """Return the name of the cgroup for the containers of a folder's daemon."""
    return "-".join(folder.parts[1:])


def _cgroups(folder: Path) -> list[Path]:
    """Return the cgroups for the containers of a folder's daemons: one at the top of each hierarchy in use."""
    root, name = Path("/sys/fs/cgroup"), cgroup_of(folder)
    return [path for pattern in (f"{name}*", f"*/{name}*") for path in root.glob(pattern)]


def _processes(folder: Path) -> list[int]:
    """Return the other processes whose command line contains the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if os.fsencode(folder) in words:
            found.append(int(entry.name))
    return sorted(found)
