"""The container config: what the builder looks up, and what an image was built with.

Field names, their order and their JSON forms are those of moby's ``api/types/container.Config`` (25.0).
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from cacheview.model.base import Value, value

__all__ = [
    "CONFIG_FIELDS",
    "ConfigValue",
    "ContainerConfig",
    "FieldKind",
    "HealthConfig",
    "field_kind",
    "is_default",
]

StringSet = dict[str, dict[str, Any]]
"""Go's ``map[string]struct{}``, a set: only its keys matter. Ports and volumes have this type."""


@value
class HealthConfig(Value):
    """A ``HEALTHCHECK`` as the API represents it. Durations are in nanoseconds; zero means inherited."""

    Test: tuple[str, ...] | None = None
    Interval: int = 0
    Timeout: int = 0
    StartPeriod: int = 0
    StartInterval: int = 0
    Retries: int = 0


@value
class ContainerConfig(Value):
    """A container config with all 25 fields. None and empty differ in JSON, but hardly anywhere else."""

    Hostname: str = ""
    Domainname: str = ""
    User: str = ""
    AttachStdin: bool = False
    AttachStdout: bool = False
    AttachStderr: bool = False
    ExposedPorts: StringSet | None = None
    Tty: bool = False
    OpenStdin: bool = False
    StdinOnce: bool = False
    Env: tuple[str, ...] | None = None
    Cmd: tuple[str, ...] | None = None
    Healthcheck: HealthConfig | None = None
    ArgsEscaped: bool = False
    Image: str = ""
    Volumes: StringSet | None = None
    WorkingDir: str = ""
    Entrypoint: tuple[str, ...] | None = None
    NetworkDisabled: bool = False
    MacAddress: str = ""
    OnBuild: tuple[str, ...] | None = None
    Labels: dict[str, str] | None = None
    StopSignal: str = ""
    StopTimeout: int | None = None
    Shell: tuple[str, ...] | None = None


ConfigValue = str | bool | int | tuple[str, ...] | StringSet | dict[str, str] | HealthConfig | None
"""The types of the fields of a container config."""

CONFIG_FIELDS: tuple[str, ...] = tuple(ContainerConfig.model_fields)
"""The names of all fields, in Docker's order."""


class FieldKind(Enum):
    """The shape of a field, which decides how it is edited and compared."""

    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"  # a number of seconds, or not set
    LIST = "list"
    MAP = "map"
    SET = "set"  # the keys of a map
    HEALTHCHECK = "healthcheck"


_KINDS: dict[Any, FieldKind] = {
    str: FieldKind.TEXT,
    bool: FieldKind.FLAG,
    int | None: FieldKind.NUMBER,
    tuple[str, ...] | None: FieldKind.LIST,
    dict[str, str] | None: FieldKind.MAP,
    StringSet | None: FieldKind.SET,
    HealthConfig | None: FieldKind.HEALTHCHECK,
}


def field_kind(name: str) -> FieldKind:
    """Return the kind of a field. Raises KeyError if Docker does not have a field of this name."""
    return _KINDS[ContainerConfig.model_fields[name].annotation]


def is_default(config: ContainerConfig, name: str) -> bool:
    """Return whether a field is not set: it has its zero value, or is an empty list or map."""
    value = getattr(config, name)
    if field_kind(name) in (FieldKind.NUMBER, FieldKind.HEALTHCHECK):
        return value is None
    return not value
