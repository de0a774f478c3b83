"""What the thread that reads a store sends: the whole store, a part, or a request for part of the panes. No Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.engine import Explanation, ImageCache
    from cacheview.model import ImageStore, Probe
    from cacheview.stores.change import StoreChange
    from cacheview.stores.opened_location import OpenedLocation
    from cacheview.ui.images.tree import Forest

__all__ = ["NextPaneRequest", "OpenedStore", "StorePart"]


@dataclass(frozen=True)
class OpenedStore:
    """A location that was read, with the cache of its first case, its indexes made, and the probe to begin with.

    Attributes:
        daemon: whose answers are computed; None: that of the rules of the cache.
        instead_of: why this is not what was asked for; empty if it is.
        forest: the tree of the first case's store, with all images; None: not made.
        read_at: when reading began, in seconds of the epoch: what changed later may be missing.
        answered: the explanation of the probe, and the milliseconds that it took; None: not made.
        compared: the store that was shown before, the one that will be, and what is other in that; None: there was
            none.
    """

    opened: OpenedLocation
    cache: ImageCache
    probe: Probe
    daemon: Daemon | None = None
    instead_of: str = ""
    read_at: float = field(default_factory=time.time)
    forest: Forest | None = None
    compared: tuple[ImageStore, ImageStore, StoreChange] | None = None
    answered: tuple[Explanation, float] | None = None


@dataclass
class StorePart:
    """What is known of a store while it is being read: some of its images with everything that they were built on.

    Attributes:
        total: how many images there are.
        in_pieces: it will be given again as long as there is ``more``: it may be too much for one breath.
        more: whether the window has more to do.
        shown: the store that the window shows meanwhile, as it reports; None if there is none.
    """

    store: ImageStore
    forest: Forest
    total: int
    in_pieces: bool = False
    more: bool = False
    shown: ImageStore | None = None


@dataclass
class NextPaneRequest:
    """Asks the window for one more piece of what it shows the store with, so that it need not do all in one breath.

    Attributes:
        probe: what the store will be asked first, and the explanation of the answer.
        more: whether the window has more to do.
    """

    probe: Probe
    explanation: Explanation
    more: bool = False
