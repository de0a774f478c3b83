"""The rows in the tree: those of the requested store or, until these are found, those of the previous one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cacheview.ui.images.model import ImagesColumn

if TYPE_CHECKING:
    from cacheview.model import ImageStore
    from cacheview.ui.images.arrange import FilteredNodes, PreparedTree
    from cacheview.ui.images.model import ImageTreeModel
    from cacheview.ui.images.view import ImageTree, TreePlace

__all__ = ["ShownRows"]


class ShownRows:
    """Replaces the rows in the tree, keeps the user's place, and does what has to wait for rows.

    Args:
        is_finding: returns whether the rows that were requested last are still being found.

    Attributes:
        matching: the number of images that match the filter.
        is_quiet: whether a change of the current row is not the user's choice.
    """

    def __init__(self, tree: ImageTree, model: ImageTreeModel, is_finding: Callable[[], bool]) -> None:
        self._tree = tree
        self._model = model
        self._is_finding = is_finding
        self._requested: ImageStore | None = None
        self._shown: ImageStore | None = None
        self._keeps_place = False  # whether the next rows are of the same store as those shown, perhaps read again
        self._next_place: TreePlace | None = None  # the place to return to with them, if it is another one
        self._new: Iterable[str] | None = ()
        self._removed: frozenset[str] = frozenset()
        self._before_filter: tuple[set[str], str | None] | None = None  # the expanded rows, and the current image
        self._steps: deque[Callable[[], object]] = deque()  # what to do once the requested rows are shown
        self._is_taking_steps = False
        self.matching = 0
        self.is_quiet = False

    # Which rows they are

    @property
    def are_of_store(self) -> bool:
        """Whether they are rows of the requested store, even if other rows of it are still being found."""
        return self._shown is self._requested

    @property
    def are_as_requested(self) -> bool:
        """Whether they are the rows that were requested last."""
        return self.are_of_store and not self._is_finding()

    def begin(
        self, store: ImageStore | None, *, keep: bool, new: Iterable[str] = (), removed: frozenset[str] = frozenset()
    ) -> None:
        """Request the rows of another store, for `show`. None is shown immediately.

        Args:
            keep: whether it is the same store, read again. Otherwise, anything that waits for rows is dropped.
            new, removed: see `ImageTreeModel.set_store`.
        """
        if not keep:
            self.drop_steps()
            self._next_place = self._shown = None
        # If no row of the previous store was ever shown, the user's place is one in yet another store.
        self._keeps_place = keep and self._keeps_place
        self._requested, self._new, self._removed = store, new, removed
        if store is None:
            self._tree.columns.set_empty({ImagesColumn.SIZE})
            self.quietly(lambda: self._model.set_store(None, new=()))
            self._shown = None

    # The user's place

    @property
    def place(self) -> TreePlace | None:
        """The user's place in the tree, for `return_to`; None: the store has none yet."""
        return self._next_place or (self._tree.place() if self._keeps_place else None)

    def return_to(self, place: TreePlace | None) -> None:
        """Return to a place with the next rows, unless they are of another store. None: stay at the current place."""
        if place is not None:
            self.drop_steps()
        self._next_place = place

    # What waits for rows

    def once_shown(self, step: Callable[[], object]) -> None:
        """Do something as soon as the requested rows are shown: now, or when they are found, in the order of calls."""
        self._steps.append(step)
        self.take_steps()

    def take_steps(self) -> None:
        """Do what has waited for the requested rows, if they are shown."""
        if self._is_taking_steps:
            return
        self._is_taking_steps = True
        try:
            while self._steps and self.are_as_requested:
                self._steps.popleft()()
        finally:
            self._is_taking_steps = False

    def drop_steps(self) -> None:
        """Drop what waits for the requested rows."""
        self._steps.clear()

    def keep_choice(self) -> None:
        """Drop what waits for the requested rows, since the user has chosen a row, unless they are of another store."""
        if self._keeps_place:
            self.drop_steps()

    def quietly(self, change: Callable[[], object]) -> None:
        """Run a function that may change the current row, without treating this as the user's choice."""
        before, self.is_quiet = self.is_quiet, True
        try:
            change()
        finally:
            self.is_quiet = before

    # Other rows

    def show(self, prepared: PreparedTree, filtered: FilteredNodes | None) -> None:
        """Show the requested rows. ``filtered``: the nodes that the filter keeps; None: all."""
        self.quietly(lambda: self._show(prepared, filtered))

    def _show(self, prepared: PreparedTree, filtered: FilteredNodes | None) -> None:
        was_filtered = self._model.is_filtered
        place = None
        if prepared.forest is not self._model.forest:
            place = self.place if self._next_place or self._model.rows else None
            self._show_tree(prepared, place)
        self._shown, self._keeps_place, self._next_place = prepared.store, True, None
        if filtered is not None or was_filtered:
            self._show_filtered(filtered, was_filtered=was_filtered)
        if filtered is not None and place is not None:
            self._tree.go_to(place)

    def _show_tree(self, prepared: PreparedTree, place: TreePlace | None) -> None:
        """Show another tree: of another store, or with or without intermediate images. New rows are not folded up.

        ``place``: the user's place, as far as its rows still exist; None: another store begins at its top.
        """
        model, marks = self._model, self._model.marks
        folded = place.folded if place is not None else None
        self._tree.columns.set_empty(set() if prepared.forest.has_sizes else {ImagesColumn.SIZE})
        model.set_store(prepared.store, new=self._new, removed=self._removed, tree=prepared.forest, folded=folded)
        model.set_marks(marks)
        if place is not None:
            self._tree.go_to(place)
        else:
            self._before_filter = None
        self._new = None

    def _show_filtered(self, filtered: FilteredNodes | None, *, was_filtered: bool) -> None:
        current = self._tree.current_id()
        if filtered is not None and not (was_filtered and self._before_filter is not None):
            self._before_filter = (self._tree.expanded_ids(), current)
        self._model.set_filtered(filtered.nodes if filtered is not None else None)
        self.matching = filtered.matching if filtered is not None else 0
        if filtered is None and self._before_filter is not None:
            expanded, before = self._before_filter
            self._before_filter = None
            self._tree.expand_ids(expanded)
            current = before if current is None else current
        if current is not None:
            self._tree.go_to_image(current)
        if not self._tree.currentIndex().isValid():
            self._tree.scrollToTop()
