"""A service of a Compose file as a build to replay. No Qt."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from cacheview.ui.replay.build import Build

__all__ = ["build_of_service", "is_compose_file"]

_NAME: Final = re.compile(r"(?:docker-)?compose[^/\\]*\.(?:ya?ml|json)", re.IGNORECASE)
_CLIENT: Final = "compose-v2"


def is_compose_file(path: str) -> bool:
    """Whether a path is a Compose file, judging by its name."""
    return _NAME.fullmatch(os.path.basename(path)) is not None and os.path.isfile(path)


def build_of_service(path: str, service: str, environment: Mapping[str, str]) -> tuple[Build, tuple[str, ...]]:
    """Return the build of a service, as Compose v2 sends it without BuildKit, and notes on it in sentences.

    Raises:
        DataError: the file cannot be read, has no such build, or is not sent to the classic builder.
    """
    from cacheview.replay.compose.service import read_service
    from cacheview.replay.dockerfiles import find_dockerfile

    result = read_service(path, service, environment)
    options = result.options
    dockerfile = result.dockerfile or str(find_dockerfile(result.context).path)
    build = Build(
        dockerfile=os.path.abspath(dockerfile),
        context=os.path.abspath(result.context),
        build_args=tuple(name if value is None else f"{name}={value}" for name, value in options.build_args.items()),
        labels=tuple(f"{name}={value}" for name, value in options.labels.items()),
        cache_from=options.cache_from,
        target=options.target,
        platform=options.platform,
        no_cache=options.no_cache,
        pull=options.pull,
        client=_CLIENT,
    )
    return build, result.notes
