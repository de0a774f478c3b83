"""The usual locations of Docker's and containerd's files."""

from __future__ import annotations

from typing import Final

__all__ = ["CONTAINERD_ROOT", "DOCKER_ROOT"]

DOCKER_ROOT: Final = "/var/lib/docker"
CONTAINERD_ROOT: Final = "/var/lib/containerd"
