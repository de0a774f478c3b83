"""The probes that a person has edited: in the open store, in stores opened before, and in earlier sessions. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cacheview.stores.suite_cases import case_at_hand, probe_count
from cacheview.ui.drafts import ProbeDraft, drafts_of, is_of_an_image

if TYPE_CHECKING:
    from cacheview.model import Probe
    from cacheview.stores.opened import Opened
    from cacheview.ui.document import Place

__all__ = ["EditedProbes", "has_place"]


class EditedProbes:
    """None is lost when another store is opened: it comes back with its own."""

    def __init__(self, earlier: Sequence[ProbeDraft] = ()) -> None:
        """``earlier``: of earlier starts, which are offered where their store is open."""
        self._here: dict[Place, Probe] = {}
        self._elsewhere: dict[str, tuple[Place, dict[Place, Probe]]] = {}
        self._earlier = tuple(earlier)

    @property
    def places(self) -> Collection[Place]:
        """Where in what is open a probe was edited."""
        return self._here.keys()

    def get(self, place: Place) -> Probe | None:
        """The probe of a place as it was left; None: it was not edited."""
        return self._here.get(place)

    def keep(self, place: Place, probe: Probe) -> None:
        """The person has edited the probe of a place."""
        self._here[place] = probe

    def forget(self, place: Place) -> None:
        """The probe of a place is again what came with the store."""
        self._here.pop(place, None)

    def leave(self, opened: Opened, place: Place) -> None:
        """What is open makes room for another. ``place``: where the person was."""
        if self._here:
            self._elsewhere[opened.location] = (place, self._here)
        self._here = {}

    def enter(self, opened: Opened) -> tuple[Place, Probe] | None:
        """Bring back what was edited in this store before. Returns the probe at hand then; None: it was not edited."""
        place, self._here = self._elsewhere.pop(opened.location, ((0, 0), {}))
        self.drop_lost(opened)
        last = self._here.get(place)
        return (place, last) if last is not None else None

    def drop_lost(self, opened: Opened) -> None:
        """The same store was read again: it may have fewer probes now."""
        self._here = {
            (draft.case, draft.number): draft.probe
            for draft in drafts_of(opened.location, self._here)
            if has_place(opened, draft)
        }

    def offered(self, opened: Opened) -> tuple[ProbeDraft, ...]:
        """Those of earlier starts that can be brought back into what is open."""
        return tuple(draft for draft in self._earlier if draft.location == opened.location and has_place(opened, draft))

    def take_offered(self, opened: Opened) -> tuple[ProbeDraft, ...]:
        """Bring back what is `offered`, each in its place unless it was edited again."""
        offered = self.offered(opened)
        self._earlier = tuple(draft for draft in self._earlier if draft not in offered)
        for draft in offered:
            self._here.setdefault((draft.case, draft.number), draft.probe)
        return offered

    def drafts(self, opened: Opened, place: Place) -> list[ProbeDraft]:
        """What to save for the next start: every edited probe, unless an image has the same one.

        No case is read again to know that. ``place``: where the person is; its probe comes last.
        """
        here = {each: probe for each, probe in self._here.items() if each != place}
        here.update({place: self._here[place]} if place in self._here else {})
        mine = [
            draft
            for draft in drafts_of(opened.location, here)
            if (case := case_at_hand(opened.cases, draft.case)) is None or not is_of_an_image(draft.probe, case.store)
        ]
        others = [draft for location, (_, probes) in self._elsewhere.items() for draft in drafts_of(location, probes)]
        known = {(draft.location, draft.case, draft.number) for draft in (*mine, *others)}
        return [*others, *mine, *(d for d in self._earlier if (d.location, d.case, d.number) not in known)]


def has_place(opened: Opened, draft: ProbeDraft) -> bool:
    """Whether what is open has the probe that a draft is of."""
    cases = opened.cases
    return 0 <= draft.case < len(cases) and 0 <= draft.number < max(1, probe_count(cases, draft.case))
