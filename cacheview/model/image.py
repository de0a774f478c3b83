"""An image as a store keeps it. Names as in the OCI image spec and Docker's extension of it."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from cacheview.model.base import Value, value
from cacheview.model.config import ContainerConfig
from cacheview.model.doubt import Aspect, Doubt
from cacheview.model.timestamp import Timestamp

__all__ = ["SCRATCH", "HistoryEntry", "Image", "ImageConfig", "Platform", "RootFS", "Variant", "short_id"]

SCRATCH = ""
"""The parent of a step that starts from nothing, as the builder sends it."""

_HEX = re.compile("[0-9a-f]+")


def short_id(image_id: str) -> str:
    """The first 12 digits of an id, without the algorithm; ``scratch`` for the empty id.

    What is not a checksum stands for an image that has no id yet: it is shown as it is, up to 40 characters.
    """
    if image_id == SCRATCH:
        return "scratch"
    digits = image_id.rpartition(":")[2]
    return digits[:12] if _HEX.fullmatch(digits) and len(digits) > 1 else image_id[:40]


@value
class Platform(Value):
    """What an image runs on, or what a builder builds for."""

    os: str = ""
    architecture: str = ""
    variant: str = ""
    os_version: str = Field(default="", validation_alias="os.version", serialization_alias="os.version")
    os_features: tuple[str, ...] | None = Field(
        default=None, validation_alias="os.features", serialization_alias="os.features"
    )

    def __str__(self) -> str:
        text = "/".join(part for part in (self.os or "?", self.architecture or "?", self.variant) if part)
        return f"{text} ({self.os_version})" if self.os_version else text


@value
class HistoryEntry(Value):
    """One entry of an image's history: one step, with a layer of its own unless ``empty_layer``."""

    created: Timestamp | None = None
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False

    @property
    def key(self) -> tuple[Timestamp | None, str, str, str, bool]:
        """All that ``reflect.DeepEqual`` compares: two entries are equal when their keys are."""
        return (self.created, self.created_by, self.author, self.comment, self.empty_layer)


@value
class RootFS(Value):
    """The layers of an image: digests of their uncompressed content, bottom first."""

    type: str = ""
    diff_ids: tuple[str, ...] | None = None


@value
class ImageConfig(Value):
    """The JSON document that is an image's config, as stored."""

    created: Timestamp | None = None
    author: str = ""
    architecture: str = ""
    variant: str = ""
    os: str = ""
    os_version: str = Field(default="", validation_alias="os.version", serialization_alias="os.version")
    os_features: tuple[str, ...] | None = Field(
        default=None, validation_alias="os.features", serialization_alias="os.features"
    )
    config: ContainerConfig | None = None
    container_config: ContainerConfig | None = None
    rootfs: RootFS | None = None
    history: tuple[HistoryEntry, ...] | None = None
    # Docker's own, kept because stores have them; no rule reads them.
    id: str = ""
    parent: str = ""
    comment: str = ""
    container: str = ""
    docker_version: str = ""

    @property
    def platform(self) -> Platform:
        """What it runs on, as its config has it."""
        return Platform(
            os=self.os,
            architecture=self.architecture,
            variant=self.variant,
            os_version=self.os_version,
            os_features=self.os_features,
        )


@value
class Variant(Value):
    """One manifest of a multi-platform index. ``config`` is None when the store lacks its content."""

    manifest_digest: str
    platform: Platform
    config_digest: str = ""
    config: ImageConfig | None = None
    size: int | None = None


