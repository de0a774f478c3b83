"""The image that a missed step would create, as far as it can be determined without building.

A later stage of the same build may hit it, so the cache has to contain it. Its id is a stand-in, and the content of its
layer is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from cacheview.dockerfile.dispatch import DispatchResult
from cacheview.dockerfile.refusal import UNNAMED_FOLDER
from cacheview.engine.ruleset import RuleSet
from cacheview.layers.owner_names import UNNAMED_ROOT
from cacheview.model import (
    SCRATCH,
    Aspect,
    ContainerConfig,
    Doubt,
    HealthConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    Platform,
    RootFS,
    StoreKind,
    Timestamp,
)

__all__ = [
    "NewImage",
    "NewImages",
    "creating_step",
    "has_unknown_layer",
    "is_new_id",
    "is_same_message",
    "new_id",
    "platform_of",
    "reported_id",
    "reported_message",
    "stored_config",
]

_UNNAMED_ID: Final = "<the image of step "
"""The stand-in for an unknown id in the daemon's messages."""

_UNNAMED_PART: Final = re.compile(f"{_UNNAMED_ID}[0-9]+>|{re.escape(UNNAMED_ROOT)}|{re.escape(UNNAMED_FOLDER)}")

_HEALTH_FIELDS: Final = ("Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")
_UNKNOWN_LAYER: Final = "layer of "
_MAX_RELATED_IMAGES: Final = 10
_NEW_ID: Final = re.compile(r"step ([0-9]{1,9})(?:\.[0-9]{1,9})?(?: \([0-9]{1,9}\))?")


def new_id(number: int, trigger: int = 0, version: int = 1) -> str:
    """Return the stand-in id of an image that a step creates, or that the cache creates for it.

    Args:
        trigger: number of the trigger of a ``FROM``, from 1; 0: the step itself.
        version: from 1. A step with an unknown result may create one of several images.
    """
    name = f"step {number}.{trigger}" if trigger else f"step {number}"
    return name if version == 1 else f"{name} ({version})"


def is_new_id(image_id: str) -> bool:
    """Whether an id is such a stand-in."""
    return _NEW_ID.fullmatch(image_id) is not None


def creating_step(image_id: str) -> int:
    """Return the number of the step that creates an image; 0 for an image of the store."""
    match = _NEW_ID.fullmatch(image_id)
    return int(match[1]) if match is not None else 0


def reported_id(image_id: str) -> str:
    """Return an id for people. The id of an image that this build would create is not known."""
    return f"{_UNNAMED_ID}{creating_step(image_id)}>" if is_new_id(image_id) else image_id


def has_unknown_layer(image: Image | NewImage | None) -> bool:
    """Whether an image has a layer that this build would create, so that its files are not known."""
    if image is None:
        return False
    if isinstance(image, NewImage):
        return image.has_unknown_layer
    return any(diff_id.startswith(_UNKNOWN_LAYER) for diff_id in image.diff_ids)


def is_same_message(predicted: str, reported: str) -> bool:
    """Whether a predicted refusal matches the daemon's message.

    An id or a folder that is not known before the build matches any text.
    """
    words = _UNNAMED_PART.split(predicted.strip())
    return re.fullmatch(".+".join(map(re.escape, words)), reported.strip(), re.DOTALL) is not None


def reported_message(message: str) -> str:
    """Return the daemon's message with each stand-in replaced as by `reported_id`."""
    return re.sub(rf"\b{_NEW_ID.pattern}", lambda match: reported_id(match[0]), message)


@dataclass(frozen=True, slots=True)
class _NewEntry:
    """One history entry of an image that this build creates. Later images share the entries ``below``."""

    entry: HistoryEntry
    layer: str
    below: _NewEntry | Image | None

    def history_and_layers(self) -> tuple[tuple[HistoryEntry, ...], tuple[str, ...]]:
        entries, layers = [self.entry], [self.layer]
        below = self.below
        while isinstance(below, _NewEntry):
            entries.append(below.entry)
            layers.append(below.layer)
            below = below.below
        first, lowest = (below.history, below.diff_ids) if below is not None else ((), ())
        return (*first, *reversed(entries)), (*lowest, *(layer for layer in reversed(layers) if layer))


