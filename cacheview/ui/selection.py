"""The item that is explained, and whether the current verdict is its own. No Qt."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.model import ImageStore, Probe
    from cacheview.ui.document import Place
    from cacheview.ui.selected_item import SelectedItem

__all__ = ["Selection", "SelectionRelation"]


class SelectionRelation(Enum):
    """The relation between the current verdict and the selected item."""

    OWN = "own"
    """The verdict is that of the selected item."""
    CHANGED = "changed"
    """The probe has changed since the item was selected."""
    OUTDATED = "outdated"
    """The store or the rules have changed, and the selected item has not been looked up with the new ones."""


class Selection:
    """The selected item. If the probe is changed, a row of a list stays selected, but an image does not.

    A state is the current probe with its place.
    """

    def __init__(self) -> None:
        self._listed: SelectedItem | None = None
        self._passing: SelectedItem | None = None
        self._state_of_row: tuple[Place, Probe] | None = None  # the state in which the verdict is that of the row
        self._loaded_probe: Probe | None = None

    @property
    def current(self) -> SelectedItem | None:
        """The selected item; None: only the probe is explained."""
        return self._passing or self._listed

    @property
    def loaded_probe(self) -> Probe | None:
        """The probe of the row that was selected last, which does not count as edited."""
        return self._loaded_probe

    def select(self, selected: SelectedItem, state: tuple[Place, Probe]) -> None:
        """Select an item. ``state``: the state after the selection."""
        if selected.is_until_edit:
            self._passing = selected
        else:
            self._passing, self._listed = None, selected
            self._state_of_row, self._loaded_probe = state, selected.probe

    def select_without_probe(self, selected: SelectedItem, place: Place) -> None:
        """Select a row without changing the current probe, which may or may not be that of the row."""
        self._listed = selected
        if selected.probe is not None:
            self._state_of_row, self._loaded_probe = (place, selected.probe), selected.probe

    def restore(self, before: Selection) -> None:
        """Restore the selection from an earlier copy."""
        self._listed, self._passing = before._listed, before._passing
        self._state_of_row, self._loaded_probe = before._state_of_row, before._loaded_probe

    def release(self) -> None:
        """Clear the selected row."""
        self._listed = None

    def end_passing(self) -> None:
        """Clear a selected image, since the probe was changed or another image was requested."""
        self._passing = None

    def is_left(self, state: tuple[Place, Probe]) -> bool:
        """Whether the probe has not changed since a row was selected. ``state``: the current state."""
        return state == self._state_of_row

    def relation(self, state: tuple[Place, Probe], store: ImageStore, daemon: Daemon) -> SelectionRelation:
        """Return the relation between the verdict and the item. ``store``, ``daemon``: those of the current lookup."""
        selected = self._listed
        if self._passing is not None or selected is None:
            return SelectionRelation.OWN
        if selected.store is not None and selected.store is not store:
            return SelectionRelation.OUTDATED
        if selected.daemon is not None and not selected.daemon.answers_as(daemon):
            return SelectionRelation.OUTDATED
        return SelectionRelation.OWN if self.is_left(state) else SelectionRelation.CHANGED

    def has_probe(self, state: tuple[Place, Probe]) -> bool:
        """Whether the selected item has a probe, which is the current one."""
        if self._passing is not None:
            return self._passing.probe is not None
        return self._listed is None or self._listed.probe is not None or not self.is_left(state)
