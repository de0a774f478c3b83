"""Starts a private Docker Engine or containerd."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from daemon_engines import INSTALLED, EngineKind
from daemon_process import Daemon, DaemonError, cgroup_of, program

from cacheview.model import StoreKind

__all__ = [
    "KINDS",
    "SOCKET_GROUP",
    "ContainerdDaemon",
    "EngineDaemon",
    "Kind",
    "layers_are_in_sight",
    "start_containerd",
    "start_engine",
    "start_engine_of",
]

SOCKET_GROUP = 64_998
"""The ID of an unused group whose members may use an engine's socket."""

Kind = Literal["engine", "remote", "data-root"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The ways to open an engine's store."""

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
    """A running dockerd. ``remote``: its address as an engine on another machine, whose files cannot be read."""

    process: Daemon
    socket: Path
    data_root: Path
    kind: EngineKind = INSTALLED
    remote: str = ""

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The ways to open its store. Only a graph-driver store can be opened as a data root."""
        return KINDS if self.kind.store is StoreKind.GRAPH_DRIVER else ("engine", "remote")

    def location(self, kind: Kind) -> str:
        """Return the location of its store: a local engine, a remote engine or a data root."""
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
        """Run containerd's own client, and return its output."""
        command = (program("ctr") or "ctr", "--address", str(self.socket), *map(str, arguments))
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


_DRIVERS: Mapping[StoreKind, Sequence[str]] = {
    StoreKind.GRAPH_DRIVER: ("overlay2", "vfs"),
    StoreKind.CONTAINERD: ("overlayfs", "native"),
}
"""The second driver of each works everywhere, but takes a second per step."""

_TMPFS = "tmpfs"
_SNAPSHOTS = "containerd/daemon/io.containerd.snapshotter.v1."


def start_engine(folder: Path, kind: EngineKind = INSTALLED) -> EngineDaemon:
    """Start a dockerd with an empty store. Raises `DaemonError` with the reasons if no storage driver works."""
    reasons = []
    for driver in _DRIVERS[kind.store]:
        home = folder / driver
        try:
            return start_engine_of(home, driver, kind)
        except DaemonError as error:
            reasons.append(str(error))
    raise DaemonError("; ".join(dict.fromkeys(reasons)))


def start_engine_of(folder: Path, driver: str, kind: EngineKind) -> EngineDaemon:
    """Start a dockerd with an empty store of one driver. Raises `DaemonError` with the reason if it does not start."""
    folder.mkdir(parents=True, exist_ok=True)
    address, data_root, settings = folder / "docker.sock", folder / "data", folder / "daemon.json"
    in_containerd = kind.store is StoreKind.CONTAINERD
    settings.write_text(json.dumps({"features": {"containerd-snapshotter": in_containerd}}))
    command = (
        program("dockerd", kind.path) or "dockerd",
        f"--config-file={settings}",
        f"--data-root={data_root}",
        f"--exec-root={folder / 'exec'}",
        f"--pidfile={folder / 'pid'}",
        f"--host=unix://{address}",
        f"--storage-driver={driver}",
        f"--cgroup-parent=/{cgroup_of(folder)}",
        f"--group={SOCKET_GROUP}",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
    )
    layers = data_root / (f"{_SNAPSHOTS}{driver}" if in_containerd else driver)
    hidden = None if layers_are_in_sight(folder) else layers
    process = Daemon(command, folder, lambda: _answers_ping(address), hidden, kind.path)
    return EngineDaemon(process.start(), address, data_root, kind)


def layers_are_in_sight(folder: Path) -> bool:
    """Whether the layers of an engine in this folder are visible in its data root.

    They are if the folder is in memory already, because overlay mounts work there.
    """
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    inside = [(len(words[1]), words[2]) for words in mounts if folder.is_relative_to(words[1])]
    return max(inside)[1] == _TMPFS


def start_containerd(folder: Path) -> ContainerdDaemon:
    """Start an empty containerd. Raises `DaemonError` with the reason if it does not start."""
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
