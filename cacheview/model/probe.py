"""One lookup in the cache."""

from __future__ import annotations

from cacheview.model.base import Model
from cacheview.model.config import ContainerConfig
from cacheview.model.image import SCRATCH, Platform

__all__ = ["Probe"]


class Probe(Model):
    """A lookup that the classic builder makes in the cache before an instruction.

    Attributes:
        parent: id of the image that the step builds on, or `SCRATCH`.
        config: the container config that the step would run or commit with.
        cache_from: the ``--cache-from`` references, in order.
        platform: the platform that the builder builds for; None: it names none.
    """

    parent: str = SCRATCH
    config: ContainerConfig = ContainerConfig()
    cache_from: tuple[str, ...] = ()
    platform: Platform | None = None
