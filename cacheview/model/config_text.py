"""Container configs written and read as JSON text, whether typed by the user or pasted from elsewhere."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Any, Final

from cacheview.model.config import CONFIG_FIELDS, ContainerConfig, HealthConfig
from cacheview.model.decode import MAX_DEPTH, decode, is_too_deep
from cacheview.model.errors import DataError
from cacheview.wording import counted

__all__ = ["ConfigTextError", "ReadConfig", "config_text", "read_config"]

_RUN_CONFIG_KEYS: Final = ("Config", "config")
_MAX_NAMED_KEYS: Final = 3  # more keys are counted instead of named
_CONFIG_KEYS: Final = ("ContainerConfig", "container_config", *_RUN_CONFIG_KEYS)
"""Keys of configs in ``docker inspect`` and image configs: first the one the image was built with, then the run config.
"""


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """The config that was read from a text.

    Attributes:
        path: the path of the part that was used; empty for the whole text.
        is_container: whether that part is the config that the image was built with, not the one that its containers run
            with.
        unknown: keys that are not fields of a config. Docker ignores them too.
    """

    config: ContainerConfig
    path: str
    is_container: bool = True
    unknown: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences for the user about how the text was read."""
        results = []
        if self.path:
            results.append(f"Read from {self.path} in the JSON.")
        if not self.is_container:
            results.append(
                "This is the config that containers run with. The builder instead compares the config that the image "
                "was built with (ContainerConfig), which `docker inspect` does not show in Docker 25 and later."
            )
        for key in self.unknown[:_MAX_NAMED_KEYS]:
            near = difflib.get_close_matches(key, CONFIG_FIELDS, 1)
            results.append(
                f"{key[:40]!r} is not a config field, so it is ignored.{f' Did you mean {near[0]}?' if near else ''}"
            )
        further = len(self.unknown) - _MAX_NAMED_KEYS
        if further > 0:
            text = counted(further, "more key is not a config field", "more keys are not config fields")
            results.append(f"{text}.")
        return tuple(results)


class ConfigTextError(DataError):
    """The text does not contain a config.

    ``line`` and ``column`` count from 1; they are 0 if no single place is at fault.
    """

    def __init__(self, what: str, *, path: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(what, path=path)
        self.line = line
        self.column = column


def config_text(config: ContainerConfig) -> str:
    """Return the fields that are set as JSON text, in Docker's order."""
    return config.model_dump_json(indent=2, exclude_defaults=True)


def read_config(text: str) -> ReadConfig:
    """Read JSON that Docker's API accepts as a config, or the config in a pasted ``docker inspect`` or image config.

    Raises ConfigTextError with a message that contains the JSON path or the line.
    """
    text = text.removeprefix("\ufeff")  # Windows programs begin a text file with it
    if not text.strip():
        raise ConfigTextError("not JSON: the text is empty", line=1, column=1)
    if is_too_deep(text):
        raise ConfigTextError(f"nested too deeply to be a config: more than {MAX_DEPTH} levels")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} (line {error.lineno}, column {error.colno})"
        raise ConfigTextError(what, line=error.lineno, column=error.colno) from None
    result = _configs_inside(document)
    # Newer engines leave the first config empty.
    configs = [_decode(part, path) for path, part in result] or [_decode(document, "", text)]
    return next((each for each in configs if each.config != ContainerConfig()), configs[0])


def _configs_inside(document: Any) -> list[tuple[str, Any]]:
    prefix = ""
    if isinstance(document, list) and len(document) == 1:
        prefix, document = "[0]", document[0]
    if not isinstance(document, dict):
        return []
    dot = f"{prefix}." if prefix else ""
    inside = [(f"{dot}{key}", document[key]) for key in _CONFIG_KEYS if isinstance(document.get(key), dict)]
    return inside or ([(prefix, document)] if prefix else [])


def _decode(document: Any, path: str, text: str = "") -> ReadConfig:
    try:
        canonical, unknown = _with_canonical_keys(document)
        config = decode(ContainerConfig, text if text and canonical == document else json.dumps(canonical))
        return ReadConfig(config, path, path.rpartition(".")[2] not in _RUN_CONFIG_KEYS, unknown)
    except DataError as error:
        raise ConfigTextError(error.what, path=".".join(filter(None, (path, error.path)))) from None


def _with_canonical_keys(document: Any) -> tuple[Any, tuple[str, ...]]:
    """Return a config with its keys as Docker writes them, and the keys that are not fields.

    Go ignores the case of keys.
    """
    if not isinstance(document, dict):
        return document, ()
    canonical, unknown = _by_field(document, CONFIG_FIELDS, "")
    health = canonical.get("Healthcheck")
    if isinstance(health, dict):
        canonical["Healthcheck"], inside = _by_field(health, tuple(HealthConfig.model_fields), "Healthcheck.")
        unknown += inside
    return canonical, unknown


def _by_field(document: dict[str, Any], fields: tuple[str, ...], prefix: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    names = {name.casefold(): name for name in fields}
    canonical = {names.get(key.casefold(), key): value for key, value in document.items()}
    return canonical, tuple(f"{prefix}{key}" for key in document if key.casefold() not in names)
