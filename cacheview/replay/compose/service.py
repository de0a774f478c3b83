"""The build section of one service, as Compose passes it to the classic builder.

Sources: Compose v2.26.1 and v2.39.3 ``pkg/compose/build_classic.go`` with compose-go v2.0.2, and Compose 1.29.2
``compose/service.py`` and ``compose/config/config.py``.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn

from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError
from cacheview.replay.compose.document import CONFIG_HINT, Date
from cacheview.replay.compose.project import PROJECT_NAME, project_name, unread_files
from cacheview.replay.compose.reader import ComposeReader, pairs
from cacheview.replay.compose.variables import ComposeVariables, read_environment
from cacheview.replay.options import BuildOptions

__all__ = ["ComposeBuild", "read_service", "services_with_build"]

_BUILDKIT_ONLY: Final = {
    "privileged": "privileged mode",
    "additional_contexts": "additional contexts",
    "ssh": "SSH keys",
    "secrets": "secrets",
}
"""The features for which ``doBuildClassic`` refuses a build, by key."""

_STRING: Final = "a string"
_LIST: Final = "a list"
_PAIRS: Final = "a mapping or a list"
_MAPPING: Final = "a mapping"
_BOOL: Final = "a boolean or string"
_SIZE: Final = "an integer or string"
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    _STRING: (str,),
    _LIST: (list,),
    _PAIRS: (dict, list),
    _MAPPING: (dict,),
    _BOOL: (bool, str),
    _SIZE: (int, str),
}
_TYPE_OF_KEY: Final = {
    **dict.fromkeys(("context", "dockerfile", "dockerfile_inline", "isolation", "network", "target"), _STRING),
    **dict.fromkeys(("cache_from", "cache_to", "entitlements", "platforms", "secrets", "tags"), _LIST),
    **dict.fromkeys(("additional_contexts", "args", "extra_hosts", "labels", "ssh"), _PAIRS),
    **dict.fromkeys(("no_cache", "privileged", "provenance", "pull", "sbom"), _BOOL),
    "no_cache_filter": "",
    "shm_size": _SIZE,
    "ulimits": _MAPPING,
}
"""The keys of a build section in all versions of the specification, with their types (``compose-spec.json``)."""
_BOOLS: Final = {
    **dict.fromkeys(("true", "y", "yes", "on"), True),
    **dict.fromkeys(("false", "n", "no", "off"), False),
}


@dataclass(frozen=True)
class ComposeBuild:
    """The build of a service.

    Attributes:
        context: path of the folder, or a URL.
        dockerfile: path of the Dockerfile; empty: the one that is found in the context.
        options: options of the build.
        notes: sentences about what Compose warns about or silently ignores.
    """

    context: str
    dockerfile: str
    options: BuildOptions
    notes: tuple[str, ...] = ()


def services_with_build(path: str | os.PathLike[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the services that have a build section, in the file's order, followed by included ones.

    Args:
        environment: environment of the client's process.

    Raises:
        DataError: the file cannot be read, or no service has a build section.
    """
    file = Path(os.path.abspath(path))
    variables = ComposeVariables(read_environment(file.parent, environment))
    results = tuple(
        name for name, each in ComposeReader(variables, as_v1=False).services(file).items() if "build" in each
    )
    if not results:
        raise DataError("no service has a build section", where=str(path))
    return results


