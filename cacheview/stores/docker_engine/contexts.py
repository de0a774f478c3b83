"""The Docker Engines that this machine is configured for: contexts, environment and usual sockets.

Files are only read. The rules are those of the docker CLI (docker/cli 28, ``resolveContextName`` in
``cli/command/cli.go``): ``DOCKER_HOST`` selects the default context whatever else is set; otherwise the context is the
one in ``DOCKER_CONTEXT``, or else in ``currentContext`` in the CLI's config.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from cacheview.model import DataError, decode
from cacheview.regular import is_missing
from cacheview.stores.docker_engine.hosts import completed
from cacheview.stores.files import open_regular

__all__ = [
    "DEFAULT",
    "Endpoint",
    "Tls",
    "cli_folder",
    "current_endpoint",
    "endpoints",
    "find_endpoint",
    "read_cli_file",
]

DEFAULT = "default"
"""The name of the context that the environment defines. It has no file."""

M = TypeVar("M", bound=BaseModel)

_URL = re.compile(r"(?:unix|tcp|ssh|npipe|http|https)://.*", re.DOTALL)
_MAX_FILE_BYTES = 4 * 1024 * 1024
_MAX_CONTEXTS = 500


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths of PEM files; empty if there is none. Without ``verify``, any server certificate is accepted."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine to connect to.

    Attributes:
        name: name of the context; empty for an endpoint given by URL or socket.
        host: its address: ``unix://…``, ``tcp://…``, ``ssh://…`` or ``npipe://…``.
        tls: how a TCP connection is secured; None: it is not.
        is_current: whether ``engine:`` without a name means this one.
        origin: where it is configured (``DOCKER_HOST``, the path of a file); empty for the usual sockets.
    """

    name: str
    host: str
    tls: Tls | None = None
    is_current: bool = field(default=False, compare=False)
    origin: str = field(default="", compare=False)

    @property
    def location(self) -> str:
        """The location that opens it."""
        return f"engine:{self.name or self.host}"

    @property
    def is_context(self) -> bool:
        """Whether it is an unmodified context. ``DOCKER_HOST`` changes the default context."""
        return bool(self.name) and self.origin != "DOCKER_HOST"

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"Docker context {self.name}" if self.is_context else f"Docker Engine at {self.host}"

    @property
    def socket_path(self) -> Path | None:
        """The path of its socket on this machine; None if it is reached another way."""
        scheme, _, rest = self.host.partition("://")
        return Path("/" + rest.lstrip("/")) if scheme == "unix" and rest else None


class _CliFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _CliConfig(_CliFile):
    currentContext: str = ""


class _EndpointMeta(_CliFile):
    Host: str = ""
    SkipTLSVerify: bool = False


class _ContextMeta(_CliFile):
    Name: str = ""
    Endpoints: dict[str, _EndpointMeta] = Field(default_factory=dict)


def current_endpoint() -> Endpoint:
    """Return the engine that the docker CLI would use.

    Raises:
        DataError: the CLI's config or the context that it names cannot be read.
    """
    name, origin = _current_name()
    endpoint = _default_endpoint() if name == DEFAULT else _context(name, origin)
    return replace(endpoint, is_current=True)


def find_endpoint(target: str) -> Endpoint:
    """Return the engine of an ``engine:`` location: the current one, a context's, or one at a URL or socket path.

    Raises:
        DataError: there is no such context, or it cannot be read. The message lists the existing contexts.
    """
    if not target:
        return current_endpoint()
    if target == DEFAULT:
        return _default_endpoint()
    if _URL.fullmatch(target):
        return _endpoint("", target)
    if target.startswith(("/", "\\\\")):
        return Endpoint("", f"unix://{target}" if target[0] == "/" else f"npipe:{target}".replace("\\", "/"))
    return _context(target, "")


def endpoints() -> list[Endpoint]:
    """Return all engines that this machine is configured for, each host once, the current one first.

    None of them is contacted. A context that cannot be read is left out; `find_endpoint` reports why.
    """
    results: list[Endpoint] = []
    with suppress(DataError):
        results.append(current_endpoint())
    results.append(_default_endpoint())
    for name in _context_names():
        with suppress(DataError):
            results.append(_context(name, ""))
    results.extend(_usual_sockets())
    by_host: dict[tuple[str, Tls | None], Endpoint] = {}
    for endpoint in results:
        by_host.setdefault((endpoint.host, endpoint.tls), endpoint)
    return list(by_host.values())


def _current_name() -> tuple[str, str]:
    """Return the name of the current context, and where it is configured."""
    if os.environ.get("DOCKER_HOST"):
        return DEFAULT, "DOCKER_HOST"
    if name := os.environ.get("DOCKER_CONTEXT"):
        return name, "DOCKER_CONTEXT"
    path = cli_folder() / "config.json"
    if is_missing(path):
        return DEFAULT, ""
    config = read_cli_file(_CliConfig, path)
    return config.currentContext or DEFAULT, str(path)


