"""The build section of one service: the build as Compose asks the classic builder for it.

Facts from Compose v2.26.1 and v2.39.3 ``pkg/compose/build_classic.go`` with compose-go v2.0.2, and from Compose 1.29.2
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

from cacheview.dockerfile.refused import RefusedError
from cacheview.model import DataError
from cacheview.replay.compose.document import CONFIG_HINT, Date, read_document
from cacheview.replay.compose.project import PROJECT_NAME, not_read, project_name
from cacheview.replay.compose.variables import Variables, read_environment
from cacheview.replay.options import BuildOptions

__all__ = ["ComposeBuild", "read_service", "services_with_build"]

_MOST_EXTENDED: Final = 20
_REMOTE: Final = ("https://", "http://", "git://", "ssh://", "github.com/", "git@")
_NOT_CLASSIC: Final = {
    "privileged": "privileged mode",
    "additional_contexts": "additional contexts",
    "ssh": "SSH keys",
    "secrets": "secrets",
}
"""By the key, what ``doBuildClassic`` refuses a build for."""

# fmt: off
_KNOWN: Final = frozenset((
    "additional_contexts", "args", "cache_from", "cache_to", "context", "dockerfile", "dockerfile_inline",
    "entitlements", "extra_hosts", "isolation", "labels", "network", "no_cache", "no_cache_filter", "platforms",
    "privileged", "provenance", "pull", "sbom", "secrets", "shm_size", "ssh", "tags", "target", "ulimits",
))
# fmt: on
"""Keys of a build section, of every version of the specification."""
_BOOLS: Final = {
    **dict.fromkeys(("true", "y", "yes", "on"), True),
    **dict.fromkeys(("false", "n", "no", "off"), False),
}
_LISTS: Final = ("args", "labels", "extra_hosts", "additional_contexts")  # mappings that may be lists of NAME=VALUE


@dataclass(frozen=True)
class ComposeBuild:
    """A build.

    Attributes:
        context: path of the folder, or a URL.
        dockerfile: path of the Dockerfile; empty: the one that is found in the context.
        options: of the build.
        notes: what Compose warns of or silently leaves out, in sentences.
    """

    context: str
    dockerfile: str
    options: BuildOptions
    notes: tuple[str, ...] = ()


def services_with_build(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Names of the services of a Compose file that may have a build section, also by what they extend, in its order.

    Raises:
        DataError: it cannot be read, or there are none.
    """
    services = _services(read_document(Path(path)), str(path))
    results = tuple(
        str(name)
        for name, each in services.items()
        if isinstance(each, dict) and ("build" in each or "extends" in each)
    )
    if not results:
        raise DataError("no service in it has a build section", where=str(path))
    return results


def read_service(
    path: str | os.PathLike[str], service: str, environment: Mapping[str, str], *, as_v1: bool = False
) -> ComposeBuild:
    """The build of a service.

    Args:
        path: of the Compose file, or of what ``docker compose config --format json`` prints.
        service: its name.
        environment: of the client's process.
        as_v1: by Compose v1, else v2 without BuildKit.

    Raises:
        RefusedError: Compose refuses the build.
        DataError: the file cannot be read, or has no such build.
    """
    file = Path(os.path.abspath(path))
    variables = Variables(read_environment(file.parent, environment, as_v1=as_v1), nests=not as_v1)
    reader = _Reader(variables, as_v1=as_v1)
    document = reader.document(file)
    if not as_v1 and PROJECT_NAME not in variables.values:
        name = project_name(document, file.parent, variables, str(path))
        variables.values = {**variables.values, PROJECT_NAME: name}
    build, result = reader.build(file, service)
    where = f"{path}: services.{service[:80]}.build"
    made = (_V1 if as_v1 else _V2)(variables.values, where, service, result, str(file.parent))
    notes = [f"the variable {name} is not set, and is empty in {path}" for name in variables.unset]
    notes += not_read(file, document, variables.values)
    done = made.build(build)
    return replace(done, notes=(*notes, *done.notes))


def _services(document: Mapping[str, Any], where: str) -> dict[Any, Any]:
    services = document.get("services")
    if not isinstance(services, dict):
        raise DataError("it has no mapping services", where=where)
    return services