@value
class Image(Value):
    """One entry of a store.

    Attributes:
        id: digest of the manifest, index or config, as the store names it; with its algorithm.
        names: full references (``docker.io/library/app:1``), in store order; empty for an unnamed image.
        parent: the recorded parent's id, which the store may lack; None if none is recorded.
        from_scratch: the store has it recorded as the first step of a ``FROM scratch`` build.
        built_locally: the store has it recorded as built here.
        dangling: the store has the record of an image without a name (``moby-dangling@DIGEST``), which one with names
            can have too; None: it has, if there are no names.
        config: of the manifest that is shown (see ``variants``).
        container_config: where the store keeps the container config apart from the image config.
        size: of its layers in bytes, as far as the store reports; None: not known.
        unpacked: its layers are known to be unpacked, as after a pull; otherwise the store does not report.
        variants: all manifests of a multi-platform index, the shown one among them; otherwise empty.
        doubts: what of it is not known exactly, each aspect at most once; empty if the store reports everything.
    """

    id: str
    names: tuple[str, ...] = ()
    parent: str | None = None
    from_scratch: bool = False
    built_locally: bool = False
    dangling: bool | None = None
    config: ImageConfig
    container_config: ContainerConfig | None = None
    config_digest: str = ""
    manifest_digest: str = ""
    size: int | None = None
    unpacked: bool = False
    variants: tuple[Variant, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @field_validator("parent", mode="after")
    @classmethod
    def _no_empty_parent(cls, parent: str | None) -> str | None:
        # containerd never stores an empty label value, so an empty parent is not a parent.
        return parent or None

    @property
    def short_id(self) -> str:
        """See the function `short_id`."""
        return short_id(self.id)

    def doubt(self, aspect: Aspect) -> Doubt | None:
        """The doubt about an aspect, or about the whole that it is part of; None: it is known exactly."""
        whole = aspect.partition(".")[0]
        return next((doubt for doubt in self.doubts if doubt.aspect in (aspect, whole)), None)

    @property
    def title(self) -> str:
        """What a person calls it: the first name in its short form, otherwise the short id."""
        return familiar(self.names[0]) if self.names else self.short_id

    @property
    def is_dangling(self) -> bool:
        """Whether the store has a record of it as an image without a name."""
        return not self.names if self.dangling is None else self.dangling

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """The entries of its config's history, oldest first; none where there is no history."""
        return self.config.history or ()

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Its layers, bottom first; none where its config lists none."""
        return (self.config.rootfs.diff_ids if self.config.rootfs else None) or ()

    @property
    def created(self) -> Timestamp | None:
        """When it was created; None: not recorded."""
        return self.config.created

    @property
    def history_keys(self) -> tuple[tuple[Timestamp | None, str, str, str, bool], ...]:
        """`HistoryEntry.key` of each entry: what a history prefix is compared by."""
        return tuple(entry.key for entry in self.history)

    @property
    def is_pulled(self) -> bool:
        """Whether it came from a registry: only a pull or a push gives it a name with a digest."""
        return self.parent is None and any("@" in name for name in self.names)

    @property
    def is_by_buildkit(self) -> bool:
        """Whether BuildKit made it, as the comment of its last history entry shows: here, or where it was pulled from.

        moby: ``historyComment`` of BuildKit's ``frontend/dockerfile/dockerfile2llb/convert.go``
        (``buildkit.dockerfile.v0``), and that of its exporter (``buildkit.exporter.image.v0``).
        """
        return bool(self.history) and self.history[-1].comment.startswith("buildkit.")

    @property
    def is_first_step(self) -> bool:
        """Whether it is the first step of a ``FROM scratch`` build: recorded as such, or by all that is known of it.

        71ebfc7 records nothing; there it is an image without a parent, with the one history entry of a step (an
        imported one has an entry without a command) and a container config.
        """
        if self.from_scratch:
            return True
        made = self.container_config is not None or self.config.container_config is not None
        return self.parent is None and made and len(self.history) == 1 and bool(self.history[0].created_by)

    @property
    def instruction(self) -> str:
        """The step that made it, as its last history entry reports; empty when there is none."""
        return instruction_of(self.history[-1].created_by) if self.history else ""


def familiar(name: str) -> str:
    """A full reference as people write it: without ``docker.io/library/`` or ``docker.io/``."""
    for prefix in ("docker.io/library/", "docker.io/"):
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def instruction_of(created_by: str) -> str:
    """A ``created_by`` as a Dockerfile line: ``/bin/sh -c #(nop)  CMD ["x"]`` → ``CMD ["x"]``."""
    _, marker, rest = created_by.partition("#(nop) ")
    if marker:
        return rest.strip()
    shell, marker, rest = created_by.partition("/bin/sh -c ")
    if marker and (not shell or shell.startswith("|")):
        return f"RUN {rest.strip()}"
    return created_by.strip()
