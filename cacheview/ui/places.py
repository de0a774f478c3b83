"""Moves between the probes of the open store. Each probe is restored as it was left, and undo leads back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from cacheview.engine import RuleSet, Verdict
    from cacheview.engine.walk import Walk
    from cacheview.model import Probe
    from cacheview.ui.document import Place, ProbeDocument
    from cacheview.ui.edited_probes import EditedProbes
    from cacheview.ui.loaded import ShownPlace
    from cacheview.ui.shown_store import ShownStore

__all__ = ["Places"]


class Places(QObject):
    """The places of one session, and the moves between them.

    Attributes:
        read_place: calls a function once a place is available. Before that, its case may have to be read, and the
            probes before its probe looked up, which can take long.
    """

    def __init__(self, document: ProbeDocument, shown: ShownStore, edits: EditedProbes, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._shown = shown
        self._edits = edits
        self.read_place: Callable[[Place, Callable[[], object]], object] = lambda _, when_read: when_read()

    def choose_case(self, number: int) -> None:
        """Move to another case of the suite, with its first probe and its own rules."""
        if number != self._shown.place[0]:
            self.read_place((number, 0), lambda: self._go((number, 0), f"Choose case {number + 1}"))

    def choose_probe(self, number: int, *, own: bool = False) -> None:
        """Move to another probe of the case, as it was left, or with ``own``, as it is in the suite."""
        place = (self._shown.place[0], number)
        self.read_place(place, lambda: self._go(place, f"Choose probe {number + 1}", own=own))

    @property
    def shown(self) -> ShownPlace:
        """See `ShownStore.shown_place`."""
        return self._shown.shown_place

    @property
    def earlier_answers(self) -> Sequence[tuple[Probe, Verdict]]:
        """See `ShownStore.earlier_answers`."""
        return self._shown.earlier_answers

    @property
    def walk(self) -> Walk | None:
        """See `ShownStore.walk`."""
        return self._shown.walk

    def is_near(self, place: Place, rules: RuleSet | None = None) -> bool:
        """See `ShownStore.is_near`."""
        return self._shown.is_near(place, rules)

    def prepare(self, place: Place, rules: RuleSet | None = None) -> None:
        """See `ShownStore.prepare`."""
        self._shown.prepare(place, rules)

    def undo(self) -> None:
        """Undo the last step of the document, once the place that it leads to is available."""
        self._step(self._document.undo_place, self._document.undo_stack.undo)

    def redo(self) -> None:
        """Redo the next step, once the place that it leads to is available."""
        self._step(self._document.redo_place, self._document.undo_stack.redo)

    def restore_edited(self, place: Place, probe: Probe) -> None:
        """Restore an edited probe as an edit of the store's own probe."""
        self.read_place(place, lambda: self._restore(place, probe))

    def restore_offered(self) -> None:
        """Restore all probes offered by `EditedProbes`, each in its place, and show the last one."""
        offered = self._edits.pop_offered()
        if offered:
            self.restore_edited((offered[-1].case, offered[-1].number), offered[-1].probe)

    def _go(self, place: Place, text: str, *, own: bool = False) -> None:
        self._document.move(place, None if own else self._edits.get(place), text)

    def _restore(self, place: Place, probe: Probe) -> None:
        self._document.move(place, None, "Go to the edited probe")
        self._document.restore(probe, "Restore the edited probe")

    def _step(self, place: Place, step: Callable[[], object]) -> None:
        index = self._document.undo_stack.index()

        def step_if_unchanged() -> None:
            if self._document.undo_stack.index() == index:  # otherwise another edit was made in the meantime
                step()

        self.read_place(place, step_if_unchanged)