def _default_endpoint() -> Endpoint:
    host = os.environ.get("DOCKER_HOST", "")
    return _endpoint(DEFAULT, host, "DOCKER_HOST" if host else "")


def _endpoint(name: str, host: str, origin: str = "") -> Endpoint:
    tls = _tls_of_environment()
    host = completed(host, tls=tls is not None)
    return Endpoint(name, host, tls if host.startswith("tcp://") else None, False, origin)


def _tls_of_environment() -> Tls | None:
    verify, use_tls = os.environ.get("DOCKER_TLS_VERIFY"), os.environ.get("DOCKER_TLS")
    if not verify and not use_tls:
        return None
    return _tls_of(Path(os.environ.get("DOCKER_CERT_PATH") or cli_folder()), bool(verify))


def _tls_of(folder: Path, verify: bool) -> Tls:
    ca, cert, key = (
        str(path) if os.path.isfile(path) else "" for path in (folder / f"{n}.pem" for n in ("ca", "cert", "key"))
    )
    return Tls(ca, cert, key, verify)


def cli_folder() -> Path:
    """Return the folder of the docker CLI's files."""
    return Path(os.environ.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker"))


def _context(name: str, origin: str) -> Endpoint:
    folder = cli_folder()
    # docker/cli, cli/context/store: the folder of a context is named after the digest of its name.
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    path = folder / "contexts" / "meta" / digest / "meta.json"
    if is_missing(path):
        existing = ", ".join([DEFAULT, *_context_names()])
        message = f" (set in {origin})" if origin else ""
        raise DataError(
            f"there is no Docker context {name[:100]!r}{message}. The known contexts are {existing}. `docker context "
            "ls` lists them",
            where=f"engine:{name[:100]}",
        )
    meta = read_cli_file(_ContextMeta, path)
    endpoint = meta.Endpoints.get("docker")
    if endpoint is None or not endpoint.Host:
        raise DataError(f"the Docker context {name[:100]!r} has no Docker endpoint. Recreate it", where=str(path))
    tls = None
    material = folder / "contexts" / "tls" / digest / "docker"
    if endpoint.Host.startswith("tcp://") and (endpoint.SkipTLSVerify or os.path.isdir(material)):
        tls = _tls_of(material, not endpoint.SkipTLSVerify)
    return Endpoint(name, endpoint.Host, tls, False, str(path))


def _context_names() -> list[str]:
    """Return the contexts that Docker would find and that can be read: each is in the folder of its digest."""
    folder = cli_folder() / "contexts" / "meta"
    results: list[str] = []
    try:
        entries = sorted(os.listdir(folder))[:_MAX_CONTEXTS]
    except OSError:
        entries = []  # no context was ever created
    for entry in entries:
        with suppress(DataError):
            name = read_cli_file(_ContextMeta, folder / entry / "meta.json").Name
            if name and hashlib.sha256(name.encode()).hexdigest() == entry:
                results.append(name)
    return sorted(results)


def read_cli_file(model: type[M], path: Path) -> M:
    """Read a JSON file of the docker CLI as a model. Raises `DataError`."""
    with open_regular(path, str(path)) as file:
        try:
            content = file.read(_MAX_FILE_BYTES + 1) or b""
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    if len(content) > _MAX_FILE_BYTES:
        raise DataError((f"is larger than {_MAX_FILE_BYTES:,} bytes, the limit for a Docker CLI file"), where=str(path))
    try:
        return decode(model, content)
    except DataError as error:
        raise DataError(f"is not a valid Docker CLI file: {error}. Repair or remove it", where=str(path)) from error


def _usual_sockets() -> Iterator[Endpoint]:
    """Yield the existing sockets of Docker's usual packages: rootful, rootless, Docker Desktop, Colima and others."""
    if sys.platform == "win32":
        return
    home, runtime = os.path.expanduser("~"), os.environ.get("XDG_RUNTIME_DIR")
    paths = ["/var/run/docker.sock"]
    if runtime:
        paths.append(f"{runtime}/docker.sock")
    paths += (
        f"{home}/{path}"
        for path in (
            ".docker/desktop/docker.sock",
            ".docker/run/docker.sock",
            ".colima/default/docker.sock",
            ".rd/docker.sock",
            ".orbstack/run/docker.sock",
            ".lima/docker/sock/docker.sock",
        )
    )
    for path in paths:
        try:
            exists = os.path.exists(path)
        except ValueError:  # a null character in the environment
            continue
        if exists:
            yield Endpoint("", f"unix://{path}")
