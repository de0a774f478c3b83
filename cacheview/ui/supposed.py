"""A session as if something had happened to its store: what it shows then, and what it goes back to. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.engine import ImageCache
    from cacheview.model import Probe
    from cacheview.stores.change import StoreChange
    from cacheview.ui.document import Place
    from cacheview.ui.selection import Selection
    from cacheview.whatif.apply import ChangedStore

__all__ = ["SessionBefore", "Supposed"]


@dataclass(frozen=True)
class SessionBefore:
    """What a session had before.

    Attributes:
        change: since the last reload.
        place, probe: of the document.
        selection: what was selected to be explained.
    """

    cache: ImageCache
    daemon: Daemon
    change: StoreChange | None
    place: Place
    probe: Probe
    selection: Selection


@dataclass(frozen=True)
class Supposed:
    """A changed store with its cache, and what a session had before it was shown."""

    changed: ChangedStore
    cache: ImageCache
    kept: SessionBefore
