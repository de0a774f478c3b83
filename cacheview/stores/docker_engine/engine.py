"""An engine's report about itself: its version, its store, and the API versions to use."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeVar

from cacheview.model import DataError, Platform, Problem, Release, StoreKind, decode
from cacheview.model.base import AnyModel
from cacheview.model.release import COMMIT_71EBFC7
from cacheview.stores.docker_engine.client import INSPECT_API, KNOWN_API, EngineClient, version_key
from cacheview.stores.docker_engine.documents import InfoDocument, VersionDocument
from cacheview.stores.docker_engine.errors import ConnectionLostError, NoAnswerError, RefusedRequestError

__all__ = ["Engine", "ask_engine", "read_version"]

M = TypeVar("M", bound=AnyModel)

_MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
_MAX_PATH_CHARACTERS = 4096
_MAX_NAME_CHARACTERS = 255
_SNAPSHOTTER = "io.containerd.snapshotter"


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine, as it describes itself.

    Attributes:
        version: its release (``28.5.2``).
        commit: the commit that it was built from.
        list_api: the API version for the list of images: the newest that both sides support.
        inspect_api: the API version for inspect: the one that reports most.
        store: its kind of image store; None if it does not report it.
        root: its data root, as a path on its machine; empty if it does not report it.
        containerd: the address of its containerd; empty likewise.
        driver: its storage driver or snapshotter; empty likewise.
        namespace: the containerd namespace of its images.
        os: the system that it runs on (``linux``); empty if it does not report it.
        architecture: the architecture of its machine (``arm64``); empty likewise.
        name: the name of its machine; empty likewise.
        problems: the requests that it did not answer.
    """

    version: str
    commit: str
    list_api: str
    inspect_api: str
    store: StoreKind | None = None
    root: str = ""
    containerd: str = ""
    driver: str = ""
    namespace: str = "moby"
    os: str = ""
    architecture: str = ""
    name: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def title(self) -> str:
        """Its version and its kind of store."""
        kind = self.store.store_title if self.store is not None else ""
        return ", ".join(filter(None, (f"Docker Engine {self.version or 'of unknown version'}", kind)))

    @property
    def platform(self) -> Platform | None:
        """The platform of its machine; None if it does not report it."""
        return Platform(os=self.os, architecture=self.architecture) if self.os and self.architecture else None

    @property
    def release(self) -> Release | None:
        """The release that its rules depend on; None if it does not report its kind of store."""
        return Release(self.store, self.version, self.commit) if self.store is not None else None

    @property
    def is_71ebfc7(self) -> bool:
        """Whether it is moby at 71ebfc7, whose containerd store keeps the container config in the image config."""
        return self.store is StoreKind.CONTAINERD and self.commit.startswith(COMMIT_71EBFC7)

    @property
    def number(self) -> tuple[int, int] | None:
        """Major and minor number of its version; None if the version has a different form."""
        match = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", self.version)
        return (int(match[1]), int(match[2])) if match else None


def read_version(client: EngineClient) -> VersionDocument:
    """Ask an engine for its version. Raises `DataError`."""
    return _decoded(client, VersionDocument, "/version")


def ask_engine(client: EngineClient) -> Engine:
    """Ask an engine what it is. Raises `DataError` if it does not even report its version."""
    version = read_version(client)
    list_api, inspect_api = _versions(version, client.where)
    commit, os, architecture = ((text or "")[:64] for text in (version.GitCommit, version.Os, version.Arch))
    engine = Engine(version.Version[:64], commit, list_api, inspect_api, os=os, architecture=architecture)
    try:
        info = _decoded(client, InfoDocument, f"/v{list_api}/info")
    except (RefusedRequestError, NoAnswerError, ConnectionLostError) as error:
        problem = Problem("/info", f"{error.what}. The kind of store is therefore unknown")
        return replace(engine, problems=(problem,))
    status = {pair[0]: pair[1] for pair in info.DriverStatus or () if len(pair) > 1}
    is_snapshotter = status.get("driver-type", "").startswith(_SNAPSHOTTER)
    store = StoreKind.CONTAINERD if is_snapshotter else StoreKind.GRAPH_DRIVER
    containerd = info.Containerd
    namespaces = containerd.Namespaces if containerd else None
    return replace(
        engine,
        store=store if info.Driver else None,
        root=(info.DockerRootDir or "")[:_MAX_PATH_CHARACTERS],
        containerd=((containerd.Address if containerd else None) or "")[:_MAX_PATH_CHARACTERS],
        driver=info.Driver or "" if "/" not in (info.Driver or "") else "",
        name=(info.Name or "")[:_MAX_NAME_CHARACTERS],
        namespace=(namespaces.Containers if namespaces else None) or "moby",
    )


def _versions(version: VersionDocument, where: str) -> tuple[str, str]:
    """Return the API versions for the list and for inspect, from those that the engine supports."""
    try:
        newest = version_key(version.ApiVersion)
        oldest = version_key(version.MinAPIVersion or "1.24")
    except ValueError as error:
        raise NoAnswerError(
            f"does not report its API version: {error}. Is Docker Engine listening there?", where=where
        ) from error

    def nearest(version: str) -> str:
        return f"1.{max(oldest, min(newest, version_key(version)))}"

    return nearest(KNOWN_API), nearest(INSPECT_API)


def _decoded(client: EngineClient, model: type[M], path: str) -> M:
    try:
        return decode(model, client.get(path, limit=_MAX_DOCUMENT_BYTES))
    except (RefusedRequestError, NoAnswerError):
        raise
    except DataError as error:
        if error.where == client.where:
            raise
        raise NoAnswerError(
            f"the response to {path} is not from Docker Engine: {error}. Check the address", where=client.where
        ) from error
