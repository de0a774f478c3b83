"""What is selected to be explained, and whether the current verdict belongs to it. No Qt."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.model import ImageStore, Probe
    from cacheview.ui.document import Place
    from cacheview.ui.selected_item import SelectedItem

__all__ = ["Relation", "Selection"]


class Relation(Enum):
    """How the verdict at hand and what is selected stand to each other."""

    OWN = "own"
    """The verdict is that of what is selected."""
    CHANGED = "changed"
    """The probe is another one now."""
    OUTDATED = "outdated"
    """The store or the rules are others now, and what is selected has not been looked up in them."""


class Selection:
    """A row of a list stays selected beside a probe that is changed; an image is, until the probe is changed.

    A state is the probe at hand with its place.
    """

    def __init__(self) -> None:
        self._listed: SelectedItem | None = None
        self._passing: SelectedItem | None = None
        self._left_at: tuple[Place, Probe] | None = None  # the state in which the verdict is that of the row
        self._put: Probe | None = None

    @property
    def current(self) -> SelectedItem | None:
        """What is selected; None: the probe alone."""
        return self._passing or self._listed

    @property
    def put(self) -> Probe | None:
        """The probe of the row that was selected last: it was put there with the row, not by an edit."""
        return self._put

    def select(self, selected: SelectedItem, state: tuple[Place, Probe]) -> None:
        """``state``: that the selection leads to."""
        if selected.until_edit:
            self._passing = selected
        else:
            self._passing, self._listed = None, selected
            self._left_at, self._put = state, selected.probe

    def select_beside(self, selected: SelectedItem, place: Place) -> None:
        """Select a row and leave the probe at hand as it is: it is that of the row, or it is not."""
        self._listed = selected
        if selected.probe is not None:
            self._left_at, self._put = (place, selected.probe), selected.probe

    def restore(self, before: Selection) -> None:
        """Be as a copy of this was."""
        self._listed, self._passing = before._listed, before._passing
        self._left_at, self._put = before._left_at, before._put

    def release(self) -> None:
        """No row is selected any more."""
        self._listed = None

    def end_passing(self) -> None:
        """The probe was changed, or another image was asked for."""
        self._passing = None

    def is_left(self, state: tuple[Place, Probe]) -> bool:
        """Whether the probe at hand is as the selection of a row left it."""
        return state == self._left_at

    def relation(self, state: tuple[Place, Probe], store: ImageStore, daemon: Daemon) -> Relation:
        """``store``, ``daemon``: what the probe at hand is asked in."""
        selected = self._listed
        if self._passing is not None or selected is None:
            return Relation.OWN
        if selected.store is not None and selected.store is not store:
            return Relation.OUTDATED
        if selected.daemon is not None and not selected.daemon.answers_as(daemon):
            return Relation.OUTDATED
        return Relation.OWN if self.is_left(state) else Relation.CHANGED

    def has_probe(self, state: tuple[Place, Probe]) -> bool:
        """Whether what is selected has a probe: the one at hand."""
        if self._passing is not None:
            return self._passing.probe is not None
        return self._listed is None or self._listed.probe is not None or not self.is_left(state)
