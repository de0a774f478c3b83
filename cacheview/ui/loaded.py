"""The messages of the thread that reads a store: the store, a part of it, or a request for part of the panes. No Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.engine import Explanation, ImageCache
    from cacheview.model import ImageStore, Probe
    from cacheview.stores.change import StoreChanges
    from cacheview.stores.opened_location import OpenedLocation
    from cacheview.ui.images.tree import Forest

__all__ = ["NextPaneRequest", "OpenedStore", "StorePart"]


@dataclass(frozen=True)
class OpenedStore:
    """A location that was read, with the indexed cache of its first case, and the initial probe.

    Attributes:
        daemon: the daemon whose answers are computed; None: that of the cache's rules.
        instead_of: the reason that this is not what was requested; empty if it is.
        forest: the tree of the first case's store, with all images; None: not created.
        read_at: when reading began, in seconds since the epoch. Later changes may be missing.
        answered: the explanation of the probe, and its time in milliseconds; None: not created.
        compared_stores: the previous store, the next one, and the difference between them; None: there was none.
    """

    opened: OpenedLocation
    cache: ImageCache
    probe: Probe
    daemon: Daemon | None = None
    instead_of: str = ""
    read_at: float = field(default_factory=time.time)
    forest: Forest | None = None
    compared_stores: tuple[ImageStore, ImageStore, StoreChanges] | None = None
    answered: tuple[Explanation, float] | None = None


@dataclass
class StorePart:
    """The known part of a store that is being read: some of its images with all their ancestors.

    Attributes:
        total: the number of images in the store.
        in_pieces: whether it is given again while there is ``has_more``, since it may be too much for one turn.
        has_more: whether the window has more to do.
        shown_store: the store that the window shows in the meantime, as it reports; None if there is none.
    """

    store: ImageStore
    forest: Forest
    total: int
    in_pieces: bool = False
    has_more: bool = False
    shown_store: ImageStore | None = None


@dataclass
class NextPaneRequest:
    """A request to create one more piece of the panes, so that the window need not create all in one turn.

    Attributes:
        probe: the first probe, with the explanation of its answer.
        has_more: whether the window has more to do.
    """

    probe: Probe
    explanation: Explanation
    has_more: bool = False
