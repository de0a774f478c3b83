"""The services of a Compose file, after interpolation, with the services they extend and those of included files.

Source: compose-go v2.0.2 and v2.8.2: ``loadYamlModel`` in ``loader/loader.go``, ``loader/include.go``,
``loader/extends.go``, ``override/merge.go``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cacheview.model import DataError
from cacheview.replay.compose.document import CONFIG_HINT, read_document
from cacheview.replay.compose.variables import ComposeVariables, read_environment

__all__ = ["ComposeReader", "pairs"]

_MAX_EXTENDS_DEPTH: Final = 20
_MAX_INCLUDED_FILES: Final = 50
_REMOTE_PREFIXES: Final = ("https://", "http://", "git://", "ssh://", "github.com/", "git@")
# mappings that may be lists of NAME=VALUE
_KEYS_WITH_PAIRS: Final = ("args", "labels", "extra_hosts", "additional_contexts")
_V1_SECTIONS: Final = ("services", "volumes", "networks", "secrets", "configs")
"""The sections in which Compose v1 replaces variables (1.29.2, ``config.interpolate_config``)."""


class ComposeReader:
    """Reads a project. As in Compose, all variables of every file are replaced, so all of them must be valid.

    Args:
        variables: the variables of the project.
        as_v1: whether to read as Compose v1, which does not support include.
    """

    def __init__(self, variables: ComposeVariables, *, as_v1: bool) -> None:
        self._variables = variables
        self._as_v1 = as_v1
        self._documents: dict[Path, dict[str, Any]] = {}
        self._files: dict[tuple[Path, int], _File] = {}
        self._included = 0

    def document(self, path: Path) -> dict[str, Any]:
        """Return the content of a Compose file, which is read only once. Raises `DataError`."""
        if path not in self._documents:
            self._documents[path] = read_document(path, as_python=self._as_v1)
        return self._documents[path]

    def services(self, path: Path) -> dict[str, dict[str, Any]]:
        """Return the services of the project with this main file, by name. Build contexts are absolute paths.

        Raises:
            DataError: a file cannot be read, or Compose rejects its content.
        """
        return self._project((path,), self._variables, ())

    def file(self, path: Path, variables: ComposeVariables) -> _File:
        """Return a file with its variables replaced. Raises `DataError`."""
        key = path, id(variables)  # the file keeps `variables` alive, so the id stays unique
        if key not in self._files:
            self._files[key] = _File(self, path, variables, as_v1=self._as_v1)
        return self._files[key]

    def _project(self, paths: tuple[Path, ...], variables: ComposeVariables, above: tuple[Path, ...]) -> dict[str, Any]:
        """Return the services of several files, each overriding those before it. ``above``: the including files."""
        if paths[0] in above:
            chain = "\n include ".join(map(str, (*above, paths[0])))
            raise DataError(f"include cycle detected:\n{chain}", where=str(above[0]))
        self._included += len(paths)
        if self._included > _MAX_INCLUDED_FILES:
            raise DataError(f"more than {_MAX_INCLUDED_FILES} files are included", where=str(paths[0]))
        result: dict[str, dict[str, Any]] = {}
        for path in paths:
            file = self.file(path, variables)
            services = file.services()
            if not self._as_v1:
                self._include(file, services, (*above, paths[0]))
            for name, service in services.items():
                result[name] = _merged_service(result[name], service) if name in result else service
        return result

    def _include(self, file: _File, services: dict[str, dict[str, Any]], above: tuple[Path, ...]) -> None:
        """Add the services of included files. Raises `DataError` if one is already defined differently."""
        canonical = dict(file.written)
        for paths, variables in file.includes():
            for name, service in self._project(paths, variables, above).items():
                if name not in canonical:
                    services[name], canonical[name] = service, _canonical(service)
                elif canonical[name] != _canonical(service):
                    what = f"services.{name[:80]} conflicts with imported resource: {paths[0]} defines it differently"
                    raise DataError(f"{what}; {CONFIG_HINT}", where=str(file.path))


class _File:
    """One file of a project, with its variables replaced.

    Attributes:
        written: its services as written.
    """

    def __init__(self, reader: ComposeReader, path: Path, variables: ComposeVariables, *, as_v1: bool) -> None:
        self.path = path
        self._reader = reader
        self._variables = variables
        document = reader.document(path)
        if as_v1:
            if "include" in document:
                raise DataError("Compose v1 does not support include; leave it out", where=str(path))
            document = {name: document[name] for name in _V1_SECTIONS if name in document}
        self._as_v1 = as_v1
        self._document = {
            name: variables.replaced_in(value, f"{path}: {name!s:.80}") for name, value in document.items()
        }
        services = self._document.get("services")
        if services is None and not as_v1 and "include" in self._document:
            services = {}
        if not isinstance(services, dict):
            raise DataError("has no `services` mapping", where=str(path))
        for name, service in services.items():
            if not isinstance(service, dict):
                raise DataError(f"services.{str(name)[:80]} must be a mapping", where=str(path))
        self.written: dict[str, dict[str, Any]] = {str(name): service for name, service in services.items()}

    def services(self) -> dict[str, dict[str, Any]]:
        return {name: self.service(name, 0) for name in self.written}

    def service(self, name: str, depth: int) -> dict[str, Any]:
        """Return a service merged over the one that it extends. ``depth``: number of services that extend it."""
        if depth > _MAX_EXTENDS_DEPTH:
            raise DataError(f"the service {name[:80]} extends itself", where=str(self.path))
        if name not in self.written:
            named = ", ".join(each[:80] for each in list(self.written)[:20])
            raise DataError(f"no service is named {name[:80]}; the services are {named}", where=str(self.path))
        service = dict(self.written[name])
        if "build" in service:
            service["build"] = self._with_absolute_paths(service["build"], name)
        return self._extended(service, service["extends"], depth) if "extends" in service else service

    def includes(self) -> list[tuple[tuple[Path, ...], ComposeVariables]]:
        """Return the files that it includes, grouped by those that override one another, with their variables."""
        includes = self._document.get("include")
        if includes is not None and not isinstance(includes, list):
            raise DataError("include must be a list", where=str(self.path))
        return [self._included(each) for each in includes or ()]

    def _included(self, include: Any) -> tuple[tuple[Path, ...], ComposeVariables]:
        if not isinstance(include, dict):
            include = {"path": include}
        if include.get("project_directory"):
            what = f"the meaning of project_directory in an include depends on the Compose release; {CONFIG_HINT}"
            raise DataError(what, where=str(self.path))
        names = self._texts(include.get("path"), "include.path")
        remote = next((name for name in names if "://" in name or name.startswith(_REMOTE_PREFIXES)), "")
        if remote:
            raise DataError(
                f"cannot include {remote[:200]}: remote includes are not supported; {CONFIG_HINT}", where=str(self.path)
            )
        if not names:
            raise DataError("an include entry does not specify a file", where=str(self.path))
        paths = tuple(Path(os.path.abspath(self.path.parent / self._with_home(name))) for name in names)
        files = [self.path.parent / name for name in self._texts(include.get("env_file"), "include.env_file")]
        values = read_environment(paths[0].parent, self._variables.values, files=files)
        return paths, self._variables.with_values(values)

    def _texts(self, value: Any, what: str) -> list[str]:
        texts = [value] if isinstance(value, str) else value or []
        if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
            raise DataError(f"{what} must be a path or a list of paths", where=str(self.path))
        return texts

    def _extended(self, service: dict[str, Any], extends: Any, depth: int) -> dict[str, Any]:
        file, base = None, extends
        if isinstance(extends, dict):
            file, base = extends.get("file"), extends.get("service")
        if not isinstance(base, str) or not (file is None or isinstance(file, str)):
            raise DataError("extends does not specify a service", where=str(self.path))
        other = self
        if file is not None:
            path = Path(os.path.abspath(self.path.parent / self._with_home(file)))
            other = self._reader.file(path, self._variables)
        return _merged_service(other.service(base, depth + 1), service, unique=self._as_v1)

    def _with_absolute_paths(self, build: Any, name: str) -> Any:
        if isinstance(build, str):
            build = {"context": build}
        if not isinstance(build, dict):
            raise DataError(f"services.{name[:80]}.build is neither a path nor a mapping", where=str(self.path))
        build = dict(build)
        context = build.get("context")
        if isinstance(context, str) and not context.startswith(_REMOTE_PREFIXES) and "://" not in context:
            build["context"] = os.path.normpath(self.path.parent / self._with_home(context))
        return build

    def _with_home(self, path: str) -> str:
        """Return a path with a leading ``~`` replaced by the home of the client's user (``paths.ExpandUser``)."""
        home = self._variables.values.get("HOME", "")
        return os.path.join(home, path[1:].lstrip("/")) if path.startswith("~") and home else path


