"""A container config as JSON text, out and in: what is typed and what is pasted from elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from cacheview.model import ContainerConfig, DataError, decode

__all__ = ["ConfigTextError", "ReadConfig", "config_text", "read_config"]

_INSIDE: Final = ("ContainerConfig", "container_config", "Config", "config")
"""Where ``docker inspect`` and an image's config keep a config: what the image was made with before what it runs as."""


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """What a text holds. ``taken_from`` is the path of the part that was taken; empty for the text as a whole."""

    config: ContainerConfig
    taken_from: str


class ConfigTextError(DataError):
    """The text holds no config. ``line`` and ``column`` count from 1; 0 where no single place is at fault."""

    def __init__(self, what: str, *, path: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(what, path=path)
        self.line = line
        self.column = column


def config_text(config: ContainerConfig) -> str:
    """The fields that say something, in Docker's order. A field that is left out is null."""
    return config.model_dump_json(indent=2, exclude_defaults=True)


def read_config(text: str) -> ReadConfig:
    """Read what Docker's API accepts as a config, or the config inside a pasted ``docker inspect`` or image config.

    Raises ConfigTextError in words, with the JSON path or the line.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} (line {error.lineno}, column {error.colno})"
        raise ConfigTextError(what, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise ConfigTextError("nested too deeply to be a config") from None
    found = _configs_inside(document)
    # Newer engines leave the first of them empty.
    read = [_decode(part, path) for path, part in found] or [_decode(document, "", text)]
    return next((one for one in read if one.config != ContainerConfig()), read[0])


def _configs_inside(document: Any) -> list[tuple[str, Any]]:
    prefix = ""
    if isinstance(document, list) and len(document) == 1:
        prefix, document = "[0]", document[0]
    if not isinstance(document, dict):
        return []
    dot = f"{prefix}." if prefix else ""
    inside = [(f"{dot}{key}", document[key]) for key in _INSIDE if isinstance(document.get(key), dict)]
    return inside or ([(prefix, document)] if prefix else [])


def _decode(document: Any, path: str, text: str = "") -> ReadConfig:
    try:
        return ReadConfig(decode(ContainerConfig, text or json.dumps(document)), path)
    except DataError as error:
        raise ConfigTextError(error.what, path=".".join(filter(None, (path, error.path)))) from None
