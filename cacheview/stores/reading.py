"""How a store is read: what every reader is given."""

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
    """Given what a live store is known to hold so far, while the rest is being read. Called in the reader's thread."""

    def __call__(self, store: ImageStore) -> None: ...


@dataclass(frozen=True)
class Reading:
    """What a reader of a live store is given.

    Attributes:
        platform: which manifest of a multi-platform image to show, where it is there.
        progress: called with how many images of how many have been read; may raise `Cancelled` to stop.
        partial: given stores that grow, the first as soon as the images are listed; None: only the whole is wanted.
        budget: how much may still be read: one for all stores that are read for one opening.
        puller: the engine that would pull images of a registry; None: a new one, with a containerd store.
    """

    platform: Platform = DEFAULT_PLATFORM
    progress: Progress | None = None
    partial: Partial | None = None
    budget: Budget = field(default_factory=Budget)
    puller: Release | None = None

    @property
    def limits(self) -> Limits:
        """What is more than this is a problem of the store."""
        return self.budget.limits
