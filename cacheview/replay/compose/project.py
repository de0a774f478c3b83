"""The parts of a Compose project outside its main file: its name, and files that Compose would merge into it.

Source: compose-go v2.0.2 ``cli/options.go`` and ``loader/loader.go``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cacheview.replay.compose.document import CONFIG_HINT
from cacheview.replay.compose.variables import ComposeVariables

__all__ = ["PROJECT_NAME", "project_name", "unread_files"]

PROJECT_NAME: Final = "COMPOSE_PROJECT_NAME"
_FILE_NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDE_NAMES: Final = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)


def project_name(document: Mapping[str, Any], folder: Path, variables: ComposeVariables, where: str) -> str:
    """Return the name of the project: from the file, otherwise from its folder.

    Raises `DataError` if a variable in it is malformed.
    """
    named = document.get("name")
    if isinstance(named, str):
        named = variables.replaced_in(named, f"{where}: name")
    name = named if isinstance(named, str) and named else folder.name
    return "".join(re.findall("[a-z0-9_-]", name.lower())).lstrip("_-")


def unread_files(path: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield sentences about files that Compose may merge into this one and that are not read here."""
    override = next((name for name in _OVERRIDE_NAMES if os.path.isfile(path.parent / name)), "")
    if path.name in _FILE_NAMES and override:
        yield f"{override} is not read, just as with `docker compose -f {path.name}`; to merge it, {CONFIG_HINT}"
    files = [name for name in environment.get("COMPOSE_FILE", "").split(os.pathsep) if name]
    if len(files) > 1:
        yield f"COMPOSE_FILE names {len(files)} files, but only {path.name} is read; to merge them, {CONFIG_HINT}"