class _Reader:
    """Finds a service, and puts what it extends below it."""

    def __init__(self, variables: Variables, *, as_v1: bool) -> None:
        self._variables = variables
        self._as_v1 = as_v1
        self._documents: dict[Path, dict[str, Any]] = {}

    def document(self, path: Path) -> dict[str, Any]:
        """A Compose file, read once. Raises `DataError`."""
        if path not in self._documents:
            self._documents[path] = read_document(path, as_python=self._as_v1)
        return self._documents[path]

    def build(self, path: Path, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The build section, its context a whole path, and the service itself."""
        service = self._service(path, name, 0)
        build = service.get("build")
        if build is None:
            image = service.get("image")
            uses = f": it uses the image {image[:200]}" if isinstance(image, str) else ""
            raise DataError(f"the service {name[:80]} has no build section{uses}", where=str(path))
        return build, service

    def _service(self, path: Path, name: str, depth: int) -> dict[str, Any]:
        if depth > _MOST_EXTENDED:
            raise DataError(f"the service {name[:80]} extends itself", where=str(path))
        document = self.document(path)
        services = _services(document, str(path))
        if name not in services:
            named = ", ".join(str(each)[:80] for each in list(services)[:20])
            included = ", and what it includes is not read" if "include" in document else ""
            hint = f"; {CONFIG_HINT}" if included else ""
            raise DataError(f"no service is named {name[:80]}; there are {named}{included}{hint}", where=str(path))
        service = self._variables.into(services[name], f"{path}: services.{name[:80]}")
        if not isinstance(service, dict):
            raise DataError(f"the service {name[:80]} is not a mapping", where=str(path))
        if "build" in service:
            service["build"] = self._with_whole_paths(service["build"], path)
        extends = service.get("extends")
        return service if extends is None else self._extended(service, extends, path, depth)

    def _extended(self, service: dict[str, Any], extends: Any, path: Path, depth: int) -> dict[str, Any]:
        file, base = None, extends
        if isinstance(extends, dict):
            file, base = extends.get("file"), extends.get("service")
        if not isinstance(base, str) or not (file is None or isinstance(file, str)):
            raise DataError("its extends does not name a service", where=str(path))
        other = path if file is None else path.parent / self._at_home(file)
        below = self._service(Path(os.path.abspath(other)), base, depth + 1)
        merged = {**below, **service}
        if "build" in below and "build" in service:
            merged["build"] = _merged(below["build"], service["build"], unique=self._as_v1)
        return merged

    def _with_whole_paths(self, build: Any, path: Path) -> Any:
        if isinstance(build, str):
            build = {"context": build}
        if not isinstance(build, dict):
            raise DataError("build is neither a path nor a mapping", where=str(path))
        context = build.get("context")
        if isinstance(context, str) and not context.startswith(_REMOTE) and "://" not in context:
            build["context"] = os.path.normpath(path.parent / self._at_home(context))
        return build

    def _at_home(self, path: str) -> str:
        """A path that begins with ``~`` is in the home of the client's user (``paths.ExpandUser``)."""
        home = self._variables.values.get("HOME", "")
        return os.path.join(home, path[1:].lstrip("/")) if path.startswith("~") and home else path


def _merged(base: Mapping[str, Any], over: Mapping[str, Any], *, unique: bool) -> dict[str, Any]:
    """A build section over another (``override/merge.go``, ``merge_build``)."""
    result = dict(base)
    for key, value in over.items():
        known = result.get(key)
        if known is None:
            result[key] = value
        elif value is None:
            continue
        elif key in _LISTS:
            result[key] = {**_pairs(known), **_pairs(value)}
        elif isinstance(known, list) and isinstance(value, list):
            both = [*known, *value]
            result[key] = sorted(set(both), key=str) if unique and all(isinstance(each, str) for each in both) else both
        else:
            result[key] = value
    return result


def _pairs(value: Any) -> dict[str, Any]:
    """A mapping, or a list of ``NAME=VALUE``; a name alone has no value."""
    if isinstance(value, dict):
        return {str(name): each for name, each in value.items()}
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        split = (each.partition("=") for each in value)
        return {name: word if equals else None for name, equals, word in split}
    raise DataError("args, labels and similar keys must be mappings or lists of NAME=VALUE")


def _go_text(value: Any) -> str:
    """A value as Go's ``fmt.Sprint`` writes it: of a float the fewest digits, with an exponent beyond six places."""
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
    """As Go's ``%q`` writes plain text."""
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
            notes.append(
                "Compose v2 without BuildKit ignores dockerfile_inline, and reads the Dockerfile of the context"
            )
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
        unknown = next((str(key) for key in build if key not in _KNOWN and not str(key).startswith("x-")), "")
        if unknown:
            what = f"{unknown[:80]!r} is not a known key of a build section; leave it out, or {CONFIG_HINT}"
            raise DataError(what, where=self.where)
        if build.get("dockerfile") and build.get("dockerfile_inline"):
            self._refuse_project(
                f"service {_quoted(self.name)} declares mutualy exclusive dockerfile and dockerfile_inline"
            )
        platform, platforms = self._platform(), self._words(build, "platforms")
        if platform and platforms and platform not in platforms:
            self._refuse_project(f"service.build.platforms MUST include service.platform {_quoted(platform)}")
        what = next((what for key, what in _NOT_CLASSIC.items() if build.get(key)), "")
        if len(self._words(build, "platforms")) > 1:
            what = "multi-arch build"
        if what:
            message = f"the classic builder doesn't support {what}, set DOCKER_BUILDKIT=1 to use BuildKit"
            raise RefusedError(f"Compose refuses the build: {message}", message=message, where=self.where, by="client")

    def _refuse_project(self, what: str) -> NoReturn:
        """In the words of ``loader/validate.go``."""
        message = f"{what}: invalid compose project"
        raise RefusedError(f"Compose refuses the file: {message}", message=message, where=self.where, by="client")

    def _platform(self) -> str:
        return self._word(self.service, "platform")

    def _args(self, build: Mapping[str, Any]) -> dict[str, str]:
        """One without a value has that of the environment, and is left out where there is none."""
        given = self._mapping(build, "args")
        result = {name: self.environment.get(name) if value is None else value for name, value in given.items()}
        return {name: self._text(value, f"args.{name[:80]}") for name, value in result.items() if value is not None}

    def _labels(self, build: Mapping[str, Any]) -> dict[str, str]:
        labels = self._mapping(build, "labels")
        return {
            name: "" if value is None else self._text(value, f"labels.{name[:80]}") for name, value in labels.items()
        }

    def _mapping(self, build: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = build.get(key)
        try:
            return {} if value is None else _pairs(value)
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
        for key in ("dockerfile_inline", *_NOT_CLASSIC, "platforms", "no_cache", "pull"):
            if key in build:
                raise DataError(f"Compose v1 does not know {key}; leave it out", where=self.where)
        if "context" not in build:
            raise DataError("Compose v1 needs a context; give one", where=self.where)
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
