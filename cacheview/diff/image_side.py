"""An image of a store as one side of a comparison: its build, as far as its history and layers show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cacheview.cases import Daemon
from cacheview.diff.requested_steps import RequestedStep
from cacheview.diff.side import BuildSide, SideKind, SideStep
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.parse import INSTRUCTIONS
from cacheview.engine.candidate import container_config_of
from cacheview.layers.files import LayerFiles
from cacheview.model import ContainerConfig, DataError, HistoryEntry, Image, ImageStore, RootFS
from cacheview.model.image import instruction_of

__all__ = ["IMAGE", "history_steps", "image_at", "side_of_image", "unknown_layer"]

IMAGE: Final = "image:"
"""The prefix of the name of such a side."""

_COPY_COMMAND: Final = re.compile(
    r"(.*#\(nop\) (?:COPY|ADD) (?:--chown\S* ?)?)((?:file|dir|multi):[0-9a-f]{64})( in .*)", re.DOTALL
)
_RUN_COMMAND: Final = re.compile(r"\|(\d{1,4}) (.*?) ?(/bin/sh -c .*)", re.DOTALL)
_BEFORE_ARGUMENT: Final = re.compile(r" (?=[A-Za-z_][A-Za-z0-9_]*=)")
_MAX_PARENTS: Final = 10_000


def side_of_image(
    store: ImageStore, image: Image, daemon: Daemon, title: str, layers: Callable[[], LayerFiles] | None = None
) -> BuildSide:
    """Return the side for an image.

    Args:
        store: the store that contains it.
        image: the image.
        daemon: of the store.
        title: its name for users.
        layers: opens the layers of the store; None: they are not read. Raises `DataError`.
    """
    chain = list(_chain(store, image))
    by_length = {len(each.history): each for each in chain}
    base = len(chain[-1].history) if len(chain) > 1 and not chain[-1].is_first_step else 0
    steps = list(_steps(image, by_length, base))
    return BuildSide(
        SideKind.IMAGE,
        title,
        tuple(steps),
        engine=daemon.title,
        release=daemon.version,
        rules=daemon.rules,
        builder=daemon.builder,
        store_kind=daemon.rules.store,
        store=store,
        location=store.location,
        layers=layers,
        is_by_buildkit=image.is_by_buildkit,
    )


def _chain(store: ImageStore, image: Image) -> Iterator[Image]:
    """Yield the image and its ancestors, as far as the store has them."""
    seen: set[str] = set()
    current: Image | None = image
    while current is not None and current.id not in seen and len(seen) < _MAX_PARENTS:
        seen.add(current.id)
        yield current
        current = store.by_id.get(current.parent or "")


def _steps(image: Image, by_length: Mapping[int, Image], base: int) -> Iterator[SideStep]:
    layers = iter(image.diff_ids if _shows_layers(image) else ())
    for number, entry in enumerate(image.history, 1):
        created = by_length.get(number)
        requested = _requested(number, entry, created if number > base else None, is_base=number <= base)
        yield SideStep(
            requested,
            image=created.id if created is not None else "",
            diff_id="" if entry.empty_layer else next(layers, ""),
        )


def _shows_layers(image: Image) -> bool:
    """Return whether the history shows which step created which layer."""
    created = sum(not entry.empty_layer for entry in image.history)
    return image.doubt("history.empty_layer") is None and created == len(image.diff_ids)


def image_at(side: BuildSide, step: SideStep, copy: CopySources) -> Image:
    """Return the image after a step: from the store, or else derived from the history and layers of the last image.

    Raises:
        DataError: it is not known which layer the step created, or what its destination is relative to.
    """
    created = side.image(step.image)
    if created is not None:
        return created
    last = side.image(side.steps[-1].image)
    if last is None or not step.diff_id:
        raise unknown_layer(side)
    number = step.requested.number
    config = ContainerConfig(WorkingDir=_workdir(side, last, number, copy))
    history = last.history[:number]
    layers = sum(not entry.empty_layer for entry in history)
    rootfs = RootFS(type="layers", diff_ids=last.diff_ids[:layers])
    changes = {"config": config, "history": history, "rootfs": rootfs}
    return last.model_copy(update={"config": last.config.model_copy(update=changes)})


def unknown_layer(side: BuildSide) -> DataError:
    """Return the error for an image whose history does not show which layer the step created."""
    return DataError(f"it is not known which layer of {side.title} the step created")


def _workdir(side: BuildSide, last: Image, number: int, copy: CopySources) -> str:
    set_at = {
        step.requested.number: step.requested.text.partition(" ")[2]
        for step in side.steps
        if step.requested.name == "WORKDIR"
    }
    before = [path for place, path in set_at.items() if place < number]
    if before:
        return before[-1]
    if not set_at:
        return (last.config.config.WorkingDir if last.config.config is not None else "") or ""
    if not copy.destination.startswith("/"):
        raise DataError("the step's working directory is unknown")
    return ""


def _requested(number: int, entry: HistoryEntry, created: Image | None, *, is_base: bool) -> RequestedStep:
    text = instruction_of(entry.created_by)
    word = text.split(maxsplit=1)[0].upper() if text.strip() else ""
    name = word if word in INSTRUCTIONS else "RUN"
    copied = _COPY_COMMAND.fullmatch(entry.created_by) if name in ("COPY", "ADD") else None
    step = RequestedStep(number, text, name, stage=0, command=entry.created_by, is_base=is_base)
    if copied is not None:
        return replace(step, command=copied[1] + copied[3], checksum=copied[2])
    return replace(step, arguments=_arguments(entry.created_by, created)) if name == "RUN" else step


def _arguments(created_by: str, created: Image | None) -> Mapping[str, str]:
    """Return the build arguments of a ``RUN``: exact ones from the container config, otherwise those in the text."""
    match = _RUN_COMMAND.fullmatch(created_by)
    if match is None:
        return {}
    count = int(match[1])
    config = container_config_of(created) if created is not None else None
    command = config.Cmd if config is not None else None
    words = list(command[1 : 1 + count]) if command and command[0] == f"|{count}" else _BEFORE_ARGUMENT.split(match[2])
    return {name: value for name, _, value in (word.partition("=") for word in words)} if len(words) == count else {}


@dataclass(frozen=True, slots=True)
class _StageSteps:
    side: BuildSide

    def steps(self, stage: int) -> Iterator[SideStep]:
        """Yield the history entries of the steps of a stage, from its base on."""
        for step in self.side.steps:
            if step.requested.stage != stage:
                continue
            if step.requested.name != "FROM" or step.requested.trigger:
                yield step
            elif step.requested.uses:
                yield from self.steps(step.requested.uses[0])
            elif step.base is not None:
                yield from _of_base(step.base, step)


def history_steps(side: BuildSide) -> tuple[SideStep, ...]:
    """Return the steps of a side as in the history of its image: those of its base, and of the stages in it."""
    if side.kind is SideKind.IMAGE:
        return side.steps
    last = max((step.requested.stage for step in side.steps), default=-1)
    return tuple(_StageSteps(side).steps(last))


def _of_base(base: Image, step: SideStep) -> Iterator[SideStep]:
    for entry in base.history:
        requested = _requested(step.requested.number, entry, None, is_base=True)
        yield SideStep(requested, is_reached=step.is_reached)
