"""What is open: store, cases and probes, rules, the probe document, and the current explanation. No widgets."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cacheview.engine import Explanation, ImageCache, explain
from cacheview.engine.judge import judge_verdict, standing
from cacheview.engine.walk import named
from cacheview.model import SCRATCH, Image, ImageStore, Probe, SuiteProbe
from cacheview.stores.change import StoreChange, changes
from cacheview.stores.opened import Case, Opened
from cacheview.ui.document import ProbeDocument
from cacheview.ui.opening import OpenedStore, case_cache, first_probe, new_cache

if TYPE_CHECKING:
    from cacheview.ui.images.tree import Forest
    from cacheview.ui.selected import Selected

__all__ = ["Answer", "Session"]


@dataclass(frozen=True)
class Answer:
    """An explanation, how long the cache and it took, and what of a suite's expectation it does not meet.

    Attributes:
        milliseconds: of the evaluation, without drawing.
        differences: None: nothing is expected of this probe; empty: as expected.
    """

    explanation: Explanation
    milliseconds: float
    differences: tuple[str, ...] | None


class Session(QObject):
    """Holds one opened location. The probe is asked again after every change of probe, rules or store.

    Signals:
        opened_changed(): another location, or the same read again.
        store_changed(): another case of it, so another store.
        probe_loaded(): another probe of the suite.
        rules_changed(): the person chose other rules.
        answered(Answer): after each of these and after every edit.
        selection_changed(): something else is selected to be explained, and the probe is the same.
    """

    opened_changed = Signal()
    store_changed = Signal()
    probe_loaded = Signal()
    rules_changed = Signal()
    answered = Signal(object)
    selection_changed = Signal()

    def __init__(
        self, loaded: OpenedStore, parent: QObject | None = None, *, document: ProbeDocument | None = None
    ) -> None:
        """``document``: made before, to be filled now; None: a new one."""
        super().__init__(parent)
        self._opened = loaded.opened
        self._cache = loaded.cache
        self._case = 0
        self._probe = 0
        self._expected_probe: Probe | None = None
        self._answer: Answer | None = None
        self._loading = False
        self._instead_of = loaded.instead_of
        self._read_at = loaded.read_at
        self._loaded = loaded
        self._change: StoreChange | None = None
        self._changed_since = 0.0
        self._selected: Selected | None = None
        self._selected_at: Probe | None = None
        self.document = document or ProbeDocument(parent=self)
        self.document.load(loaded.probe)
        self.document.probe_changed.connect(self._edited)

    def begin(self) -> None:
        """Tell everything once, to those who have connected since."""
        self.opened_changed.emit()
        self._load(self.document.probe, self._cache)

    # What is open

    @property
    def opened(self) -> Opened:
        return self._opened

    @property
    def case(self) -> Case:
        return self._opened.cases[self._case]

    @property
    def case_number(self) -> int:
        return self._case

    @property
    def probe_number(self) -> int:
        return self._probe

    @property
    def store(self) -> ImageStore:
        return self._cache.store

    @property
    def cache(self) -> ImageCache:
        return self._cache

    @property
    def forest(self) -> Forest | None:
        """The tree of the store, where it was made while the store was read."""
        return self._loaded.forest if self.store is self._loaded.cache.store else None

    @property
    def instead_of(self) -> str:
        """Why this is open and not what was asked for; empty where it is that."""
        return self._instead_of

    @property
    def change(self) -> StoreChange | None:
        """What the last reload of the store brought; None: it was read once, or another case was chosen since."""
        return self._change

    @property
    def changed_since(self) -> float:
        """When the store was read that `change` compares with, in seconds of the epoch."""
        return self._changed_since

    @property
    def answer(self) -> Answer | None:
        """What the cache answers to the probe; None where what is selected has no probe."""
        return self._answer if self.has_probe else None

    @property
    def has_probe(self) -> bool:
        """Whether what is selected to be explained has a probe: the one of the document."""
        return self._selected is None or self._selected.probe is not None or self.is_apart

    @property
    def selected(self) -> Selected | None:
        """What is selected to be explained; None: the probe alone."""
        return self._selected

    @property
    def is_apart(self) -> bool:
        """Whether the probe was changed since `selected` was: they are about different things now."""
        return self._selected is not None and self.document.probe != self._selected_at

    # Changes

    def select(self, selected: Selected | None, phrase: str = "", merge: str = "") -> None:
        """Explain something that was selected in a list, from now on. Its probe, if it has one, becomes the probe.

        Args:
            phrase, merge: of that edit, as in `ProbeDocument.edit`.
        """
        before, probe = (self._selected, self.is_apart), self.document.probe
        self._selected = selected
        if selected is not None:
            probe = self._selected_at = selected.probe or probe
        if not self.document.edit(probe, phrase, merge) and before != (selected, False):
            self.selection_changed.emit()

    def select_again(self) -> None:
        """Take the probe back to what is selected."""
        if self._selected is not None:
            self.select(self._selected, f"Back to {self._selected.name}")

    def open(self, loaded: OpenedStore, *, again: bool = False) -> None:
        """Show another location. ``again``: the same one, read anew: case, probe and its undo steps stay."""
        rules, before, read_at = self._cache.rules.name, self.store, self._read_at
        case = self._case if again and self._case < len(loaded.opened.cases) else 0
        self._opened = loaded.opened
        self._instead_of = loaded.instead_of
        self._read_at = loaded.read_at
        self._loaded = loaded
        self._case = case
        self._change = None
        self._probe = min(self._probe, max(0, len(self.case.probes) - 1)) if again else 0
        cache = loaded.cache if case == 0 else new_cache(self.case.store, rules)
        if self._has_past:
            cache = self._standing(cache)[1]
        if again:
            self._cache = cache
            self._change, self._changed_since = self._compared(before), read_at
            self.opened_changed.emit()
            self.store_changed.emit()
            self._ask(self.document.probe)
            return
        self.opened_changed.emit()
        self._load(loaded.probe, cache)

    def _compared(self, before: ImageStore) -> StoreChange:
        known = self._loaded.compared
        if known is not None and known[0] is before and self._cache is self._loaded.cache:
            return known[1]
        return changes(before, self.store)

    def choose_case(self, number: int) -> None:
        """Another case of the suite, with its first probe and its own rules."""
        if number == self._case:
            return
        self._case = number
        self._change = None
        self._probe = 0
        case = self.case
        cache = case_cache(case, self._cache.rules.name)
        if case.probes:
            self._load(*self._standing(cache))
        else:
            self._load(first_probe(case.store), cache)

    def choose_probe(self, number: int) -> None:
        """Another probe of the case; the undo steps of the one before are given up."""
        self._probe = number
        probe, cache = self._standing(self._cache)
        self._load(probe, cache, same_store=cache.store is self.store)

    def choose_rules(self, name: str, cache: ImageCache | None = None) -> None:
        """Ask by other rules. Raises KeyError for a name that is none.

        ``cache``: one of this store under these rules, where its indexes have been made already.
        """
        if name != self._cache.rules.name:
            before = self.store
            self._cache = cache or new_cache(before, name)
            if self._has_past:
                self._cache = self._standing(self._cache)[1]
                if self.store is not before:
                    self.store_changed.emit()
            self.rules_changed.emit()
            self._ask(self.document.probe)

    def use_as_parent(self, image: Image | None) -> None:
        """Build on an image; on scratch for None."""
        probe = self.document.probe.model_copy(update={"parent": image.id if image is not None else SCRATCH})
        self.document.edit(probe, f"Use {image.title if image is not None else 'scratch'} as parent")

    def add_cache_from(self, image: Image) -> None:
        """Add an image to the references of ``--cache-from``, by name where it has one."""
        reference = image.names[0] if image.names else image.id
        probe = self.document.probe
        if reference not in probe.cache_from:
            changed = probe.model_copy(update={"cache_from": (*probe.cache_from, reference)})
            self.document.edit(changed, f"Add {image.title} to cache from")

    def _load(self, probe: Probe, cache: ImageCache, *, same_store: bool = False) -> None:
        self._cache = cache
        self._selected = None
        self._expected_probe = probe if self.case.probes else None
        if not same_store:
            self.store_changed.emit()
        self._loading = True
        try:
            self.document.load(probe)
        finally:
            self._loading = False
        self.probe_loaded.emit()
        self._ask(probe)

    @property
    def _has_past(self) -> bool:
        """Whether more than store and rules tells the answer: the probes before, or what there is of layers."""
        return bool(self.case.probes) and (self.case.walk or bool(self.case.layer_content))

    def _standing(self, cache: ImageCache) -> tuple[Probe, ImageCache]:
        """The chosen probe of the case as it is put to the cache, and that cache: in a walk what came of the others."""
        case, number = self.case, self._probe
        probe, own = standing(
            case.store, cache.rules, case.probes, number, walk=case.walk, layers=dict(case.layer_content)
        )
        return probe, own if self._has_past else cache

    def _edited(self, probe: Probe) -> None:
        if self._selected is not None and self._selected.until_edit and self.is_apart:
            self._selected = None
        if not self._loading:  # what is loaded is asked once everybody knows of it
            self._ask(probe)

    def _ask(self, probe: Probe) -> None:
        begun = time.perf_counter()
        explanation = explain(self._cache, probe)
        milliseconds = (time.perf_counter() - begun) * 1000
        self._answer = Answer(explanation, milliseconds, self._differences(explanation))
        self.answered.emit(self._answer)

    def _differences(self, explanation: Explanation) -> tuple[str, ...] | None:
        told: SuiteProbe | None = self.case.probes[self._probe] if self.case.probes else None
        if told is None or told.expect is None or explanation.trace.probe != self._expected_probe:
            return None
        if self.case.rules != self._cache.rules.name:
            return None
        verdict = explanation.verdict
        return tuple(judge_verdict(named(verdict, self._probe) if self.case.walk else verdict, told.expect))
