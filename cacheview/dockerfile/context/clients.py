"""The programs that send a build context, a table of their differences, and their names."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from packaging.version import Version

from cacheview.dockerfile.context.cli_packing import CliPacking, TestcontainersGoPacking
from cacheview.dockerfile.context.context import Context, Packing
from cacheview.dockerfile.context.docker_py_packing import DockerPyPacking
from cacheview.dockerfile.context.ignore_rules import FILEUTILS, PATTERNMATCHER
from cacheview.dockerfile.context.java_packing import DockerJavaPacking, TestcontainersJavaPacking
from cacheview.dockerfile.context.packed import HeaderStyle, PackedContext
from cacheview.dockerfile.context.tar_fs_packing import DockerodePacking, TestcontainersNodePacking
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError

__all__ = [
    "CLIENTS",
    "CLI_20_10",
    "CLI_23",
    "DOCKER_CLI",
    "DOCKER_PY",
    "CliConfigUse",
    "Client",
    "client_for_engine",
    "client_named",
]

_USUAL_UMASK: Final = 0o022


class CliConfigUse(Enum):
    """A client's use of the docker CLI's config file for a build."""

    NOTHING = "nothing"
    CLI_20_10 = "proxies except ALL_PROXY, and the platform and content trust settings from the environment"
    CLI = "proxies, and the platform and content trust settings from the environment"
    CLI_29 = "proxies, and the platform setting from the environment"
    PROXIES = "proxies, as the Docker CLI reads them"
    DOCKER_PY = "proxies, as docker-py reads them"

    @property
    def reads_platform(self) -> bool:
        """Whether ``DOCKER_DEFAULT_PLATFORM`` is used."""
        return self in (CliConfigUse.CLI_20_10, CliConfigUse.CLI, CliConfigUse.CLI_29)

    @property
    def reads_trust(self) -> bool:
        """Whether ``DOCKER_CONTENT_TRUST`` is used: docker/cli 29.0 removed it."""
        return self in (CliConfigUse.CLI_20_10, CliConfigUse.CLI)


@dataclass(frozen=True, slots=True)
class Client:
    """A program that sends a build context.

    Attributes:
        name: a name for `client_named`: the key in `CLIENTS`, followed by a colon and the umask unless that is 022.
        base: the key in `CLIENTS` if the client has another umask than 022; otherwise empty.
        program: the name of the program, for display.
        variant: the variant of the program, for display; empty if there is only one.
        packing: how it creates the tar.
        labels: the labels that it adds to every request.
        session_label: a label whose value it chooses at random for every session; empty if none.
        drops: options of the build that it does not send, by their names in `BuildOptions`.
        has_umask: whether the umask of its process affects the modes that it sends.
        config: what it adds from the docker CLI's config file.
    """

    name: str
    program: str
    packing: Packing
    variant: str = ""
    base: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    session_label: str = ""
    drops: frozenset[str] = frozenset()
    has_umask: bool = False
    config: CliConfigUse = CliConfigUse.NOTHING

    @property
    def follows_dockerfile(self) -> bool:
        """Whether it follows links to find the location of the Dockerfile, rather than using the path as written."""
        return isinstance(self.packing, CliPacking)

    @property
    def key(self) -> str:
        """Its key in `CLIENTS`, whatever its umask."""
        return self.base or self.name

    @property
    def title(self) -> str:
        """The name of the program with its variant."""
        return f"{self.program}, {self.variant}" if self.variant else self.program

    @property
    def reads_ignore_file(self) -> bool:
        """Whether ``.dockerignore`` keeps files from being sent."""
        return not isinstance(self.packing, TestcontainersJavaPacking)

    @property
    def umask(self) -> int:
        """The umask of its process; 0 if it has no effect."""
        return self.packing.style.umask if isinstance(self.packing, DockerodePacking | TestcontainersNodePacking) else 0

    def pack(self, context: Context, dockerfile: str, text: bytes | None = None) -> PackedContext:
        """Return the context as this client sends it.

        Args:
            context: the files on disk.
            dockerfile: its path in the context. If empty, ``-``, or beginning with ``../``, it is outside the context.
            text: the Dockerfile, for a client that adds one from outside.

        Raises:
            BuildRefusedError: the client refuses the context, with its message.
            DataError: the context cannot be read.
        """
        return self.packing.pack(context, dockerfile, text)

    def pack_alone(self, text: bytes, mode: int, uid: int, gid: int) -> PackedContext:
        """Return a Dockerfile without a context as this client sends it.

        Args:
            text: the content of the Dockerfile.
            mode, uid, gid: the mode and owner of a file that the client creates.

        Raises:
            BuildRefusedError: the client needs a context.
        """
        if isinstance(self.packing, CliPacking | DockerPyPacking):
            return self.packing.pack_alone(text, mode, uid, gid)
        raise BuildRefusedError(f"{self.title} needs a context; specify a folder", by="client")

    def with_umask(self, umask: int) -> Client:
        """Return the same client with another umask. Raises `DataError` if that is invalid or has no effect."""
        if not self.has_umask or not isinstance(self.packing, DockerodePacking | TestcontainersNodePacking):
            raise DataError(f"omit the umask, which does not affect what {self.title} sends")
        if not 0 <= umask <= 0o777:
            raise DataError(f"{umask:o} is not a umask; specify three octal digits, such as 022")
        style = replace(self.packing.style, umask=umask)
        is_usual = umask == _USUAL_UMASK
        return replace(
            self,
            name=self.key if is_usual else f"{self.key}:{umask:03o}",
            base="" if is_usual else self.key,
            variant=f"umask {umask:03o}",
            packing=replace(self.packing, style=style),
        )


_CLI_STYLE: Final = HeaderStyle()
_NODE_STYLE: Final = HeaderStyle(
    sends_owner=True, sends_capability=False, sends_hard_links=False, umask=_USUAL_UMASK, ends_folders_with_slash=False
)
_TESTCONTAINERS: Final = "org.testcontainers"

DOCKER_CLI: Final = Client(
    "docker-cli", "Docker CLI 24 and later", CliPacking(_CLI_STYLE, PATTERNMATCHER), config=CliConfigUse.CLI
)
"""The CLI since 24.0: modes contain only permission bits (docker/cli v28.2.2, vendored moby/go-archive)."""

CLI_23: Final = Client(
    "docker-cli-23",
    "Docker CLI 23.0",
    CliPacking(HeaderStyle(sends_type_bits=True), PATTERNMATCHER),
    config=CliConfigUse.CLI,
)
"""The CLI 23.0: modes as in 20.10, patterns as in 24.0 (docker/cli v23.0.0 to v23.0.15, vendored)."""

CLI_20_10: Final = Client(
    "docker-cli-20.10",
    "Docker CLI 20.10",
    CliPacking(HeaderStyle(sends_type_bits=True), FILEUTILS),
    config=CliConfigUse.CLI_20_10,
)
"""The CLI 20.10: modes with the bits of the file type (docker/cli v20.10.24, vendored pkg/archive)."""

DOCKER_PY: Final = Client(
    "docker-py",
    "docker-py",
    DockerPyPacking(HeaderStyle(sends_owner=True, sends_capability=False), strips_spaces=True),
    config=CliConfigUse.DOCKER_PY,
)
"""docker-py since 6.0 (7.1.0), which testcontainers-python and Ansible use too."""

_DOCKER_PY_5: Final = Client(
    "docker-py-5",
    "docker-py 5 and earlier",
    DockerPyPacking(HeaderStyle(sends_owner=True, sends_capability=False), strips_spaces=False),
    config=CliConfigUse.DOCKER_PY,
)

_SAM_CLI: Final = replace(DOCKER_PY, name="sam-cli", program="SAM CLI", drops=frozenset(("labels", "cache_from")))

_TESTCONTAINERS_GO: Final = Client(
    "testcontainers-go",
    "testcontainers-go",
    TestcontainersGoPacking(HeaderStyle(sends_owner=True), PATTERNMATCHER),
    labels={
        _TESTCONTAINERS: "true",
        f"{_TESTCONTAINERS}.lang": "go",
        f"{_TESTCONTAINERS}.version": "0.44.0",
        f"{_TESTCONTAINERS}.reap": "true",
    },
    session_label=f"{_TESTCONTAINERS}.sessionId",
)

_DOCKERODE: Final = Client("dockerode", "dockerode", DockerodePacking(_NODE_STYLE), variant="umask 022", has_umask=True)

_TESTCONTAINERS_NODE: Final = Client(
    "testcontainers-node",
    "testcontainers-node",
    TestcontainersNodePacking(_NODE_STYLE),
    variant="umask 022",
    labels={_TESTCONTAINERS: "true", f"{_TESTCONTAINERS}.lang": "node", f"{_TESTCONTAINERS}.version": "12.0.4"},
    session_label=f"{_TESTCONTAINERS}.session-id",
    drops=frozenset(("labels", "cache_from")),
    has_umask=True,
)

_DOCKER_JAVA: Final = Client("docker-java", "docker-java", DockerJavaPacking())

_TESTCONTAINERS_JAVA: Final = Client(
    "testcontainers-java",
    "testcontainers-java",
    TestcontainersJavaPacking(),
    variant="withFileFromPath",
    labels={_TESTCONTAINERS: "true", f"{_TESTCONTAINERS}.lang": "java", f"{_TESTCONTAINERS}.version": "2.0.5"},
    session_label=f"{_TESTCONTAINERS}.sessionId",
)

_COMPOSE_V2: Final = Client(
    "compose-v2",
    "Compose v2 without BuildKit",
    CliPacking(_CLI_STYLE, PATTERNMATCHER),
    labels={"com.docker.compose.image.builder": "classic"},
    drops=frozenset(("cache_from", "platform")),
    config=CliConfigUse.PROXIES,
)

_WINDOWS_STYLE: Final = HeaderStyle(sends_capability=False, sends_hard_links=False, is_windows=True)

_WINDOWS: Final = Client(
    "windows", "Docker CLI on Windows", CliPacking(_WINDOWS_STYLE, PATTERNMATCHER), config=CliConfigUse.CLI
)
"""The CLI since 24.0 on a Windows host (go-archive ``archive_windows.go``)."""

_WINDOWS_23: Final = replace(
    _WINDOWS,
    name="windows-23",
    program="Docker CLI 23.0 on Windows",
    packing=CliPacking(replace(_WINDOWS_STYLE, sends_type_bits=True), PATTERNMATCHER),
)

_WINDOWS_20_10: Final = replace(
    _WINDOWS,
    name="windows-20.10",
    program="Docker CLI 20.10 on Windows",
    packing=CliPacking(replace(_WINDOWS_STYLE, sends_type_bits=True), FILEUTILS),
    config=CliConfigUse.CLI_20_10,
)

CLIENTS: Final[Mapping[str, Client]] = MappingProxyType(
    {
        client.name: client
        for client in (
            DOCKER_CLI,
            CLI_23,
            CLI_20_10,
            DOCKER_PY,
            _DOCKER_PY_5,
            _SAM_CLI,
            _TESTCONTAINERS_GO,
            _DOCKERODE,
            _TESTCONTAINERS_NODE,
            _DOCKER_JAVA,
            _TESTCONTAINERS_JAVA,
            _COMPOSE_V2,
            _WINDOWS,
            _WINDOWS_23,
            _WINDOWS_20_10,
        )
    }
)
"""All known clients, by their names for ``--client``."""

_WINDOWS_VARIANTS: Final = {DOCKER_CLI.name: _WINDOWS, CLI_23.name: _WINDOWS_23, CLI_20_10.name: _WINDOWS_20_10}
_CLI_NAMES: Final = frozenset(("docker", "docker-cli", "docker-client", "docker-ce-cli", "cli"))
_DOCKER_PY_NAMES: Final = frozenset(("docker-py", "docker-sdk-python", "docker-sdk-for-python"))
_ALIASES: Final = {
    "testcontainers-python": "docker-py",
    "ansible": "docker-py",
    "community.docker": "docker-py",
    "sam": "sam-cli",
    "aws-sam-cli": "sam-cli",
    "aws-sam": "sam-cli",
    "testcontainers": "testcontainers-node",
    "docker-windows": "windows",
}
_CLIENT_NAME: Final = re.compile(
    r"(?:([a-z]+(?:[-.][a-z]+)*)(?:[-/:,=@]+|$))?(?:v?([0-9]{1,5}(?:\.[0-9]{1,5}){0,3})(?![0-9.])(.*))?", re.DOTALL
)
_UMASK_AT_END: Final = re.compile(r"^(.*?)(?:[-,]*umask[-=:]*|:)0?([0-7]{3})$", re.DOTALL)


def client_named(name: str) -> Client:
    """Return the client with this name: a key of `CLIENTS`, or a program with its version, as in replay files.

    Examples: ``docker CLI 20.10.24``, ``docker CLI 28.2.2``, ``docker-py 7.1.0``, ``docker-compose 1.29.2``. A version
    such as ``28`` or ``20.10`` means the Docker CLI, and so does the output of ``docker --version``.
    ``dockerode umask 002`` and ``dockerode:002`` specify a umask.

    Raises:
        DataError: no known client has that name; the message lists the known names.
    """
    key = re.sub(r"[\s_]+", "-", name.strip().lower()).replace("-version-", "-", 1)
    by_title = {_key(client.title): client for client in CLIENTS.values()}
    if result := CLIENTS.get(key) or by_title.get(key):
        return result
    if umask := _UMASK_AT_END.match(key):
        return client_named(umask[1]).with_umask(int(umask[2], 8))
    named = _CLIENT_NAME.fullmatch(key)
    program, version = (named[1] or "", named[2] or "") if named else ("", "")
    if program in _CLI_NAMES or (not program and version):
        on_windows = named is not None and "windows" in (named[3] or "")
        client = _WINDOWS_VARIANTS[_cli(version).name] if on_windows else _cli(version)
        is_29 = bool(version) and Version(version) >= Version("29")
        return replace(client, config=CliConfigUse.CLI_29) if is_29 else client
    if program in _DOCKER_PY_NAMES:
        return _DOCKER_PY_5 if version and Version(version) < Version("6") else DOCKER_PY
    if program in ("compose", "docker-compose"):
        return _DOCKER_PY_5 if version and Version(version) < Version("2") else _COMPOSE_V2
    program = _ALIASES.get(program, program)
    if program in CLIENTS:
        return _of_version(CLIENTS[program], version)
    raise DataError(f"no such client: {name[:80]!r}; choose one of {', '.join(CLIENTS)}")


def _key(name: str) -> str:
    return re.sub(r"[\s_]+", "-", name.strip().lower())


def client_for_engine(version: str) -> Client:
    """Return the client to assume for an engine: this system's Docker CLI, in the engine's release if before 24.0.

    ``version`` is the engine's, as ``docker version`` shows it; if it contains no number, the newest CLI is assumed.
    """
    match = re.match(r"(?:docker-)?v?([0-9]{1,5}(?:\.[0-9]{1,5}){0,3})", version.strip())
    client = _cli(match[1] if match else "")
    return _WINDOWS_VARIANTS[client.name] if sys.platform == "win32" else client


def _of_version(client: Client, version: str) -> Client:
    """Return the client with this version in the labels that it adds."""
    label = f"{_TESTCONTAINERS}.version"
    if not version or label not in client.labels:
        return client
    return replace(client, labels={**client.labels, label: version})


def _cli(version: str) -> Client:
    if not version or Version(version) >= Version("24"):
        return DOCKER_CLI
    return CLI_23 if Version(version) >= Version("22.6") else CLI_20_10
