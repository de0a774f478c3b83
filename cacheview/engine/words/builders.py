"""The builder that plain ``docker build`` uses, and how to use the classic one."""

from __future__ import annotations

from typing import Final

__all__ = ["BUILDKIT", "DEPENDS_ON_CLI", "WINDOWS"]

_CLASSIC: Final = "This is the classic builder's cache"
_USE_CLASSIC: Final = (
    "set DOCKER_BUILDKIT=0, or build through the Docker API (for example, with docker-py or Testcontainers)"
)

BUILDKIT: Final = (
    f"{_CLASSIC}. On this engine, docker build uses BuildKit by default (Docker CLI 23.0 or later with buildx). "
    f"BuildKit has its own cache. To use the classic builder, {_USE_CLASSIC}."
)
DEPENDS_ON_CLI: Final = (
    f"{_CLASSIC}. On this engine, docker build uses the classic builder by default with Docker CLI 20.10 or older; "
    "later CLIs with buildx use BuildKit, which has its own cache. To use the classic builder with a later CLI, "
    f"{_USE_CLASSIC}."
)
WINDOWS: Final = f"{_CLASSIC}, which docker build uses by default on this Windows engine."
