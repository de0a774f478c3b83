"""An image in a store. Names are those of the OCI image spec and of Docker's extensions to it."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from cacheview.model.base import Value, value
from cacheview.model.config import ContainerConfig
from cacheview.model.doubt import Aspect, Doubt
from cacheview.model.timestamp import Timestamp

__all__ = ["SCRATCH", "HistoryEntry", "Image", "ImageConfig", "Platform", "RootFS", "Variant", "short_id"]

SCRATCH = ""
"""The parent of a step that starts from scratch, as the builder sends it."""

_HEX = re.compile("[0-9a-f]+")


def short_id(image_id: str) -> str:
    """Return the first 12 digits of an id, without the algorithm, or ``scratch`` for the empty id.

    A text that is not a checksum denotes an image without an id yet: it is returned unchanged, up to 40 characters.
    """
    if image_id == SCRATCH:
        return "scratch"
    digits = image_id.rpartition(":")[2]
    return digits[:12] if _HEX.fullmatch(digits) and len(digits) > 1 else image_id[:40]


@value
class Platform(Value):
    """The platform that an image runs on or that a builder builds for."""

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
    """One entry of an image's history. Each is one step, and has a layer unless ``empty_layer``."""

    created: Timestamp | None = None
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False

    @property
    def key(self) -> tuple[Timestamp | None, str, str, str, bool]:
        """Everything that ``reflect.DeepEqual`` compares: two entries are equal if their keys are."""
        return (self.created, self.created_by, self.author, self.comment, self.empty_layer)


@value
class RootFS(Value):
    """The layers of an image: digests of their uncompressed content, bottom first."""

    type: str = ""
    diff_ids: tuple[str, ...] | None = None


@value
class ImageConfig(Value):
    """An image's config: the JSON document as stored."""

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
    # Docker's own keys, kept because stores contain them; no rule reads them.
    id: str = ""
    parent: str = ""
    comment: str = ""
    container: str = ""
    docker_version: str = ""

    @property
    def platform(self) -> Platform:
        """The platform that the config contains."""
        return Platform(
            os=self.os,
            architecture=self.architecture,
            variant=self.variant,
            os_version=self.os_version,
            os_features=self.os_features,
        )


@value
class Variant(Value):
    """One manifest of a multi-platform index. ``config`` is None if the store does not have its content."""

    manifest_digest: str
    platform: Platform
    config_digest: str = ""
    config: ImageConfig | None = None
    size: int | None = None


@value
class Image(Value):
    """One image of a store.

    Attributes:
        id: digest of the manifest, index or config, with its algorithm, as the store identifies the image.
        names: full references (``docker.io/library/app:1``), in store order; empty for an unnamed image.
        parent: the recorded parent's id, even if the store does not have it; None if none is recorded.
        from_scratch: whether the store records it as the first step of a ``FROM scratch`` build.
        built_locally: whether the store records it as built here.
        dangling: whether the store has the record of an image without a name (``moby-dangling@DIGEST``), which an image
            with names can have too; None: True if there are no names.
        config: of the manifest that is shown (see ``variants``).
        container_config: the container config, if the store keeps it apart from the image config.
        size: of its layers in bytes, as far as the store reports; None: not known.
        unpacked: whether its layers are known to be unpacked, as after a pull; False if the store does not report it.
        variants: all manifests of a multi-platform index, including the one that is shown; otherwise empty.
        doubts: parts that are not known exactly, each aspect at most once; empty if the store reports everything.
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
        """Return the doubt about an aspect, or about the larger one that contains it; None if it is known exactly."""
        whole = aspect.partition(".")[0]
        for doubt in self.doubts:
            if doubt.aspect in (aspect, whole):
                return doubt
        return None

    @property
    def title(self) -> str:
        """The name for users: the first name in its short form, or the short id."""
        return familiar(self.names[0]) if self.names else self.short_id

    @property
    def is_dangling(self) -> bool:
        """Whether the store has a record of it as an image without a name."""
        return not self.names if self.dangling is None else self.dangling

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """The entries of its config's history, oldest first."""
        return self.config.history or ()

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """The digests of its layers, bottom first."""
        return (self.config.rootfs.diff_ids if self.config.rootfs else None) or ()

    @property
    def created(self) -> Timestamp | None:
        """The time of its creation; None if not recorded."""
        return self.config.created

    @property
    def history_keys(self) -> tuple[tuple[Timestamp | None, str, str, str, bool], ...]:
        """The `HistoryEntry.key` of each entry, which history prefixes are compared by."""
        return tuple(entry.key for entry in self.history)

    @property
    def is_pulled(self) -> bool:
        """Whether it came from a registry: only a pull or a push adds a name with a digest."""
        return self.parent is None and any("@" in name for name in self.names)

    @property
    def is_by_buildkit(self) -> bool:
        """Whether BuildKit built it, here or before it was pulled. The comment of its last history entry shows that.

        moby: ``historyComment`` of BuildKit's ``frontend/dockerfile/dockerfile2llb/convert.go``
        (``buildkit.dockerfile.v0``), and that of its exporter (``buildkit.exporter.image.v0``).
        """
        return bool(self.history) and self.history[-1].comment.startswith("buildkit.")

    @property
    def is_first_step(self) -> bool:
        """Whether it is the first step of a ``FROM scratch`` build: recorded as such, or recognized by its content.

        71ebfc7 does not record this. There, it is an image with a container config, no parent, and one history
        entry, which contains a command (that of an imported image does not).
        """
        if self.from_scratch:
            return True
        has_build_config = self.container_config is not None or self.config.container_config is not None
        return self.parent is None and has_build_config and len(self.history) == 1 and bool(self.history[0].created_by)

    @property
    def instruction(self) -> str:
        """The step that created it, according to its last history entry; empty if there is none."""
        return instruction_of(self.history[-1].created_by) if self.history else ""


def familiar(name: str) -> str:
    """Return a full reference in its short form, without ``docker.io/library/`` or ``docker.io/``."""
    for prefix in ("docker.io/library/", "docker.io/"):
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def instruction_of(created_by: str) -> str:
    """Return a ``created_by`` as a Dockerfile line: ``/bin/sh -c #(nop)  CMD ["x"]`` becomes ``CMD ["x"]``."""
    _, marker, rest = created_by.partition("#(nop) ")
    if marker:
        return rest.strip()
    shell, marker, rest = created_by.partition("/bin/sh -c ")
    if marker and (not shell or shell.startswith("|")):
        return f"RUN {rest.strip()}"
    return created_by.strip()
