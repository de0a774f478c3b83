"""The Docker Engine API's answers, as far as they are used. Other keys are skipped."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, RootModel

from cacheview.model import ContainerConfig
from cacheview.model.base import FailFast

__all__ = [
    "ContainerDocument",
    "ContainerListDocument",
    "HistoryDocument",
    "HistoryItem",
    "ImageDocument",
    "InfoDocument",
    "ListDocument",
    "ListedImage",
    "VersionDocument",
]


class _ApiDocument(FailFast, BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class VersionDocument(_ApiDocument):
    """The answer of ``GET /version``."""

    Version: str = ""
    ApiVersion: str = ""
    MinAPIVersion: str | None = None
    GitCommit: str | None = None
    Os: str | None = None
    Arch: str | None = None


class NamespacesInfo(_ApiDocument):
    """The containerd namespaces in ``GET /info``. ``Containers`` is that of the engine's images and containers."""

    Containers: str | None = None


class ContainerdInfo(_ApiDocument):
    """The containerd that an engine uses, in ``GET /info``: its socket and its namespaces."""

    Address: str | None = None
    Namespaces: NamespacesInfo | None = None


class InfoDocument(_ApiDocument):
    """The answer of ``GET /info``."""

    Name: str | None = None
    Driver: str | None = None
    DriverStatus: tuple[tuple[str, ...], ...] | None = None
    DockerRootDir: str | None = None
    Containerd: ContainerdInfo | None = None


class DescriptorDocument(_ApiDocument):
    """The manifest or index of an image in the containerd store, in the list of images and in its details."""

    mediaType: str | None = None
    digest: str | None = None


class ListedImage(_ApiDocument):
    """An entry of ``GET /images/json``."""

    Id: str
    ParentId: str | None = None
    RepoTags: tuple[str, ...] | None = None
    RepoDigests: tuple[str, ...] | None = None
    Created: int = 0
    Size: int | None = None
    Labels: dict[str, str] | None = None
    Descriptor: DescriptorDocument | None = None


class ListDocument(FailFast, RootModel[tuple[ListedImage, ...]]):
    """The answer of ``GET /images/json``."""

    model_config = ConfigDict(frozen=True, strict=True)


class RootFSDocument(_ApiDocument):
    """The layers of an image in ``GET /images/ID/json``: their diff ids, lowest first."""

    Type: str | None = None
    Layers: tuple[str, ...] | None = None


class ImageDocument(_ApiDocument):
    """The answer of ``GET /images/ID/json``."""

    Id: str
    Parent: str | None = None
    Comment: str | None = None
    Created: str | None = None
    Container: str | None = None
    container_config: ContainerConfig | None = Field(None, alias="ContainerConfig")
    DockerVersion: str | None = None
    Author: str | None = None
    Config: ContainerConfig | None = None
    Architecture: str | None = None
    Variant: str | None = None
    Os: str | None = None
    OsVersion: str | None = None
    RootFS: RootFSDocument | None = None
    Descriptor: DescriptorDocument | None = None


class HistoryItem(_ApiDocument):
    """An entry of ``GET /images/ID/history``."""

    Created: int = 0
    CreatedBy: str | None = None
    Comment: str | None = None
    Size: int = 0


class HistoryDocument(FailFast, RootModel[tuple[HistoryItem, ...]]):
    """The answer of ``GET /images/ID/history``, newest first."""

    model_config = ConfigDict(frozen=True, strict=True)


class ListedContainer(_ApiDocument):
    """An entry of ``GET /containers/json``."""

    Id: str
    Image: str = ""
    ImageID: str = ""
    State: str = ""


class ContainerListDocument(RootModel[tuple[ListedContainer, ...]]):
    """The answer of ``GET /containers/json``."""

    model_config = ConfigDict(frozen=True, strict=True)


class ContainerConfigDocument(_ApiDocument):
    """The part of a container's config that is read: the image that it was created from, as the client named it."""

    Image: str = ""


class ContainerDocument(_ApiDocument):
    """The answer of ``GET /containers/ID/json``."""

    Config: ContainerConfigDocument | None = None
