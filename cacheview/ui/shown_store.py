"""The store that is shown: which case and probe, the cache that answers, and whose answers it computes. No Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cacheview.cases import Daemon, daemon_known, daemon_of, first_probe
from cacheview.engine import Explanation, ImageCache, explain
from cacheview.engine.build_cache import with_new_id
from cacheview.engine.case_results import probe_and_cache, unmet_expectations
from cacheview.model import Expectation, ImageStore, Probe, SuiteProbe
from cacheview.stores.change import StoreChange, changes
from cacheview.stores.suite_cases import probe_count

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedCase, OpenedLocation
    from cacheview.ui.document import Place
    from cacheview.ui.images.tree import Forest
    from cacheview.ui.loaded import OpenedStore

__all__ = ["LookUp", "ProbeAnswer", "ShownStore"]


@dataclass(frozen=True)
class ProbeAnswer:
    """An explanation, how long the cache and it took, and what of a suite's expectation it does not meet.

    Attributes:
        milliseconds: of the evaluation, without drawing.
        differences: None: nothing is expected of this probe; empty: as expected.
    """

    explanation: Explanation
    milliseconds: float
    differences: tuple[str, ...] | None


@dataclass(frozen=True)
class LookUp:
    """A probe that is to be looked up, in this thread or another.

    Attributes:
        expected: what a suite expects of the probe by the rules of the cache; None: nothing.
        number: of the probe in a walk; None: it is in none.
        known: the explanation, and the milliseconds that it took, where it has been looked up.
    """

    cache: ImageCache
    probe: Probe
    expected: Expectation | None = None
    number: int | None = None
    known: tuple[Explanation, float] | None = None

    def answer(self) -> ProbeAnswer:
        """Look it up."""
        explanation, milliseconds = self.known or self._explain()
        differences = None
        if self.expected is not None:
            verdict = explanation.verdict
            shown = verdict if self.number is None else with_new_id(verdict, self.number)
            differences = tuple(unmet_expectations(shown, self.expected))
        return ProbeAnswer(explanation, milliseconds, differences)

    def _explain(self) -> tuple[Explanation, float]:
        begun = time.perf_counter()
        explanation = explain(self.cache, self.probe, at_once=False)
        return explanation, (time.perf_counter() - begun) * 1000


class ShownStore:
    """One opened location, and where in it the person is.

    Attributes:
        cache, daemon: what answers, and whose answers it computes: those of the place, or others that were chosen.
        place: the numbers of the case and of its probe.
        original: the probe that came with the place.
        change: what the last reload brought; None: it was read once, or another case was chosen since.
        changed_since: when the store was read that ``change`` compares with, in seconds of the epoch.
    """

    def __init__(self, loaded: OpenedStore) -> None:
        self._loaded = loaded
        self.cache = loaded.cache
        self.daemon = _daemon_of(loaded)
        self.place: Place = (0, 0)
        self.original = loaded.probe
        self.change: StoreChange | None = None
        self.changed_since = 0.0

    @property
    def opened(self) -> OpenedLocation:
        """What was opened: its cases, problems, and where it is."""
        return self._loaded.opened

    @property
    def case(self) -> OpenedCase:
        """The case of the place."""
        return self.opened.cases[self.place[0]]

    @property
    def store(self) -> ImageStore:
        """The images that the probe is looked up in."""
        return self.cache.store

    @property
    def forest(self) -> Forest | None:
        """The tree of the store, where it was made while the store was read."""
        return self._loaded.forest if self.store is self._loaded.cache.store else None

    @property
    def parts(self) -> tuple[object, ...]:
        """All that another store takes the place of."""
        return self._loaded, self.cache, self.change

    @property
    def instead_of(self) -> str:
        """Why this is open and not what was asked for; empty if it is that."""
        return self._loaded.instead_of

    def open(self, loaded: OpenedStore) -> None:
        """Show another location, from its first case and probe on."""
        self.place, self.original, self.change = (0, 0), loaded.probe, None
        self._load(loaded)

    def reload(self, loaded: OpenedStore) -> None:
        """Show the same location, read again, at the same place if it still has that."""
        before, self.changed_since = self.store, self._loaded.read_at
        case, number = self.place
        case = case if case < len(loaded.opened.cases) else 0
        self.place = (case, min(number, max(0, probe_count(loaded.opened.cases, case) - 1)))
        self._load(loaded)
        compared = loaded.compared
        if compared is not None and compared[0] is before and compared[1] is self.store:
            self.change = compared[2]
        else:
            self.change = changes(before, self.store)

    def _load(self, loaded: OpenedStore) -> None:
        self._loaded = replace(loaded, compared=None)  # the store before goes
        if self.place[0] == 0:
            self.cache, self.daemon = loaded.cache, _daemon_of(loaded)
        else:
            self.cache = ImageCache(self.case.store, self.daemon.rules)
        self._walk_to_probe()

    def has_place(self, place: Place) -> bool:
        """Whether what is open has a probe there."""
        number, probe = place
        cases = self.opened.cases
        return 0 <= number < len(cases) and 0 <= probe < max(1, probe_count(cases, number))

    def probe_at(self, place: Place) -> tuple[Probe, ImageCache]:
        """The probe that comes with a place, and the cache that it is looked up in there."""
        number, probe = place
        case = self.opened.cases[number]
        cache = self.cache if number == self.place[0] else ImageCache(case.store, self._daemon_at(number).rules)
        return _standing(case, probe, cache) if case.probes else (first_probe(case.store), cache)

    def move(self, place: Place) -> None:
        """Go to another place, with the cache and the rules that it is looked up with."""
        self.original, self.cache = self.probe_at(place)
        self.daemon = self._daemon_at(place[0])
        if place[0] != self.place[0]:
            self.change = None
        self.place = place

    def use_rules(self, name: str, cache: ImageCache | None = None) -> bool:
        """Use the rules of a name, with their builder. Returns whether they are others than before.

        ``cache``: one of this store under these rules, where its indexes have been made already.

        Raises:
            DataError: the name is not known.
        """
        daemon, own = daemon_of(self.case, name), daemon_known(self.case)
        if (daemon.rules, daemon.version) == (own.rules, own.version):
            daemon = own
        if (daemon.rules, daemon.version) == (self.daemon.rules, self.daemon.version):
            return False
        self.daemon = daemon
        if daemon.rules is not self.cache.rules:
            self.cache = cache or ImageCache(self.store, daemon.rules)
            self._walk_to_probe()
        return True

    def look_up(self, probe: Probe) -> LookUp:
        """A probe that is to be looked up, here and now."""
        case, number, loaded = self.case, self.place[1], self._loaded
        known = loaded.answered if self.cache is loaded.cache and probe == loaded.probe else None
        suite_probe: SuiteProbe | None = case.probes[number] if case.probes else None
        expected = suite_probe.expect if suite_probe is not None else None
        if probe != self.original or case.rules != self.cache.rules.name:
            expected = None
        return LookUp(self.cache, probe, expected, number if case.walk else None, known)

    def _daemon_at(self, number: int) -> Daemon:
        """Whose answers are computed for a case: its own, or where nothing says that, as now."""
        case = self.opened.cases[number]
        names_daemon = number != self.place[0] and (case.rules or case.store.release is not None)
        return daemon_known(case) if names_daemon else self.daemon

    def _walk_to_probe(self) -> None:
        """In a walk, the cache is that which the probes before this one left."""
        if _has_past(self.case):
            self.cache = _standing(self.case, self.place[1], self.cache)[1]


def _daemon_of(loaded: OpenedStore) -> Daemon:
    return loaded.daemon or daemon_of(loaded.opened.cases[0], loaded.cache.rules.name)


def _has_past(case: OpenedCase) -> bool:
    return bool(case.probes) and (case.walk or bool(case.layer_content))


def _standing(case: OpenedCase, number: int, cache: ImageCache) -> tuple[Probe, ImageCache]:
    """A probe of a case as it is looked up in the cache, and that cache: in a walk what came of the probes before."""
    layers = dict(case.layer_content)
    probe, own = probe_and_cache(case.store, cache.rules, case.probes, number, walk=case.walk, layers=layers)
    return probe, own if _has_past(case) else cache
