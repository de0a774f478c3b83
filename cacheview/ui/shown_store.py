"""The shown store: its case and probe, its cache, and the daemon whose answers are computed. No Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cacheview.cases import Daemon, daemon_known, daemon_of, first_probe
from cacheview.engine import Explanation, ImageCache, explain
from cacheview.engine.build_cache import with_new_id
from cacheview.engine.case_results import probe_and_cache, unmet_expectations
from cacheview.model import Expectation, ImageStore, Probe, SuiteProbe
from cacheview.stores.change import StoreChanges, changes
from cacheview.stores.suite_cases import probe_count

if TYPE_CHECKING:
    from cacheview.engine import RuleSet
    from cacheview.stores.opened_location import OpenedCase, OpenedLocation
    from cacheview.ui.document import Place
    from cacheview.ui.images.tree import Forest
    from cacheview.ui.loaded import OpenedStore

__all__ = ["LookUp", "ProbeAnswer", "ShownStore"]

_FEW: Final = 50_000
"""The number of images times the number of a walk's probes up to which these are looked up in a moment."""


@dataclass(frozen=True)
class ProbeAnswer:
    """An explanation, the time that it took, and the differences from a suite's expectation.

    Attributes:
        milliseconds: the time of the evaluation, without drawing.
        differences: the differences from the expectation; None: there is none for this probe; empty: as expected.
    """

    explanation: Explanation
    milliseconds: float
    differences: tuple[str, ...] | None


@dataclass(frozen=True)
class LookUp:
    """A probe to look up, in this thread or another.

    Attributes:
        expected: the suite's expectation for the probe with the rules of the cache; None: there is none.
        number: number of the probe in a walk; None: it is not in a walk.
        known_answer: the explanation and its time in milliseconds, if the probe has already been looked up.
    """

    cache: ImageCache
    probe: Probe
    expected: Expectation | None = None
    number: int | None = None
    known_answer: tuple[Explanation, float] | None = None

    def answer(self) -> ProbeAnswer:
        """Look up the probe."""
        explanation, milliseconds = self.known_answer or self._explain()
        differences = None
        if self.expected is not None:
            verdict = explanation.verdict
            shown = verdict if self.number is None else with_new_id(verdict, self.number)
            differences = tuple(unmet_expectations(shown, self.expected))
        return ProbeAnswer(explanation, milliseconds, differences)

    def _explain(self) -> tuple[Explanation, float]:
        started_at = time.perf_counter()
        explanation = explain(self.cache, self.probe, at_once=False)
        return explanation, (time.perf_counter() - started_at) * 1000


@dataclass(frozen=True, eq=False)
class _WalkedPlace:
    """A probe of a walk, after the probes before it were looked up using some rules.

    Attributes:
        number: the number of the probe in the case.
        probe, cache: the probe as it is looked up, and the cache as the earlier probes left it.
    """

    case: OpenedCase
    number: int
    rules: RuleSet
    probe: Probe
    cache: ImageCache


