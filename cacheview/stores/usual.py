"""Where Docker and containerd keep their files if nobody chose another place."""

from __future__ import annotations

from typing import Final

__all__ = ["CONTAINERD_ROOT", "DOCKER_ROOT"]

DOCKER_ROOT: Final = "/var/lib/docker"
CONTAINERD_ROOT: Final = "/var/lib/containerd"
