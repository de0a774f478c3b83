"""The probes that the user has edited: in the open store, in stores opened before, and in earlier sessions. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cacheview.stores.suite_cases import case_in_memory
from cacheview.ui.drafts import ProbeDraft, drafts_of, is_of_an_image

if TYPE_CHECKING:
    from cacheview.model import Probe
    from cacheview.ui.document import Place, ProbeDocument
    from cacheview.ui.selection import Selection
    from cacheview.ui.shown_store import ShownStore

__all__ = ["EditedProbes"]


class EditedProbes:
    """The edited probes of one session. If another store is opened, they are kept until their store is opened again.

    They are kept as `ProbeDocument.held`.

    Args:
        earlier: the drafts of earlier sessions, which are offered when their store is open.
    """

    def __init__(
        self, document: ProbeDocument, shown: ShownStore, selection: Selection, earlier: Sequence[ProbeDraft] = ()
    ) -> None:
        self._document = document
        self._shown = shown
        self._selection = selection
        self._edited: dict[Place, Probe] = {}
        self._elsewhere: dict[str, tuple[Place, dict[Place, Probe]]] = {}
        self._earlier = tuple(earlier)

    @property
    def places(self) -> Collection[Place]:
        """The places in the open store with an edited probe, which is restored when the place is shown again."""
        return self._edited.keys()

    @property
    def has_current(self) -> bool:
        """Whether the current probe was edited, so that it is neither from the store nor from a step."""
        selected, place = self._selection.current, self._document.place
        is_left = self._selection.is_left((place, self._document.probe))
        is_of_step = selected is not None and selected.probe is not None and is_left
        return place in self._edited and not is_of_step

    def get(self, place: Place) -> Probe | None:
        """Return the edited probe of a place; None: it was not edited."""
        return self._edited.get(place)

    def note(self) -> None:
        """Keep the current probe if the user edited it, rather than the replay having set it."""
        held, place = self._document.held, self._document.place
        if held == self._shown.original.held:
            self._edited.pop(place, None)
        elif self._document.probe != self._selection.loaded_probe:
            self._edited[place] = held

    def leave(self) -> None:
        """Keep the edited probes of the open store, before another store is opened."""
        if self._edited:
            self._elsewhere[self._shown.opened.location] = (self._document.place, self._edited)
        self._edited = {}

    def enter(self) -> tuple[Place, Probe] | None:
        """Restore the edited probes of the store that has been opened.

        Returns the place and the probe that were current when the store was left; None: that probe was not edited.
        """
        place, self._edited = self._elsewhere.pop(self._shown.opened.location, ((0, 0), {}))
        self.drop_missing()
        last = self._edited.get(place)
        return (place, last) if last is not None else None

    def drop_missing(self) -> None:
        """Drop probes whose place no longer exists after the store was read again."""
        self._edited = {place: probe for place, probe in self._edited.items() if self._shown.has_place(place)}

    @property
    def offered(self) -> tuple[ProbeDraft, ...]:
        """The drafts of earlier sessions for the open store that have not been restored."""
        of_location = (draft for draft in self._earlier if draft.location == self._shown.opened.location)
        return tuple(draft for draft in of_location if self._shown.has_place((draft.case, draft.number)))

    def pop_offered(self) -> tuple[ProbeDraft, ...]:
        """Restore the `offered` drafts, each in its place unless that probe was edited again."""
        offered = self.offered
        self._earlier = tuple(draft for draft in self._earlier if draft not in offered)
        for draft in offered:
            self._edited.setdefault((draft.case, draft.number), draft.probe)
        return offered

    def drafts(self) -> list[ProbeDraft]:
        """Return the probes to save for the next session: every edited probe that does not equal that of an image.

        No case is read again for this. The current probe comes last.
        """
        opened, place = self._shown.opened, self._document.place
        probes = {each: probe for each, probe in self._edited.items() if each != place}
        probes.update({place: self._edited[place]} if place in self._edited else {})
        of_location = [
            draft
            for draft in drafts_of(opened.location, probes)
            if (case := case_in_memory(opened.cases, draft.case)) is None or not is_of_an_image(draft.probe, case.store)
        ]
        others = [draft for location, (_, probes) in self._elsewhere.items() for draft in drafts_of(location, probes)]
        edited = {(draft.location, draft.case, draft.number) for draft in (*of_location, *others)}
        return [*others, *of_location, *(d for d in self._earlier if (d.location, d.case, d.number) not in edited)]
