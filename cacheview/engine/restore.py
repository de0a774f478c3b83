"""The image that the cache creates from a step in the middle of a source.

moby: ``restoreCachedImage`` and ``getLayerForHistoryIndex`` of ``image/cache/cache.go`` (v20.10 to 29), and their use
in ``daemon/containerd/cache.go`` (v26 to 29).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from cacheview.engine.ruleset import Restoring, RuleSet
from cacheview.model import (
    CONFIG_FIELDS,
    ContainerConfig,
    FieldKind,
    HealthConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    LayerContent,
    Platform,
    RootFS,
    Timestamp,
    field_kind,
)
from cacheview.platforms.library import PLATFORMS_RC_4

__all__ = ["RestoreError", "RestorePanic", "identity", "restored_config"]


class RestoreError(Exception):
    """The image cannot be created. The build fails, with this message of the daemon after ``failed to …``."""


class RestorePanic(Exception):  # noqa: N818 - the daemon's word for it
    """The daemon panics with this message."""


@dataclass(frozen=True, slots=True)
class _SourceStep:
    """A step of a source, with the layer that it created."""

    entry: HistoryEntry
    layer: str  # empty: there is none


def restored_config(
    rules: RuleSet, parent: Image | None, source: Image, step: int, config: ContainerConfig, layers: LayerContent
) -> ImageConfig:
    """Return the config of the new image: the probe's config, with the source's step after the parent's history.

    ``docker_version`` is left out: the daemon adds it, and it is not known here.

    Raises:
        RestoreError: the store cannot create the image.
        RestorePanic: the source's history has more steps with a layer than the source has layers.
    """
    result = _step(source, step)
    if rules.restoring.needs_layer:
        if not result.layer:
            # containerd's message for an empty digest.
            raise RestoreError(f"created cached image: failed to read diff archive: {rules.restoring.no_layer_error}")
        if result.layer in layers:
            raise RestoreError(
                f'find content for diff ID "{result.layer}": no content matches this uncompressed digest'
            )
    if rules.restoring.refuses_features and source.config.os_features:
        # `checkSnapshotterSupport` of containerd's client/image.go. The snapshotter and the new image's id are unknown.
        raise RestoreError(
            "created cached image: failed to unpack image: snapshotter … does not support platform "
            f"{_printed_platform(source.config)} for image …"
        )
    source_config = source.config
    history = tuple(
        entry.model_copy(update={"created": created})
        if (created := _after_json(rules, entry.created)) != entry.created
        else entry
        for entry in (*(parent.history if parent is not None else ()), result.entry)
    )
    diff_ids = (*(parent.diff_ids if parent is not None else ()), *((result.layer,) if result.layer else ()))
    kind = parent.config.rootfs.type if parent is not None and parent.config.rootfs is not None else "layers"
    return ImageConfig(
        created=history[-1].created,
        author=source_config.author,
        architecture=source_config.architecture,
        os=source_config.os,
        os_version=source_config.os_version,
        os_features=source_config.os_features,
        config=_config_to_keep(rules, config),
        rootfs=RootFS(type=kind, diff_ids=diff_ids),
        history=history,
    )


def _printed_platform(config: ImageConfig) -> str:
    """Return the platform of a restored image as Go prints it; the image has no variant."""
    os, architecture, variant = PLATFORMS_RC_4.normalize(Platform(os=config.os, architecture=config.architecture))
    return f"{{{architecture} {os} {config.os_version} [{' '.join(config.os_features or ())}] {variant}}}"


def _step(source: Image, step: int) -> _SourceStep:
    entry = source.history[step]
    if entry.empty_layer:
        return _SourceStep(entry, "")
    place = sum(not before.empty_layer for before in source.history[:step])
    if place >= len(source.diff_ids):
        raise RestorePanic(f"runtime error: index out of range [{place}] with length {len(source.diff_ids)}")
    return _SourceStep(entry, source.diff_ids[place])


def _after_json(rules: RuleSet, created: Timestamp | None) -> Timestamp | None:
    """Return a time after a round trip through Go's JSON, which writes an offset of zero as ``Z``."""
    time = rules.time(created)
    return replace(time, offset=None) if time is not None and time.offset == 0 else time


def _config_to_keep(rules: RuleSet, config: ContainerConfig) -> ContainerConfig:
    """Return a container config as the new image keeps it."""
    resets: dict[str, Any] = {name: ContainerConfig.model_fields[name].default for name in rules.restoring.lost_fields}
    if config.Healthcheck is not None and not rules.restoring.keeps_start_interval:
        resets["Healthcheck"] = config.Healthcheck.model_copy(update={"StartInterval": 0})
    return config.model_copy(update=resets)


def identity(rules: RuleSet, config: ImageConfig) -> Hashable:
    """Return a key that identifies a restored image by the config JSON that the daemon writes.

    Configs with equal identities have the same bytes, apart from the version of the daemon. Values that Go omits from
    the JSON when empty (``omitempty``) are equal whether empty or null; only the name of a port or a volume is written.
    moby: ``Image`` of ``image/image.go``, ``Config`` of ``api/types/container/config.go`` (20.10 to 29),
    ``DockerOCIImage`` of moby/docker-image-spec.
    """
    restoring = rules.restoring
    docker_fields: Hashable = ()
    if not restoring.is_oci:
        container_fields = _fields(restoring, config.container_config or ContainerConfig())
        docker_fields = (
            config.config is None,
            container_fields,
            config.comment,
            config.container,
            config.id,
            config.parent,
        )
    return (
        _after_json(rules, config.created),
        (config.author, config.architecture, config.variant, config.os, config.os_version, config.os_features or ()),
        (config.rootfs.type, config.rootfs.diff_ids or ()) if config.rootfs is not None else None,
        tuple((_after_json(rules, entry.created), *entry.key[1:]) for entry in config.history or ()),
        _fields(restoring, config.config or ContainerConfig()),
        docker_fields,
    )


def _fields(restoring: Restoring, config: ContainerConfig) -> tuple[Hashable, ...]:
    """Return the fields of a container config as they are written."""
    return tuple(_field(restoring, name, getattr(config, name)) for name in CONFIG_FIELDS)


def _field(restoring: Restoring, name: str, value: Any) -> Hashable:
    if value is None or (not value and name in restoring.omits):
        return None
    match field_kind(name):
        case FieldKind.SET:
            return frozenset(value)
        case FieldKind.MAP:
            return frozenset(value.items())
        case FieldKind.HEALTHCHECK:
            return tuple(getattr(value, part) or () for part in HealthConfig.model_fields)
    return value  # type: ignore[no-any-return]
