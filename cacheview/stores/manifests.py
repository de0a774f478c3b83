"""The documents that describe images, as written by OCI tools, Docker's registry and ``docker save``."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, RootModel

from cacheview.model import Platform
from cacheview.model.base import FailFast, Value, document

__all__ = ["ArchiveEntry", "ArchiveManifest", "Descriptor", "Manifest"]


@document
class Descriptor(Value):
    """A reference to another blob: its digest, media type and size in bytes."""

    digest: str
    mediaType: str = ""
    size: int = Field(default=0, ge=0)
    platform: Platform | None = None
    annotations: dict[str, str] | None = None

    def annotation(self, key: str) -> str:
        """Return the value of an annotation; empty if there is none."""
        return self.annotations.get(key, "") if self.annotations else ""

    @property
    def is_attestation(self) -> bool:
        """Whether it is BuildKit's provenance or SBOM, which is stored like an image but is not one."""
        if self.annotation("vnd.docker.reference.type"):
            return True
        return self.platform is not None and self.platform.os == self.platform.architecture == "unknown"


@document
class Manifest(Value):
    """An image manifest (``config`` and ``layers``) or an index of them (``manifests``), OCI or Docker."""

    mediaType: str = ""
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] | None = None
    manifests: tuple[Descriptor, ...] | None = None


@document
class ArchiveEntry(Value):
    """One image in the ``manifest.json`` of a ``docker save`` archive. Paths are from the archive's root."""

    Config: str
    RepoTags: tuple[str, ...] | None = None
    Layers: tuple[str, ...] | None = None
    Parent: str = ""
    LayerSources: dict[str, Any] | None = Field(default=None, repr=False)


class ArchiveManifest(FailFast, RootModel[tuple[ArchiveEntry, ...]]):
    """The complete ``manifest.json``: a list."""

    model_config = ConfigDict(frozen=True, strict=True)
