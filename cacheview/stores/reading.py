"""The options that every reader of a store receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cacheview.model import ImageStore, Platform, Release
from cacheview.stores.budget import Budget
from cacheview.stores.limits import Limits
from cacheview.stores.platforms import DEFAULT_PLATFORM
from cacheview.stores.progress import Progress

__all__ = ["Partial", "Reading"]


class Partial(Protocol):
    """A function that receives the known part of a live store while the rest is read, in the reader's thread."""

    def __call__(self, store: ImageStore) -> None: ...


@dataclass(frozen=True)
class Reading:
    """The options for a reader of a live store.

    Attributes:
        platform: the platform of a multi-platform image to show, if available.
        progress: called with the number of images read and the total; may raise `Canceled` to stop.
        partial: called with a growing store, first when the images have been listed; None: only the complete store is
            needed.
        budget: the budget, shared by all stores that are read for one opening.
        puller: the engine that would pull images from a registry; None: a new one with a containerd store.
    """

    platform: Platform = DEFAULT_PLATFORM
    progress: Progress | None = None
    partial: Partial | None = None
    budget: Budget = field(default_factory=Budget)
    puller: Release | None = None

    @property
    def limits(self) -> Limits:
        """The limits of the budget. Exceeding one is a problem of the store."""
        return self.budget.limits