def read_service(
    path: str | os.PathLike[str], service: str, environment: Mapping[str, str], *, as_v1: bool = False
) -> ComposeBuild:
    """Return the build of a service.

    Args:
        path: path of the Compose file, or of the output of ``docker compose config --format json``.
        service: name of the service.
        environment: environment of the client's process.
        as_v1: whether to read as Compose v1, otherwise as v2 without BuildKit.

    Raises:
        BuildRefusedError: Compose refuses the build.
        DataError: the file cannot be read, or the service has no build section.
    """
    file = Path(os.path.abspath(path))
    variables = ComposeVariables(read_environment(file.parent, environment, as_v1=as_v1), nests=not as_v1)
    reader = ComposeReader(variables, as_v1=as_v1)
    document = reader.document(file)
    if not as_v1 and PROJECT_NAME not in variables.values:
        name = project_name(document, file.parent, variables, str(path))
        variables.values = {**variables.values, PROJECT_NAME: name}
    services = reader.services(file)
    if service not in services:
        named = ", ".join(each[:80] for each in list(services)[:20])
        raise DataError(f"no service is named {service[:80]}; the services are {named}", where=str(path))
    definition = services[service]
    build = definition.get("build")
    if build is None:
        image = definition.get("image")
        uses = f"; it uses the image {image[:200]}" if isinstance(image, str) else ""
        raise DataError(f"the service {service[:80]} has no build section{uses}", where=str(path))
    where = f"{path}: services.{service[:80]}.build"
    compose = (_V1 if as_v1 else _V2)(variables.values, where, service, definition, str(file.parent))
    notes = [f"the variable {name} is not set, so it is empty in {path}" for name in variables.unset]
    notes += unread_files(file, variables.values)
    result = compose.build(build)
    return replace(result, notes=(*notes, *result.notes))


def _go_text(value: Any) -> str:
    """Format a value as Go's ``fmt.Sprint`` does: a float with the fewest digits, and an exponent beyond six places."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    power = len(digits) + exponent - 1
    if -4 <= power < 6 or not value:
        return f"{Decimal(repr(value)).normalize():f}"
    tail = "".join(map(str, digits[1:]))
    head = f"{digits[0]}.{tail}" if tail else str(digits[0])
    return f"{'-' if sign else ''}{head}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _quoted(text: str) -> str:
    """Quote plain text as Go's ``%q`` does."""
    return json.dumps(text, ensure_ascii=False)


