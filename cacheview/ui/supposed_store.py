"""The changed store that a session shows while changes are supposed, and the state to return to. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.engine import ImageCache
    from cacheview.model import ImageStore, Probe
    from cacheview.stores.change import StoreChanges
    from cacheview.ui.document import Place
    from cacheview.ui.images.tree import Forest
    from cacheview.ui.selection import Selection
    from cacheview.ui.shown_store import ShownStore
    from cacheview.whatif.apply import ChangedStore

__all__ = ["ListedImages", "SessionBefore", "SupposedStore"]


@dataclass(frozen=True)
class ListedImages:
    """The images that the tree lists.

    Attributes:
        store: the shown store; if changes are supposed, with the images that they removed, in their places.
        removed: the ids of those images.
        forest: the tree of all of them, if it was created in advance.
    """

    store: ImageStore
    removed: frozenset[str]
    forest: Forest | None


@dataclass(frozen=True)
class SessionBefore:
    """The state of a session before changes were supposed.

    Attributes:
        change: the changes of the last reload.
        place, edited: those of the document.
        selection: the selected item.
    """

    cache: ImageCache
    daemon: Daemon
    change: StoreChanges | None
    place: Place
    edited: Probe | None
    selection: Selection


class SupposedStore:
    """Replaces the shown store by a changed one, and restores it."""

    def __init__(self, shown: ShownStore) -> None:
        self._shown = shown
        self._before: SessionBefore | None = None
        self._cache: ImageCache | None = None
        self.changed: ChangedStore | None = None
        """The supposed changes of the store; None: the actual store is shown."""
        self._listed: ListedImages | None = None

    @property
    def listed(self) -> ListedImages:
        """The images to list."""
        return self._listed or ListedImages(self._shown.store, frozenset(), self._shown.forest)

    @property
    def parts(self) -> tuple[object, ...]:
        """All objects that are replaced when another store is shown."""
        return self.changed, self._cache, self._listed

    def replace(
        self,
        changed: ChangedStore,
        cache: ImageCache,
        change: StoreChanges,
        listed: ListedImages,
        state: tuple[Place, Probe | None],
        selection: Selection,
    ) -> None:
        """Show a changed store.

        Args:
            cache: the cache of the changed store.
            change: the differences between the actual store and the changed one.
            listed: the images to list.
            state, selection: the place and edited probe of the document, and the selection, to return to.
        """
        shown = self._shown
        if self._before is None:
            self._before = SessionBefore(shown.cache, shown.daemon, shown.change, *state, selection)
        self.changed, self._cache, self._listed = changed, cache, listed
        shown.cache, shown.daemon, shown.change = cache, changed.daemon, change

    def restore(self) -> SessionBefore | None:
        """Show the actual store. Returns the state to return to; None: the actual store is already shown."""
        before = self._before
        if before is not None:
            shown = self._shown
            shown.cache, shown.daemon, shown.change = before.cache, before.daemon, before.change
            self._before = self._cache = self._listed = self.changed = None
        return before
