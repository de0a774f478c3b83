"""A Docker Engine and a containerd of one's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from daemon_process import Daemon, DaemonError, cgroup_of, program

__all__ = ["KINDS", "ContainerdDaemon", "EngineDaemon", "Kind", "start_containerd", "start_engine"]

Kind = Literal["engine", "remote", "data-root"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The ways to open the store of an engine."""

_CONTAINERD_CONFIG = """\
version = 2
root = "{root}"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{socket}"
[ttrpc]
  address = "{socket}.ttrpc"
"""


@dataclass(frozen=True)
class EngineDaemon:
    """A running dockerd. ``remote``: its address as an engine of another machine, whose files cannot be read."""

    process: Daemon
    socket: Path
    data_root: Path
    remote: str = ""

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def location(self, kind: Kind) -> str:
        """Its store as a user names it: as the engine of this machine or of another, or as a data root."""
        places = {
            "engine": f"engine:{self.url}",
            "remote": f"engine:{self.remote}",
            "data-root": f"data-root:{self.data_root}",
        }
        return places[kind]


@dataclass(frozen=True)
class ContainerdDaemon:
    """A running containerd."""

    process: Daemon
    socket: Path
    root: Path

    def ctr(self, *arguments: str | Path) -> str:
        """What containerd's own client prints."""
        command = (program("ctr") or "ctr", "--address", str(self.socket), *map(str, arguments))
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def start_engine(folder: Path) -> EngineDaemon:
    """A dockerd with an empty store. Raises `DaemonError` with the reason where no driver of file systems works."""
    reasons = []
    for driver in ("overlay2", "vfs"):  # vfs works everywhere, and takes a second a step
        home = folder / driver
        try:
            return _start_engine(home, driver)
        except DaemonError as error:
            reasons.append(str(error))
    raise DaemonError("; ".join(dict.fromkeys(reasons)))


def _start_engine(folder: Path, driver: str) -> EngineDaemon:
    folder.mkdir(parents=True, exist_ok=True)
    address, data_root, settings = folder / "docker.sock", folder / "data", folder / "daemon.json"
    settings.write_text(json.dumps({"features": {"containerd-snapshotter": False}}))
    command = (
        program("dockerd") or "dockerd",
        f"--config-file={settings}",
        f"--data-root={data_root}",
        f"--exec-root={folder / 'exec'}",
        f"--pidfile={folder / 'pid'}",
        f"--host=unix://{address}",
        f"--storage-driver={driver}",
        f"--cgroup-parent=/{cgroup_of(folder)}",
        "--group=root",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
    )
    process = Daemon(command, folder, lambda: _answers_ping(address), data_root / driver)
    return EngineDaemon(process.start(), address, data_root)


def start_containerd(folder: Path) -> ContainerdDaemon:
    """A containerd that holds nothing. Raises `DaemonError` with the reason where it does not start."""
    folder.mkdir(parents=True, exist_ok=True)
    address, root, settings = folder / "containerd.sock", folder / "root", folder / "config.toml"
    settings.write_text(_CONTAINERD_CONFIG.format(folder=folder, root=root, socket=address))
    command = (program("containerd") or "containerd", f"--config={settings}")
    return ContainerdDaemon(Daemon(command, folder, lambda: _accepts(address)).start(), address, root)


def _accepts(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.settimeout(5)
        probe.connect(os.fspath(address))
        return True
    return False


def _answers_ping(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.settimeout(5)
        probe.connect(os.fspath(address))
        probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        return b" 200 " in probe.recv(64)
    return False
