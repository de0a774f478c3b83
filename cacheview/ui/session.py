"""What is open: store, cases and probes, rules, the probe document, and the current explanation. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.cases import Daemon
from cacheview.engine import ImageCache
from cacheview.model import ImageStore, Probe
from cacheview.stores.change import StoreChange
from cacheview.stores.opened_location import OpenedCase, OpenedLocation
from cacheview.ui.answering import Answering
from cacheview.ui.discarding import Discarder
from cacheview.ui.document import Place, ProbeDocument
from cacheview.ui.drafts import ProbeDraft
from cacheview.ui.edited_probes import EditedProbes
from cacheview.ui.further import FurtherSearch
from cacheview.ui.loaded import OpenedStore
from cacheview.ui.places import Places
from cacheview.ui.selection import Relation, Selection
from cacheview.ui.shown_store import ProbeAnswer, ShownStore
from cacheview.ui.supposed_store import SupposedStore

if TYPE_CHECKING:
    from cacheview.ui.images.tree import Forest
    from cacheview.ui.selected_item import SelectedItem
    from cacheview.ui.supposed_store import SessionBefore
    from cacheview.whatif.apply import ChangedStore

__all__ = ["Session"]


class Session(QObject):
    """Holds one opened location. The probe is asked again after every change of probe, rules or store.

    Signals:
        opened_changed(): another location, or the same read again.
        store_changed(): another case of it, so another store.
        probe_loaded(): another probe of the suite.
        rules_changed(): the person chose other rules.
        answered(ProbeAnswer): after each of these and after every edit.
        completed(): what was still to come of the last answer has been looked for: see `FurtherFindings`.
        selection_changed(): something else is selected to be explained, or stands otherwise to the same probe.
        answer_delayed(): the answer to the probe is still looked for; what was answered last is of another.
        answer_failed(exception): a fault of the program kept the probe from being answered.
        supposed_changed(): another store is shown as if something had happened to it, or none any more.
    """

    opened_changed = Signal()
    store_changed = Signal()
    probe_loaded = Signal()
    rules_changed = Signal()
    answered = Signal(object)
    completed = Signal()
    selection_changed = Signal()
    supposed_changed = Signal()
    answer_delayed = Signal()
    answer_failed = Signal(object)

    def __init__(
        self,
        loaded: OpenedStore,
        parent: QObject | None = None,
        *,
        document: ProbeDocument | None = None,
        drafts: Sequence[ProbeDraft] = (),
    ) -> None:
        """``document``: made before, to be filled now; None: a new one. ``drafts``: of earlier starts."""
        super().__init__(parent)
        self._shown = ShownStore(loaded)
        self._answer: ProbeAnswer | None = None
        self._loading = False
        self._selection = Selection()
        self._supposed = SupposedStore(self._shown)
        self._is_as_opened = True
        self._discarder = Discarder(self)
        self._further = FurtherSearch(self)
        self._further.ended.connect(self.completed)
        self.document = document or ProbeDocument(parent=self)
        self.document.load(loaded.probe)
        self.edits = EditedProbes(self.document, self._shown, self._selection, drafts)
        self.places = Places(self.document, self._shown, self.edits, self)
        self.document.probe_changed.connect(self._edited)
        self.document.moving.connect(self._moving)
        self.document.moved.connect(self._moved)
        self._answering = Answering(self)
        self._answering.answered.connect(self._take)
        self._answering.delayed.connect(self.answer_delayed)
        self._answering.failed.connect(self.answer_failed)

    def begin(self) -> None:
        """Tell everything once, to those who have connected since."""
        self.opened_changed.emit()
        self._show(self.document.probe)

    # What is open

    @property
    def opened(self) -> OpenedLocation:
        """What was opened: its cases, problems, and where it is."""
        return self._shown.opened

    @property
    def case(self) -> OpenedCase:
        """The case that is shown."""
        return self._shown.case

    @property
    def case_number(self) -> int:
        """Its number, from 0."""
        return self._shown.place[0]

    @property
    def probe_number(self) -> int:
        """The number of the probe in the case, from 0."""
        return self._shown.place[1]

    @property
    def store(self) -> ImageStore:
        """The images of the case, in a walk as the probes before this one left them."""
        return self._shown.store

    @property
    def cache(self) -> ImageCache:
        """What answers: the store under the rules in use."""
        return self._shown.cache

    @property
    def forest(self) -> Forest | None:
        """The tree of the store, where it was made while the store was read."""
        return self._shown.forest

    @property
    def instead_of(self) -> str:
        """Why this is open and not what was asked for; empty if it is that."""
        return self._shown.instead_of

    @property
    def change(self) -> StoreChange | None:
        """What the last reload of the store brought; None: it was read once, or another case was chosen since."""
        return self._shown.change

    @property
    def changed_since(self) -> float:
        """When the store was read that `change` compares with, in seconds of the epoch."""
        return self._shown.changed_since

    @property
    def daemon(self) -> Daemon:
        """Whose answers are computed: the rules of its cache, its builder, and why it is this one."""
        return self._shown.daemon

    @property
    def answer(self) -> ProbeAnswer | None:
        """What the cache answers to the probe; None if what is selected has no probe, and while it `is_awaited`.

        Of a step that is selected, with what its Dockerfile and its files show of a miss.
        """
        answer, selected = self._answer, self.selected
        if answer is None or not self.has_probe:
            return None
        if selected is None or self.relation is not Relation.OWN:
            return answer
        return replace(answer, explanation=answer.explanation.of_step(selected.reason, selected.remedy))

    @property
    def is_awaited(self) -> bool:
        """Whether the answer to the probe is still looked for, in another thread."""
        return self._answering.is_busy

    @property
    def has_probe(self) -> bool:
        """Whether what is selected to be explained has a probe: the one of the document."""
        return self._selection.has_probe(self._state)

    @property
    def selected(self) -> SelectedItem | None:
        """What is selected to be explained; None: the probe alone."""
        return self._selection.current

    @property
    def relation(self) -> Relation:
        """Whether the answer at hand is that of what is `selected`."""
        return self._selection.relation(self._state, self.store, self.daemon)

    @property
    def is_undisturbed(self) -> bool:
        """Whether the probe is the one that came with the store or that of the row that was selected last."""
        return self._is_as_opened or self._selection.is_left(self._state)

    @property
    def _state(self) -> tuple[Place, Probe]:
        return self.document.place, self.document.probe

    def select(self, selected: SelectedItem, phrase: str = "", merge: str = "") -> None:
        """Explain something that was selected in a list, from now on. Its probe, if it has one, becomes the probe.

        Args:
            phrase, merge: of that edit, as in `ProbeDocument.edit`.
        """
        before, probe = self._subject, selected.probe or self.document.probe
        self._selection.select(selected, (self.document.place, probe))
        if not self.document.edit(probe, phrase, merge):
            self._say_selection(before)

    def select_beside(self, selected: SelectedItem) -> None:
        """Something is selected in a list, and the probe stays as the person has it."""
        before = self._subject
        self._selection.select_beside(selected, self.document.place)
        self._say_selection(before)

    def select_again(self) -> None:
        """Take the probe back to what is selected."""
        if self.selected is not None:
            self.select(self.selected, f"Back to {self.selected.name}")

    def release(self) -> None:
        """Nothing is selected in a list any more: the list is gone, or cannot be seen."""
        before = self._subject
        self._selection.release()
        self._say_selection(before)

    def release_image(self) -> None:
        """An image that was selected until an edit is that no more."""
        before = self._subject
        self._selection.end_passing()
        self._say_selection(before)

    @property
    def _subject(self) -> tuple[SelectedItem | None, Relation]:
        return self.selected, self.relation

    def _say_selection(self, before: tuple[SelectedItem | None, Relation]) -> None:
        if before != self._subject:
            self.selection_changed.emit()

    @property
    def is_discarding(self) -> bool:
        """Whether something that was replaced is still to be freed."""
        return self._discarder.is_busy

    def discard(self, *made: object) -> None:
        """What was made of a store is about to be replaced: it is freed in another thread, see `Discarder`."""
        self._discarder.discard(*made)

    # As if something had happened to the store

    @property
    def supposed(self) -> ChangedStore | None:
        """What is shown as if something had happened to the store; None: the store is shown as it is."""
        return self._supposed.changed

    def suppose(self, changed: ChangedStore, cache: ImageCache, change: StoreChange) -> None:
        """Show a changed store instead of this one, until `end_supposing` or anything else is opened or chosen.

        Args:
            cache: of the changed store.
            change: what is different in it.
        """
        before = self.daemon
        self.discard(self._answer, *self._supposed.parts)
        self._supposed.put(changed, cache, change, self._state, copy(self._selection))
        self.supposed_changed.emit()
        self._show_cache(before)

    def end_supposing(self) -> None:
        """Show the store as it is again, with the probe and the selection from before."""
        before, kept = self.daemon, self._take_back()
        if kept is None:
            return
        self._shown.change = kept.change or StoreChange()  # the tree stays where it is
        self._show_cache(before)
        self._shown.change = kept.change
        self._selection.restore(kept.selection)
        if self.document.place == kept.place and not self.document.edit(kept.probe, "Leave What if"):
            self.selection_changed.emit()

    def _take_back(self) -> SessionBefore | None:
        """Have the store as it is again, before anybody looks; None: it is shown as it is."""
        if self.supposed is not None:
            self.discard(self._answer, *self._supposed.parts)
        kept = self._supposed.take_back()
        if kept is not None:
            self.supposed_changed.emit()
        return kept

    def _show_cache(self, before: Daemon) -> None:
        """Ask another cache from now on. ``before``: whose answers were shown until now."""
        self.store_changed.emit()
        if not before.answers_as(self.daemon):
            self.rules_changed.emit()
        self._ask(self.document.probe)

    def open(self, loaded: OpenedStore) -> None:
        """Show another location."""
        self._take_back()
        self.discard(self._answer, *self._shown.parts)
        self.edits.leave()
        self._shown.open(loaded)
        self.opened_changed.emit()
        self._show(loaded.probe)
        last = self.edits.enter()
        if last is not None:
            self.places.bring_back(*last)

    def reload(self, loaded: OpenedStore) -> None:
        """Show the same location, read again: case, probe and its undo steps stay."""
        self._take_back()
        self.discard(self._answer, *self._shown.parts)
        self._shown.reload(loaded)
        self._keep_places()
        self.opened_changed.emit()
        self.store_changed.emit()
        self._ask(self.document.probe)

    def _keep_places(self) -> None:
        """The same location may have fewer probes now: what led to others is gone."""
        self.edits.drop_lost()
        if self._shown.place != self.document.place or not all(map(self._shown.has_place, self.document.places)):
            self._load(self.document.probe)

    def choose_rules(self, name: str, cache: ImageCache | None = None) -> None:
        """Use other rules: those of a rule set's name, or of a release and a storage driver, with its builder.

        Args:
            cache: one of this store under these rules, where its indexes have been made already.

        Raises:
            DataError: the name is not known.
        """
        self.end_supposing()
        store, replaced = self.store, self.cache
        if not self._shown.use_rules(name, cache):
            return
        if self.cache is not replaced:
            self.discard(self._answer, replaced)
        if self.store is not store:
            self.store_changed.emit()
        self.rules_changed.emit()
        if self.cache.rules is replaced.rules:  # another release, of which the builder alone differs
            self.selection_changed.emit()
        else:
            self._ask(self.document.probe)

    def _show(self, probe: Probe) -> None:
        """Begin with the first probe of a location."""
        self._selection.end_passing()
        self._is_as_opened = True
        self.store_changed.emit()
        self._load(probe)
        self.probe_loaded.emit()
        self._ask(probe)

    def _load(self, probe: Probe) -> None:
        self._loading = True
        self.document.load(probe, self._shown.place)
        self._loading = False

    # From place to place

    def _moving(self, place: Place) -> None:
        """The document goes to another place: first what it is asked in."""
        self._take_back()
        before = self.store
        self.discard(self._answer, self.cache)
        self._shown.move(place)
        self._is_as_opened = False
        self._selection.end_passing()
        if self.store is not before:
            self.store_changed.emit()
        self._loading = True

    def _moved(self) -> None:
        self._loading = False
        self.edits.note()
        self.probe_loaded.emit()
        self._ask(self.document.probe)

    def _edited(self, probe: Probe) -> None:
        self._selection.end_passing()
        if not self._loading:  # what is loaded is asked once everybody knows of it
            self._is_as_opened = False
            self.edits.note()
            self._ask(probe)

    def _ask(self, probe: Probe) -> None:
        self._answer = None
        self._further.forget()
        self._answering.ask(self._shown.look_up(probe))

    def _take(self, answer: ProbeAnswer) -> None:
        self._answer = answer
        self._further.look(answer.explanation.further, len(self.store.images))
        self.answered.emit(answer)
