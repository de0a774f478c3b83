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
    from cacheview.ui.shown_store import ShownStore
    from cacheview.whatif.apply import ChangedStore

__all__ = ["SessionBefore", "SupposedStore"]


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


class SupposedStore:
    """Puts a changed store in the place of the one that is shown, and takes it back."""

    def __init__(self, shown: ShownStore) -> None:
        self._shown = shown
        self._before: SessionBefore | None = None
        self._cache: ImageCache | None = None
        self.changed: ChangedStore | None = None
        """What is shown as if something had happened to the store; None: the store is shown as it is."""

    @property
    def parts(self) -> tuple[object, ...]:
        """All that the next store takes the place of."""
        return self.changed, self._cache

    def put(
        self, changed: ChangedStore, cache: ImageCache, change: StoreChange, state: tuple[Place, Probe], by: Selection
    ) -> None:
        """Show a changed store.

        Args:
            cache: of the changed store.
            change: what is different in it.
            state, by: the place and the probe, and what is selected, to go back to.
        """
        shown = self._shown
        if self._before is None:
            self._before = SessionBefore(shown.cache, shown.daemon, shown.change, *state, by)
        self.changed, self._cache = changed, cache
        shown.cache, shown.daemon, shown.change = cache, changed.daemon, change

    def take_back(self) -> SessionBefore | None:
        """Show the store as it is. Returns what there was before; None: it is shown as it is."""
        before = self._before
        if before is not None:
            shown = self._shown
            shown.cache, shown.daemon, shown.change = before.cache, before.daemon, before.change
            self._before = self._cache = self.changed = None
        return before
