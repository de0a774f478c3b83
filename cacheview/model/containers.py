"""The containers of an engine. Which images can be pruned or removed depends on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

__all__ = ["NO_CONTAINERS", "Container", "Containers"]


@dataclass(frozen=True, slots=True)
class Container:
    """A container.

    Attributes:
        id: its id.
        image_id: id of the image that it was created from.
        image: the name of that image, as specified when the container was created; empty: not known.
        is_running: also True if paused or restarting; otherwise it is stopped.
    """

    id: str
    image_id: str
    image: str = ""
    is_running: bool = False


@dataclass(frozen=True)
class Containers:
    """The containers of an engine.

    Attributes:
        listed: all of them; None: not known.
        reason: why they are not known, in a sentence.
        remedy: what would make them known, in a sentence.
    """

    listed: tuple[Container, ...] | None
    reason: str = ""
    remedy: str = ""

    @cached_property
    def _by_image(self) -> Mapping[str, Sequence[Container]]:
        by_image: dict[str, list[Container]] = {}
        for each in self.listed or ():
            by_image.setdefault(each.image_id, []).append(each)
        return by_image

    def of(self, image_id: str) -> Sequence[Container]:
        """Return the containers that were created from an image."""
        return self._by_image.get(image_id, ())

    def without_stopped(self) -> Containers:
        """Return the containers that remain after all stopped ones are removed."""
        if self.listed is None:
            return self
        return replace(self, listed=tuple(each for each in self.listed if each.is_running))


NO_CONTAINERS = Containers(())
"""An engine without containers."""