class NewImage:
    """The image that a step creates. It is completed only when needed, since its history grows with each step.

    Args:
        image_id: see `new_id`.
        parent: the image that it is built on; None: scratch.
        platform: the platform of an image built on scratch.
        merged: whether the step ran in a container, whose config the daemon completes from the parent's
            (``daemon/commit.go``).
        now: its creation time.
        doubt: the reason that it may not be created; None: it is.

    Attributes:
        id, parent: as in `Image`.
        command: the command of its container config, as in a history.
        has_unknown_layer: see the function of that name.
        stored: its config, which the next step begins with.
        platform: the platform that it is for.
    """

    def __init__(
        self,
        image_id: str,
        step: DispatchResult,
        probe: ContainerConfig,
        parent: Image | NewImage | None,
        platform: Platform,
        rules: RuleSet,
        *,
        merged: bool,
        now: Timestamp,
        doubt: Doubt | None = None,
    ) -> None:
        self.id = image_id
        self.parent = parent.id if parent is not None else None
        self.command = " ".join(probe.Cmd or ())
        self.has_unknown_layer = step.has_layer or has_unknown_layer(parent)
        self.stored = step.after.config
        base = platform_of(parent) if parent is not None else None
        self.platform = Platform(
            os=(base.os if base is not None else "") or platform.os,
            architecture=(base.architecture if base is not None else "") or platform.architecture,
            variant=base.variant if base is not None else platform.variant,
        )
        self._doubt = doubt
        self._author = step.after.maintainer
        self._now = now
        self._from_scratch = rules.store is StoreKind.CONTAINERD and parent is None
        entry = HistoryEntry(created=now, created_by=self.command, author=self._author, empty_layer=not step.has_layer)
        layer = f"{_UNKNOWN_LAYER}{image_id}" if step.has_layer else ""
        self._link: _NewEntry = _NewEntry(entry, layer, parent._link if isinstance(parent, NewImage) else parent)
        self._container_config = _merged(probe, stored_config(parent)) if merged else probe

    @cached_property
    def image(self) -> Image:
        """The image as the cache finds it."""
        history, layers = self._link.history_and_layers()
        config = ImageConfig(
            created=self._now,
            author=self._author,
            architecture=self.platform.architecture,
            variant=self.platform.variant,
            os=self.platform.os,
            config=self.stored,
            rootfs=RootFS(type="layers", diff_ids=layers),
            history=history,
        )
        return Image(
            id=self.id,
            parent=self.parent,
            from_scratch=self._from_scratch,
            built_locally=True,
            config=config,
            container_config=self._container_config,
            doubts=(self._doubt,) if self._doubt is not None else (),
        )

    def doubt(self, aspect: Aspect) -> Doubt | None:
        """Return the doubt about an aspect, as in `Image`."""
        return self._doubt if self._doubt is not None and self._doubt.aspect == aspect else None


def stored_config(image: Image | NewImage | None) -> ContainerConfig | None:
    """Return the config of an image, which a step on it begins with; None if it is scratch or has none."""
    if isinstance(image, NewImage):
        return image.stored
    return image.config.config if image is not None else None


def platform_of(image: Image | NewImage) -> Platform:
    """Return the platform of an image."""
    return image.platform if isinstance(image, NewImage) else image.config.platform


class NewImages:
    """The images that a build has created so far, and which of them a lookup needs."""

    def __init__(self) -> None:
        self._by_id: dict[str, NewImage] = {}
        self._children: dict[str, list[NewImage]] = {}
        self._by_command: dict[tuple[str | None, str], list[NewImage]] = {}

    def __contains__(self, image_id: str) -> bool:
        return image_id in self._by_id

    def __iter__(self) -> Iterator[NewImage]:
        return iter(self._by_id.values())

    def get(self, image_id: str) -> NewImage | None:
        """Return the image with this id; None if this build creates none with it."""
        return self._by_id.get(image_id)

    def add(self, image: NewImage, *, findable: bool = True) -> None:
        """Add an image. ``findable``: a lookup may find it; otherwise it is available only by its id."""
        self._by_id[image.id] = image
        if not findable:
            return
        parent = image.parent or SCRATCH
        self._children.setdefault(parent, []).append(image)
        self._by_command.setdefault((parent, image.command), []).append(image)
        self._by_command.setdefault((None, image.command), []).append(image)

    def forget(self, ids: Iterable[str]) -> None:
        """Drop images that no lookup needs and whose ids are no longer needed."""
        for image_id in ids:
            self._by_id.pop(image_id, None)

    def relevant_images(self, parent: str, command: str, *, by_layers: bool) -> Iterator[Image]:
        """Yield the images that a step on a parent may find: the parent, its nearest ancestors, and images built on it.

        The images built on it are all that have the command of the step, which all rules compare, and the last
        `_MAX_RELATED_IMAGES` others, which an explanation may show as the nearest. If the rules find candidates by
        their layers, images with that command are included whatever their parent.
        """
        children = self._children.get(parent, ())
        if parent not in self._by_id and not children and not by_layers:
            return
        by_id: dict[str, NewImage] = {}
        ancestor = self._by_id.get(parent)
        while ancestor is not None and ancestor.id not in by_id and len(by_id) < _MAX_RELATED_IMAGES:
            by_id[ancestor.id] = ancestor
            ancestor = self._by_id.get(ancestor.parent or "")
        same_command = self._by_command.get((None if by_layers else parent, command), ())
        by_id.update((image.id, image) for image in (*same_command, *children[-_MAX_RELATED_IMAGES:]))
        yield from (each.image for each in by_id.values())


def _merged(config: ContainerConfig, parent: ContainerConfig | None) -> ContainerConfig:
    """Return the config of a container created from an image, completed as ``merge`` in ``daemon/commit.go`` does."""
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