class ShownStore:
    """One opened location, and the user's place in it.

    Attributes:
        cache, daemon: the cache, and the daemon whose answers it computes: those of the case, or chosen by the user.
        place: the numbers of the case and of its probe.
        original: the unedited probe of the place.
        change: the changes found by the last reload; None: there was no reload, or another case was chosen since.
        changed_since: the time when the store in ``change`` was read, in seconds since the epoch.
    """

    def __init__(self, loaded: OpenedStore) -> None:
        self._loaded = loaded
        self.cache = loaded.cache
        self.daemon = _daemon_of(loaded)
        self.place: Place = (0, 0)
        self.original = loaded.probe
        self.change: StoreChanges | None = None
        self.changed_since = 0.0
        self._walked: _WalkedPlace | None = None

    @property
    def opened(self) -> OpenedLocation:
        """The opened location: its cases, its problems, and its address."""
        return self._loaded.opened

    @property
    def case(self) -> OpenedCase:
        """The case that is shown."""
        return self.opened.cases[self.place[0]]

    @property
    def store(self) -> ImageStore:
        """The images that the probe is looked up in."""
        return self.cache.store

    @property
    def forest(self) -> Forest | None:
        """The tree of the store, if it was created while the store was read."""
        return self._loaded.forest if self.store is self._loaded.cache.store else None

    @property
    def parts(self) -> tuple[object, ...]:
        """All objects that are replaced with the store."""
        return self._loaded, self.cache, self.change, self._walked

    @property
    def instead_of(self) -> str:
        """Why this is open instead of the requested store; empty: it is the requested store."""
        return self._loaded.instead_of

    def open(self, loaded: OpenedStore) -> None:
        """Show another location, starting with its first case and probe."""
        self.place, self.original, self.change = (0, 0), loaded.probe, None
        self._load(loaded)

    def reload(self, loaded: OpenedStore) -> None:
        """Show the reloaded location, at the same place if that still exists."""
        before, self.changed_since = self.store, self._loaded.read_at
        case, number = self.place
        case = case if case < len(loaded.opened.cases) else 0
        self.place = (case, min(number, max(0, probe_count(loaded.opened.cases, case) - 1)))
        self._load(loaded)
        compared_stores = loaded.compared_stores
        if compared_stores is not None and compared_stores[0] is before and compared_stores[1] is self.store:
            self.change = compared_stores[2]
        else:
            self.change = changes(before, self.store)

    def _load(self, loaded: OpenedStore) -> None:
        self._loaded, self._walked = replace(loaded, compared_stores=None), None  # drops the previous store
        if self.place[0] == 0:
            self.cache, self.daemon = loaded.cache, _daemon_of(loaded)
        else:
            self.cache = ImageCache(self.case.store, self.daemon.rules)
        self._walk_to_probe()

    def has_place(self, place: Place) -> bool:
        """Whether there is a probe at a place."""
        number, probe = place
        cases = self.opened.cases
        return 0 <= number < len(cases) and 0 <= probe < max(1, probe_count(cases, number))

    def is_near(self, place: Place) -> bool:
        """Whether `move` to a place takes only a moment: its case must be available."""
        case, number = self.opened.cases[place[0]], place[1]
        if not _depends_on_earlier(case) or self._walked_to(place) is not None:
            return True
        return len(case.store.images) * (number + 1) <= _FEW

    def walk_to(self, place: Place) -> None:
        """Look up the probes before that of a place, so that the place `is_near`. Works in any thread."""
        case, rules = self.opened.cases[place[0]], self._rules_at(place[0])
        probe, cache = _probe_and_cache(case, place[1], ImageCache(case.store, rules))
        self._walked = _WalkedPlace(case, place[1], rules, probe, cache)

    def _walked_to(self, place: Place) -> _WalkedPlace | None:
        walked, case = self._walked, self.opened.cases[place[0]]
        if walked is None or walked.case is not case:
            return None
        return walked if (walked.number, walked.rules) == (place[1], self._rules_at(place[0])) else None

    def _rules_at(self, number: int) -> RuleSet:
        return self.cache.rules if number == self.place[0] else self._daemon_at(number).rules

    def probe_at(self, place: Place) -> tuple[Probe, ImageCache]:
        """Return the unedited probe of a place, and the cache to look it up in."""
        number, probe = place
        case = self.opened.cases[number]
        walked = self._walked_to(place)
        if walked is not None:
            return walked.probe, walked.cache
        cache = self.cache if number == self.place[0] else ImageCache(case.store, self._rules_at(number))
        return _probe_and_cache(case, probe, cache) if case.probes else (first_probe(case.store), cache)

    def move(self, place: Place) -> None:
        """Move to another place, with its cache and rules."""
        self.original, self.cache = self.probe_at(place)
        self.daemon = self._daemon_at(place[0])
        if place[0] != self.place[0]:
            self.change = None
        self.place = place

    def use_rules(self, name: str, cache: ImageCache | None = None) -> bool:
        """Use the rules with a name, and their builder. Returns whether they differ from the previous ones.

        ``cache``: a cache of this store with these rules and existing indexes.

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
        """Return the lookup of a probe in the current cache."""
        case, number, loaded = self.case, self.place[1], self._loaded
        known = loaded.answered if self.cache is loaded.cache and probe == loaded.probe else None
        suite_probe: SuiteProbe | None = case.probes[number] if case.probes else None
        expected = suite_probe.expect if suite_probe is not None else None
        if probe != self.original or case.rules != self.cache.rules.name:
            expected = None
        return LookUp(self.cache, probe, expected, number if case.walk else None, known)

    def _daemon_at(self, number: int) -> Daemon:
        """Return the daemon of a case: its own, or the current one if it names none."""
        case = self.opened.cases[number]
        names_daemon = number != self.place[0] and (case.rules or case.store.release is not None)
        return daemon_known(case) if names_daemon else self.daemon

    def _walk_to_probe(self) -> None:
        """In a walk, use the cache as the probes before this one left it."""
        if _depends_on_earlier(self.case):
            self.cache = _probe_and_cache(self.case, self.place[1], self.cache)[1]


def _daemon_of(loaded: OpenedStore) -> Daemon:
    return loaded.daemon or daemon_of(loaded.opened.cases[0], loaded.cache.rules.name)


def _depends_on_earlier(case: OpenedCase) -> bool:
    return bool(case.probes) and (case.walk or bool(case.layer_content))


def _probe_and_cache(case: OpenedCase, number: int, cache: ImageCache) -> tuple[Probe, ImageCache]:
    """Return a probe of a case, and its cache, which in a walk is as the probes before it left it."""
    layers = dict(case.layer_content)
    probe, own = probe_and_cache(case.store, cache.rules, case.probes, number, walk=case.walk, layers=layers)
    return probe, own if _depends_on_earlier(case) else cache
