"""The open store: its cases and probes, rules, the probe document, and the current explanation. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.cases import Daemon
from cacheview.engine import ImageCache
from cacheview.model import ImageStore, Probe
from cacheview.stores.opened_location import OpenedCase, OpenedLocation
from cacheview.ui.answering import Answering
from cacheview.ui.discarding import Discarder
from cacheview.ui.document import Place, ProbeDocument
from cacheview.ui.drafts import ProbeDraft
from cacheview.ui.edited_probes import EditedProbes
from cacheview.ui.further import FurtherSearch
from cacheview.ui.loaded import OpenedStore
from cacheview.ui.places import Places
from cacheview.ui.selection import Selection, SelectionRelation
from cacheview.ui.shown_store import ProbeAnswer, ShownStore
from cacheview.ui.supposed_store import SupposedStore

if TYPE_CHECKING:
    from cacheview.stores.change import StoreChanges
    from cacheview.ui.original import Original
    from cacheview.ui.selected_item import SelectedItem
    from cacheview.ui.supposed_store import ListedImages, SessionBefore
    from cacheview.whatif.apply import ChangedStore

__all__ = ["Session", "StoreRelation"]


class StoreRelation(Enum):
    """The relation between the store that is shown now and the one shown before."""

    OTHER = "another store"
    SAME = "the same store, read again or changed"


class Session(QObject):
    """One opened location. The probe is looked up again whenever the probe, the rules or the store changes.

    Args:
        document: an existing document to use; None: a new one is created.
        drafts: the drafts of earlier sessions.

    Signals:
        opened_changed(): another location was opened, or the same one reloaded.
        store_changed(StoreRelation): another store is shown: that of another place, or a reloaded or changed one.
        probe_loaded(): another probe was loaded: the first one of a location, or another one of the suite.
        rules_changed(): the rules or the builder's release changed.
        answered(ProbeAnswer): the probe was looked up, after any of these changes or after an edit.
        completed(): the rest of the last answer was found; see `FurtherFindings`.
        selection_changed(): the selected item, or its relation to the probe, changed.
        answer_delayed(): the lookup is still running, and the last answer belongs to another probe.
        answer_failed(exception): an unexpected exception prevented an answer.
        supposed_changed(): other changes of the store are supposed, or none are supposed any longer.
    """

    opened_changed = Signal()
    store_changed = Signal(object)
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
        self.document.follow(self._shown)
        self.edits = EditedProbes(self.document, self._shown, self._selection, drafts)
        self.places = Places(self.document, self._shown, self.edits, self)
        self.document.probe_changed.connect(self._edited)
        self.document.moving.connect(self._moving)
        self.document.moved.connect(self._moved)
        self._answering = Answering(self)
        self._answering.answered.connect(self._on_answered)
        self._answering.delayed.connect(self.answer_delayed)
        self._answering.failed.connect(self.answer_failed)

    def begin(self) -> None:
        """Emit the signals of an opened location again, for receivers that were not connected when it was opened."""
        self.opened_changed.emit()
        self._show()

    # The open store

    @property
    def opened(self) -> OpenedLocation:
        """The opened location, with its cases and its problems."""
        return self._shown.opened

    @property
    def case(self) -> OpenedCase:
        """The case that is shown."""
        return self._shown.case

    @property
    def case_number(self) -> int:
        """The number of the case, from 0."""
        return self._shown.place[0]

    @property
    def probe_number(self) -> int:
        """The number of the probe in the case, from 0."""
        return self._shown.place[1]

    @property
    def store(self) -> ImageStore:
        """The images of the case; in a walk, as the probes before this one left them."""
        return self._shown.store

    @property
    def cache(self) -> ImageCache:
        """The cache of the store with the rules in use."""
        return self._shown.cache

    @property
    def listed(self) -> ListedImages:
        """The images to list: those of the store, and those that supposed changes have removed from it."""
        return self._supposed.listed

    @property
    def instead_of(self) -> str:
        """Why this store is open instead of the requested one; empty: it is the requested one."""
        return self._shown.instead_of

    @property
    def change(self) -> StoreChanges | None:
        """The changes found by the last reload; None: there was no reload, or another case was chosen since."""
        return self._shown.change

    @property
    def changed_since(self) -> float:
        """The time when the store before the last reload was read, in seconds since the epoch."""
        return self._shown.changed_since

    @property
    def daemon(self) -> Daemon:
        """The daemon whose answers are computed: its rules, its builder, and why it was chosen."""
        return self._shown.daemon

    @property
    def answer(self) -> ProbeAnswer | None:
        """The answer to the probe; None: the selected item has no probe, or the lookup is still running.

        For a selected step, it includes why the step misses, as found from the Dockerfile and the files.
        """
        answer, selected = self._answer, self.selected
        if answer is None or not self.has_probe:
            return None
        if selected is None or self.relation is not SelectionRelation.OWN:
            return answer
        return replace(answer, explanation=answer.explanation.of_step(selected.reason, selected.remedy))

    @property
    def is_awaited(self) -> bool:
        """Whether the lookup is still running in another thread."""
        return self._answering.is_busy

    @property
    def has_probe(self) -> bool:
        """Whether there is a probe to explain. There is none while an item without a probe is selected."""
        return self._selection.has_probe(self._state)

    @property
    def selected(self) -> SelectedItem | None:
        """The selected item; None: only the probe is explained."""
        return self._selection.current

    @property
    def relation(self) -> SelectionRelation:
        """The relation between the current answer and the `selected` item."""
        return self._selection.relation(self._state, self.store, self.daemon)

    @property
    def is_undisturbed(self) -> bool:
        """Whether the user has not changed the probe since it was loaded with the store or the selected row."""
        return self._is_as_opened or self._selection.is_left(self._state)

    @property
    def _state(self) -> tuple[Place, Probe]:
        return self.document.place, self.document.probe

    def select(self, selected: SelectedItem, phrase: str = "", merge: str = "") -> None:
        """Explain an item that was selected in a list. Its probe, if it has one, becomes the current probe.

        Args:
            phrase, merge: the description and the merge key of the edit, see `ProbeDocument.edit`.
        """
        before, probe = self._subject, selected.probe or self.document.probe
        self._selection.select(selected, (self.document.place, probe))
        if not self.document.edit(probe, phrase, merge):
            self._emit_selection(before)

    def select_without_probe(self, selected: SelectedItem) -> None:
        """Select an item in a list without changing the probe."""
        before = self._subject
        self._selection.select_without_probe(selected, self.document.place)
        self._emit_selection(before)

    def select_again(self) -> None:
        """Restore the probe of the selected item."""
        if self.selected is not None:
            self.select(self.selected, f"Back to {self.selected.name}")

    def release(self) -> None:
        """Clear the selection, since the list is hidden or no longer has the row."""
        before = self._subject
        self._selection.release()
        self._emit_selection(before)

    def release_image(self) -> None:
        """Clear the selection of an image, which lasts only until an edit."""
        before = self._subject
        self._selection.end_passing()
        self._emit_selection(before)

    @property
    def _subject(self) -> tuple[SelectedItem | None, SelectionRelation]:
        return self.selected, self.relation

    def _emit_selection(self, before: tuple[SelectedItem | None, SelectionRelation]) -> None:
        if before != self._subject:
            self.selection_changed.emit()

    @property
    def is_discarding(self) -> bool:
        """Whether any replaced objects have not been freed yet."""
        return self._discarder.is_busy

    def discard(self, *objects: object) -> None:
        """Free objects in another thread before they are replaced; see `Discarder`."""
        self._discarder.discard(*objects)

    # Supposed changes of the store

    @property
    def supposed(self) -> ChangedStore | None:
        """The supposed changes of the store; None: the actual store is shown."""
        return self._supposed.changed

    def suppose(self, changed: ChangedStore, cache: ImageCache, change: StoreChanges, listed: ListedImages) -> None:
        """Show a changed store instead of this one, until `end_supposing` or anything else is opened or chosen.

        Args:
            cache: the cache of the changed store.
            change: the differences between this store and the changed one.
            listed: the images to list.
        """
        before = self.daemon
        self.discard(self._answer, *self._supposed.parts)
        state = self.document.place, self.document.edited
        self._supposed.replace(changed, cache, change, listed, state, copy(self._selection))
        self.supposed_changed.emit()
        self._show_cache(before)

    def end_supposing(self) -> None:
        """Show the actual store again, with the earlier probe and selection."""
        before, earlier = self.daemon, self._restore_actual()
        if earlier is None:
            return
        self._show_cache(before)
        self._selection.restore(earlier.selection)
        if self.document.place == earlier.place and not self.document.restore(earlier.edited, "Leave What if"):
            self.selection_changed.emit()

    def _restore_actual(self) -> SessionBefore | None:
        """Restore the actual store silently; None: it is already shown."""
        if self.supposed is not None:
            self.discard(self._answer, *self._supposed.parts)
        earlier = self._supposed.restore()
        if earlier is not None:
            self.supposed_changed.emit()
        return earlier

    def _show_cache(self, before: Daemon) -> None:
        """Look the probe up in the cache that is now shown. ``before``: the previous daemon."""
        self.store_changed.emit(StoreRelation.SAME)
        if not before.answers_as(self.daemon):
            self.rules_changed.emit()
        self._ask(self.document.probe)

    def open(self, loaded: OpenedStore) -> None:
        """Show another location."""
        self._restore_actual()
        self.discard(self._answer, *self._shown.parts)
        self.edits.leave()
        self._shown.open(loaded)
        self.opened_changed.emit()
        self._show()
        last = self.edits.enter()
        if last is not None:
            self.places.restore_edited(*last)

    def reload(self, loaded: OpenedStore) -> None:
        """Show the reloaded location. Case, probe and undo steps stay.

        An unedited probe of a suite is shown as it is there now.
        """
        self._restore_actual()
        self.discard(self._answer, *self._shown.parts)
        before = self._shown.original
        self._shown.reload(loaded)
        self._keep_places()
        self.opened_changed.emit()
        self.store_changed.emit(StoreRelation.SAME)
        self._follow(before)
        self._ask(self.document.probe)

    def _keep_places(self) -> None:
        """Drop undo steps to probes that no longer exist in the reloaded location."""
        self.edits.drop_missing()
        if self._shown.place != self.document.place or not all(map(self._shown.has_place, self.document.places)):
            self._load(self.document.edited)

    def choose_rules(self, name: str, cache: ImageCache | None = None) -> None:
        """Use other rules, with the matching builder.

        In a walk, this may look up many probes: see `ShownStore.use_rules`.

        Args:
            name: a rule set's name, or a release and a storage driver; empty: the rules of the case.
            cache: a cache with these rules and existing indexes, which is used if it belongs to the current store.

        Raises:
            DataError: the name is not known.
        """
        self.end_supposing()
        store, replaced, walk, original = self.store, self.cache, self._shown.walk, self._shown.original
        if not self._shown.use_rules(name, cache):
            return
        if self.cache is not replaced:
            self.discard(self._answer, replaced, walk)
        if self.store is not store:
            self.store_changed.emit(StoreRelation.SAME)
        self._follow(original)
        self.rules_changed.emit()
        if self.cache.rules is replaced.rules:  # only the builder's release differs
            self.selection_changed.emit()
        else:
            self._ask(self.document.probe)

    def _follow(self, before: Original) -> None:
        """Show the probe as it is now, if the place has another original probe, or the walk another previous result."""
        if before != self._shown.original:
            self._loading = True
            self.document.show_again()
            self._loading = False
            self.edits.note()

    def _show(self) -> None:
        """Start with the first probe of a location."""
        self._selection.end_passing()
        self._is_as_opened = True
        self.store_changed.emit(StoreRelation.OTHER)
        self._load(None)
        self.probe_loaded.emit()
        self._ask(self.document.probe)

    def _load(self, edited: Probe | None) -> None:
        self._loading = True
        self.document.load(edited, self._shown.place)
        self._loading = False

    # Moving between places

    def _moving(self, place: Place) -> None:
        """Use the cache of the place that the document is moving to."""
        before, is_same_case = self.store, place[0] == self.case_number
        self._restore_actual()
        self.discard(self._answer, self.cache, *(() if is_same_case else (self._shown.walk,)))
        self._shown.move(place)
        self._is_as_opened = False
        self._selection.end_passing()
        if self.store is not before:
            self.store_changed.emit(StoreRelation.SAME if is_same_case else StoreRelation.OTHER)
        self._loading = True

    def _moved(self) -> None:
        self._loading = False
        self.edits.note()
        self.probe_loaded.emit()
        self._ask(self.document.probe)

    def _edited(self, probe: Probe) -> None:
        self._selection.end_passing()
        if not self._loading:  # the loaded probe is looked up when all receivers have been notified
            self._is_as_opened = False
            self.edits.note()
            self._ask(probe)

    def _ask(self, probe: Probe) -> None:
        self._answer = None
        self._further.forget()
        self._answering.start(self._shown.look_up(probe))

    def _on_answered(self, answer: ProbeAnswer) -> None:
        self._answer = answer
        self._further.look(answer.explanation.further, len(self.store.images))
        self.answered.emit(answer)