def _merged_service(base: Mapping[str, Any], service: Mapping[str, Any], *, unique: bool = False) -> dict[str, Any]:
    """Return a service merged over another."""
    merged = {**base, **service}
    if "build" in base and "build" in service:
        merged["build"] = _merged_build(base["build"], service["build"], unique=unique)
    return merged


def _merged_build(base: Mapping[str, Any], over: Mapping[str, Any], *, unique: bool) -> dict[str, Any]:
    """Return a build section merged over another (``override/merge.go``, ``merge_build``)."""
    result = dict(base)
    for key, value in over.items():
        current = result.get(key)
        if current is None:
            result[key] = value
        elif value is None:
            continue
        elif key in _KEYS_WITH_PAIRS:
            result[key] = {**pairs(current), **pairs(value)}
        elif isinstance(current, list) and isinstance(value, list):
            both = [*current, *value]
            result[key] = sorted(set(both), key=str) if unique and all(isinstance(each, str) for each in both) else both
        else:
            result[key] = value
    return result


def _canonical(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return an included service in its canonical form, however its build is written (``transform/build.go``)."""
    build = service.get("build")
    if not isinstance(build, dict):
        return dict(service)
    defaults = {"context": "."} if build.get("dockerfile_inline") else {"context": ".", "dockerfile": "Dockerfile"}
    written = {key: pairs(value) if key in _KEYS_WITH_PAIRS else value for key, value in build.items()}
    return {**service, "build": {**defaults, **written}}


def pairs(value: Any) -> dict[str, Any]:
    """Return the pairs of a mapping or of a list of ``NAME=VALUE``. A name alone has no value."""
    if isinstance(value, dict):
        return {str(name): each for name, each in value.items()}
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        split = (each.partition("=") for each in value)
        return {name: word if equals else None for name, equals, word in split}
    raise DataError("args, labels and similar keys must be mappings or lists of NAME=VALUE")
