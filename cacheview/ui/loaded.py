"""The messages of the thread that reads a store: the store, a part of it, or a request for part of the panes. No Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.engine import Explanation, ImageCache, RuleSet
    from cacheview.engine.walk import Walk
    from cacheview.model import ImageStore, Probe
    from cacheview.stores.change import StoreChanges
    from cacheview.stores.opened_location import OpenedLocation
    from cacheview.ui.document import Place
    from cacheview.ui.images.tree import Forest

__all__ = ["NextPaneRequest", "OpenedStore", "ShownPlace", "StorePart"]


@dataclass(frozen=True)
class OpenedStore:
    """A location that was read, with a cache and indexes for its first case, and the initial probe.

    Attributes:
        daemon: the daemon whose answers are computed; None: that of the cache's rules.
        chosen_rules: the name of the rules that the user chose for the first case; empty: none.
        instead_of: why this is not what was requested; empty: it is.
        forest: the tree of the first case's store, with all images; None: it has not been created.
        read_at: when reading began, in seconds since the epoch. Later changes may be missing.
        answered: the explanation of the probe, and the time it took in milliseconds; None: the probe was not looked up.
        compared_stores: the previous store, this one, and the changes between them; None: there was no previous one.
        walk: the walk of the place that was shown while the location was read again, as far as that place; None: it is
            not in a walk, or nothing was shown.
    """

    opened: OpenedLocation
    cache: ImageCache
    probe: Probe
    daemon: Daemon | None = None
    chosen_rules: str = ""
    instead_of: str = ""
    read_at: float = field(default_factory=time.time)
    forest: Forest | None = None
    compared_stores: tuple[ImageStore, ImageStore, StoreChanges] | None = None
    answered: tuple[Explanation, float] | None = None
    walk: Walk | None = None


@dataclass(frozen=True)
class ShownPlace:
    """The user's place in the open store, and the daemon whose answers are computed there.

    Attributes:
        chosen_rules: the name by which the user chose the daemon; empty: it is the case's own.
    """

    place: Place
    daemon: Daemon
    chosen_rules: str = ""

    @property
    def chosen_in_first_case(self) -> str:
        """The rules that the user chose for the first case. Those of another case are not chosen for this one."""
        return self.chosen_rules if self.place[0] == 0 else ""

    @property
    def rules(self) -> RuleSet:
        """The rules in use."""
        return self.daemon.rules


@dataclass
class StorePart:
    """The known part of a store that is being read: some of its images with all their ancestors.

    Attributes:
        total: the number of images in the store.
        in_pieces: whether it is passed again while ``has_more`` is set, since it may be too much for one turn.
        has_more: whether the window has more to do.
        shown_store: the store that the window shows in the meantime, which the window sets; None if there is none.
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