class _V2:
    """Compose v2 without BuildKit."""

    def __init__(
        self, environment: Mapping[str, str], where: str, name: str, service: Mapping[str, Any], folder: str
    ) -> None:
        self.environment = environment
        self.where = where
        self.name = name
        self.service = service
        self.folder = folder

    def build(self, build: Mapping[str, Any]) -> ComposeBuild:
        self._check(build)
        context = self._word(build, "context") or self.folder
        notes = []
        inline = build.get("dockerfile_inline")
        dockerfile = self._word(build, "dockerfile") or ("" if inline else "Dockerfile")
        if inline:
            notes.append("Compose v2 without BuildKit ignores dockerfile_inline and uses the Dockerfile in the context")
        options = BuildOptions(
            build_args=self._args(build),
            labels=self._labels(build),
            target=self._word(build, "target"),
            platform=self._platform(),
            cache_from=tuple(self._words(build, "cache_from")),
            no_cache=self._is_set(build, "no_cache"),
            pull=self._is_set(build, "pull"),
        )
        return ComposeBuild(context, os.path.join(context, dockerfile) if dockerfile else "", options, tuple(notes))

    def _check(self, build: Mapping[str, Any]) -> None:
        unknown = next((str(key) for key in build if key not in _TYPE_OF_KEY and not str(key).startswith("x-")), "")
        if unknown:
            what = f"{unknown[:80]!r} is not a known key of a build section; leave it out, or {CONFIG_HINT}"
            raise DataError(what, where=self.where)
        self._check_types(build)
        if build.get("dockerfile") and build.get("dockerfile_inline"):
            self._refuse_project(
                f"service {_quoted(self.name)} declares mutualy exclusive dockerfile and dockerfile_inline"
            )
        platform, platforms = self._platform(), self._words(build, "platforms")
        if platform and platforms and platform not in platforms:
            self._refuse_project(f"service.build.platforms MUST include service.platform {_quoted(platform)}")
        what = next((what for key, what in _BUILDKIT_ONLY.items() if build.get(key)), "")
        if len(self._words(build, "platforms")) > 1:
            what = "multi-arch build"
        if what:
            message = f"the classic builder doesn't support {what}, set DOCKER_BUILDKIT=1 to use BuildKit"
            raise BuildRefusedError(
                f"Compose refuses the build: {message}", message=message, where=self.where, by="client"
            )

    def _check_types(self, build: Mapping[str, Any]) -> None:
        """Check the types of values. A key without a value is rejected too, except in args and labels."""
        for key, value in build.items():
            what = _TYPE_OF_KEY.get(key, "")
            if what and (not isinstance(value, _TYPES[what]) or (what is _SIZE and isinstance(value, bool))):
                raise DataError(f"must be {what}", where=f"{self.where}.{key}")

    def _refuse_project(self, what: str) -> NoReturn:
        """Raise the error in the words of ``loader/validate.go``."""
        message = f"{what}: invalid compose project"
        raise BuildRefusedError(f"Compose refuses the file: {message}", message=message, where=self.where, by="client")

    def _platform(self) -> str:
        return self._word(self.service, "platform")

    def _args(self, build: Mapping[str, Any]) -> dict[str, str]:
        """Return the build arguments. One without a value takes it from the environment, and is otherwise left out."""
        arguments = self._mapping(build, "args")
        result = {name: self.environment.get(name) if value is None else value for name, value in arguments.items()}
        return {name: self._text(value, f"args.{name[:80]}") for name, value in result.items() if value is not None}

    def _labels(self, build: Mapping[str, Any]) -> dict[str, str]:
        labels = self._mapping(build, "labels")
        return {
            name: "" if value is None else self._text(value, f"labels.{name[:80]}") for name, value in labels.items()
        }

    def _mapping(self, build: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = build.get(key)
        try:
            return {} if value is None else pairs(value)
        except DataError as error:
            raise error.at(f"{self.where}.{key}") from None

    def _text(self, value: Any, where: str) -> str:
        if isinstance(value, Date) and value.text:
            return value.text
        if not isinstance(value, str | int | float):
            raise DataError(f"{str(value)[:80]!r} is not a string; put it in quotes", where=f"{self.where}.{where}")
        return self._written(value)

    def _written(self, value: Any) -> str:
        return _go_text(value)

    def _word(self, mapping: Mapping[str, Any], key: str) -> str:
        value = mapping.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise DataError(f"{str(value)[:80]!r} is not a string; put it in quotes", where=f"{self.where}.{key}")
        return value

    def _words(self, build: Mapping[str, Any], key: str) -> list[str]:
        result = build.get(key)
        if result is None:
            return []
        if not isinstance(result, list) or not all(isinstance(each, str) for each in result):
            raise DataError("must be a list of strings", where=f"{self.where}.{key}")
        return result

    def _is_set(self, build: Mapping[str, Any], key: str) -> bool:
        value = build.get(key)
        if isinstance(value, str):
            value = _BOOLS.get(value.lower(), value)
        if value is not None and not isinstance(value, bool):
            raise DataError(f"{str(value)[:80]!r} is neither true nor false", where=f"{self.where}.{key}")
        return bool(value)


class _V1(_V2):
    """Compose v1, through docker-py."""

    def build(self, build: Mapping[str, Any]) -> ComposeBuild:
        for key in ("dockerfile_inline", *_BUILDKIT_ONLY, "platforms", "no_cache", "pull"):
            if key in build:
                raise DataError(f"Compose v1 does not support {key}; leave it out", where=self.where)
        if "context" not in build:
            raise DataError("Compose v1 requires a context; add `context`", where=self.where)
        self._check_types(build)
        context, dockerfile = self._word(build, "context"), self._word(build, "dockerfile")
        options = BuildOptions(
            build_args={**dict.fromkeys(self._mapping(build, "args"), ""), **self._args(build)},
            labels=self._labels(build),
            target=self._word(build, "target"),
            platform=self._platform(),
            cache_from=tuple(self._words(build, "cache_from")),
        )
        return ComposeBuild(context, os.path.join(context, dockerfile) if dockerfile else "", options)

    def _platform(self) -> str:
        return super()._platform() or self.environment.get("DOCKER_DEFAULT_PLATFORM", "")

    def _written(self, value: Any) -> str:
        return str(value)
