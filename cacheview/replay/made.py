"""The image that a missed step would make, as far as it can be told without building.

A later stage of the same build may hit it, so the cache has to see it. Its id is a stand-in, its layer unknown content.
"""

from __future__ import annotations

import re
from typing import Any, Final

from cacheview.dockerfile.dispatch import Dispatched
from cacheview.engine.ruleset import RuleSet
from cacheview.model import (
    ContainerConfig,
    HealthConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    Platform,
    RootFS,
    Timestamp,
)

__all__ = ["UNTOLD", "has_unknown_layer", "is_made", "made_id", "made_image", "maker", "told_id", "told_words"]

UNTOLD: Final = "<the image of step "
"""What stands for an id that is not known, in the daemon's words."""

_HEALTH_FIELDS: Final = ("Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")
_UNKNOWN_LAYER: Final = "layer of "
_MADE: Final = re.compile(r"step ([0-9]{1,9})(?:\.[0-9]{1,9})?(?: \([0-9]{1,9}\))?")


def made_id(number: int, trigger: int = 0, version: int = 1) -> str:
    """The stand-in for the id of an image that a step makes, or that the cache makes for it.

    Args:
        trigger: from 1, of the triggers of a ``FROM``; 0: it is the step itself.
        version: from 1; where it is not known what comes of a step it may make one of several.
    """
    name = f"step {number}.{trigger}" if trigger else f"step {number}"
    return name if version == 1 else f"{name} ({version})"


def is_made(image_id: str) -> bool:
    """Whether an id is such a stand-in."""
    return _MADE.fullmatch(image_id) is not None


def maker(image_id: str) -> int:
    """The number of the step that makes an image; 0 for an image of the store."""
    made = _MADE.fullmatch(image_id)
    return int(made[1]) if made is not None else 0


def told_id(image_id: str) -> str:
    """An id as it can be told: what id an image of this build would get is not known."""
    return f"{UNTOLD}{maker(image_id)}>" if is_made(image_id) else image_id


def has_unknown_layer(image: Image) -> bool:
    """Whether an image has a layer that this build would make, so that its files are not known."""
    return any(diff_id.startswith(_UNKNOWN_LAYER) for diff_id in image.diff_ids)


def told_words(said: str) -> str:
    """The daemon's words with each stand-in as `told_id` has it."""
    return re.sub(rf"\b{_MADE.pattern}", lambda made: told_id(made[0]), said)


def made_image(
    image_id: str,
    step: Dispatched,
    probe: ContainerConfig,
    parent: Image | None,
    platform: Platform,
    rules: RuleSet,
    *,
    merged: bool,
    now: Timestamp,
) -> Image:
    """The image of a step.

    Args:
        image_id: see `made_id`.
        parent: what it is built on; None: scratch.
        platform: of what is built on scratch.
        merged: the step ran in a container, whose config the daemon fills from the parent's (``daemon/commit.go``).
        now: when it is made.
    """
    base = parent.config if parent is not None else None
    entry = HistoryEntry(
        created=now,
        created_by=" ".join(probe.Cmd or ()),
        author=step.after.maintainer,
        empty_layer=not step.has_layer,
    )
    layers = (base.rootfs.diff_ids if base is not None and base.rootfs is not None else None) or ()
    made_with = _merged(probe, base.config if base is not None else None) if merged else probe
    config = ImageConfig(
        created=now,
        author=step.after.maintainer,
        architecture=(base.architecture if base is not None else "") or platform.architecture,
        variant=base.variant if base is not None else platform.variant,
        os=(base.os if base is not None else "") or platform.os,
        config=step.after.config,
        rootfs=RootFS(type="layers", diff_ids=(*layers, f"{_UNKNOWN_LAYER}{image_id}") if step.has_layer else layers),
        history=(*((base.history if base is not None else None) or ()), entry),
    )
    return Image(
        id=image_id,
        parent=parent.id if parent is not None else None,
        from_scratch=rules.records_parent and parent is None,
        built_locally=True,
        config=config,
        container_config=made_with,
    )


def _merged(config: ContainerConfig, parent: ContainerConfig | None) -> ContainerConfig:
    """What a container's config becomes that is made of an image: ``merge`` of ``daemon/commit.go``."""
    if parent is None:
        return config
    changes: dict[str, Any] = {
        name: getattr(parent, name) for name in ("User", "WorkingDir", "StopSignal") if not getattr(config, name)
    }
    if config.Entrypoint is None:
        changes["Entrypoint"] = parent.Entrypoint
    if parent.Healthcheck is not None:
        changes["Healthcheck"] = _merged_health(config.Healthcheck, parent.Healthcheck)
    return config.model_copy(update=changes)


def _merged_health(check: HealthConfig | None, parent: HealthConfig) -> HealthConfig:
    if check is None:
        return parent
    return HealthConfig(**{name: getattr(check, name) or getattr(parent, name) for name in _HEALTH_FIELDS})
