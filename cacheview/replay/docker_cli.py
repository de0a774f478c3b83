"""The settings that clients add to a build from the docker CLI's config file and from the environment.

Source: docker/cli ``ParseProxyConfig`` and ``LoadFromReader`` in ``cli/config/configfile/file.go``, ``NewBuildCommand``
and ``imageBuildOptions`` in ``cli/command/image/build.go``, ``ValidateEnv`` in ``opts/env.go``. They are the same in
v20.10.24, v23.0, v28.5.2 and v29.5.3, except that 23.0 added ``allProxy`` and 29.0 removed content trust. Compose v2
reads the proxies as the CLI does (v2.26.1, v2.39.3); docker-py has its own way (7.1.0 ``docker/utils/proxy.py`` and
``docker/api/client.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from cacheview.dockerfile.context.clients import CliConfigUse, Client
from cacheview.model import DataError
from cacheview.regular import is_missing
from cacheview.replay.options import BuildOptions
from cacheview.stores.docker_engine.contexts import cli_folder, current_endpoint, find_endpoint
from cacheview.stores.files import open_regular
from cacheview.stores.locations import ENGINE, parse_location

__all__ = ["AddedOptions", "added_by", "daemon_host"]

_PLATFORM_VARIABLE: Final = "DOCKER_DEFAULT_PLATFORM"
_TRUST_VARIABLE: Final = "DOCKER_CONTENT_TRUST"
# the texts that Go's strconv.ParseBool reads as false
_FALSE_VALUES: Final = frozenset(("0", "f", "F", "false", "FALSE", "False"))
_MAX_CONFIG_BYTES: Final = 4 << 20
_PROXIES: Final = {
    "httpproxy": "HTTP_PROXY",
    "httpsproxy": "HTTPS_PROXY",
    "noproxy": "NO_PROXY",
    "ftpproxy": "FTP_PROXY",
    "allproxy": "ALL_PROXY",
}
"""The variables by their lowercase names in the config file, since Go ignores case."""
_PY_PROXIES: Final = {
    "httpProxy": "HTTP_PROXY",
    "httpsProxy": "HTTPS_PROXY",
    "noProxy": "NO_PROXY",
    "ftpProxy": "FTP_PROXY",
}
"""The variables by their names in the config file as docker-py reads it."""
_SSH_HOST: Final = "http://docker.example.com"
"""The CLI's name for every daemon that it reaches through ssh (``cli/connhelper``)."""


@dataclass(frozen=True, slots=True)
class AddedOptions:
    """The settings that a client adds.

    Attributes:
        build_args: build arguments by name; they do not replace given ones.
        platform: the platform if none is given; empty: none.
        is_trusted: whether the CLI replaces each base by its signed digest, which is not known here.
        config: path of the config file that ``build_args`` come from.
        problem: the reason that this file cannot be read; empty: it can, or there is none.
    """

    build_args: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    is_trusted: bool = False
    config: str = ""
    problem: str = ""

    def to(self, options: BuildOptions, *, platform_is_given: bool = False) -> BuildOptions:
        """Return the options with these settings. ``platform_is_given``: whether it is given, even if empty."""
        return replace(
            options,
            build_args={**self.build_args, **options.build_args},
            platform=options.platform if options.platform or platform_is_given else self.platform,
            is_trusted=options.is_trusted or self.is_trusted,
        )

    def notes(self, options: BuildOptions, *, platform_is_given: bool = False) -> Iterator[str]:
        """Yield notes on the settings that take effect in addition to the given options."""
        names = sorted(self.build_args.keys() - options.build_args.keys())
        if names:
            yield f"build arguments from {self.config}: {', '.join(names)}"
        if self.platform and not options.platform and not platform_is_given:
            yield f"the platform {self.platform[:80]} comes from {_PLATFORM_VARIABLE}"
        if self.problem:
            yield f"{self.problem}; the client ignores the file"


def added_by(client: Client, location: str, environment: Mapping[str, str]) -> AddedOptions:
    """Return the settings that a client adds to a build.

    Args:
        location: location of the store. If it names an engine, the client uses that one, otherwise the current one.
        environment: environment of the client.
    """
    if client.config is CliConfigUse.NOTHING:
        return AddedOptions()
    path = cli_folder() / "config.json"
    platform = environment.get(_PLATFORM_VARIABLE, "") if client.config.reads_platform else ""
    trusted = client.config.reads_trust and _is_set(environment.get(_TRUST_VARIABLE, ""))
    is_py = client.config is CliConfigUse.DOCKER_PY
    host = environment.get("DOCKER_HOST", "") if is_py else daemon_host(location)
    try:
        proxies = _proxies(path, host, _PY_PROXIES if is_py else _PROXIES) if not is_missing(path) else {}
    except (DataError, OSError) as error:
        return AddedOptions({}, platform, trusted, str(path), str(error))
    if client.config is CliConfigUse.CLI_20_10:
        proxies.pop("ALL_PROXY", None)
    build_args = {spelled: value for name, value in proxies.items() for spelled in (name, name.lower())}
    return AddedOptions(build_args, platform, trusted, str(path))


def daemon_host(location: str) -> str:
    """Return the client's name for the daemon; empty if its contexts do not specify one."""
    place = parse_location(location)
    try:
        host = find_endpoint(place.target).host if place.source is ENGINE else current_endpoint().host
    except DataError:
        return ""
    return _SSH_HOST if host.startswith("ssh://") else host


def _is_set(text: str) -> bool:
    return bool(text) and text not in _FALSE_VALUES


def _proxies(path: Path, host: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies for a daemon by the name of the variable. Raises `DataError` if the file cannot be read."""
    with open_regular(path, str(path)) as file:
        data = file.read(_MAX_CONFIG_BYTES)
    try:
        document = json.loads(data or b"{}") if names is _PY_PROXIES else _decoded(data)
    except (ValueError, RecursionError):
        raise DataError("the Docker CLI's config file is not JSON", where=str(path)) from None
    is_exact = names is _PY_PROXIES
    by_host = _member(document, "proxies", is_exact=is_exact)
    if not isinstance(by_host, dict):
        return {}
    chosen = by_host.get(host, by_host.get("default"))
    variables: dict[str, str] = {}
    for name, value in chosen.items() if isinstance(chosen, dict) else ():
        variable = names.get(name if is_exact else name.lower())
        if variable is not None and isinstance(value, str):  # the later of two spellings counts
            variables[variable] = value
    return {variable: value for variable, value in variables.items() if value}


def _decoded(data: bytes) -> Any:
    """Decode JSON as Go's decoder does: only the first value, and bytes that are not UTF-8 replaced."""
    text = data.decode("utf-8", "replace").lstrip(" \t\r\n")
    return json.JSONDecoder(parse_constant=_refuse).raw_decode(text)[0] if text else {}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"not JSON: {constant}")


def _member(document: Any, name: str, *, is_exact: bool) -> Any:
    if not isinstance(document, dict):
        return None
    return next((value for key, value in document.items() if (key if is_exact else key.lower()) == name), None)
