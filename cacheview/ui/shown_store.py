"""The shown store: its case and probe, its cache, and the daemon whose answers are computed. No Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cacheview.cases import Daemon, daemon_chosen, daemon_known, daemon_of, first_probe, rules_named
from cacheview.engine import Explanation, ImageCache, explain
from cacheview.engine.build_cache import with_new_id
from cacheview.engine.case_results import differences_from
from cacheview.engine.host import builder_platform
from cacheview.model import SCRATCH, DataError, ImageStore, Probe
from cacheview.model.once import is_computed
from cacheview.stores.change import StoreChanges, changes
from cacheview.stores.suite_cases import probe_count
from cacheview.ui.loaded import ShownPlace
from cacheview.ui.original import Original
from cacheview.ui.walks import Walks, daemon_again, is_walk, place_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacheview.engine import RuleSet, Verdict
    from cacheview.engine.walk import Walk
    from cacheview.model import SuiteProbe
    from cacheview.stores.opened_location import OpenedCase, OpenedLocation
    from cacheview.ui.document import Place
    from cacheview.ui.images.tree import Forest
    from cacheview.ui.loaded import OpenedStore

__all__ = ["LookUp", "ProbeAnswer", "ShownStore"]

_MAX_IMAGES_AT_ONCE: Final = 5_000  # all of them are searched in a few milliseconds


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
        expected: the suite's probe, if it has an expectation with the rules of the cache; None: there is none.
        number: number of the probe in a walk; None: it is not in a walk.
        known_answer: the explanation and its time in milliseconds, if the probe has already been looked up.
    """

    cache: ImageCache
    probe: Probe
    expected: SuiteProbe | None = None
    number: int | None = None
    known_answer: tuple[Explanation, float] | None = None

    def answer(self) -> ProbeAnswer:
        """Look up the probe."""
        explanation, milliseconds = self.known_answer or self._explain()
        differences = None
        if self.expected is not None:
            verdict = explanation.verdict
            shown = verdict if self.number is None else with_new_id(verdict, self.number)
            differences = tuple(differences_from(self.expected, shown))
        return ProbeAnswer(explanation, milliseconds, differences)

    def _explain(self) -> tuple[Explanation, float]:
        started_at = time.perf_counter()
        explanation = explain(self.cache, self.probe, at_once=False)
        return explanation, (time.perf_counter() - started_at) * 1000


class ShownStore:
    """One opened location, and the user's place in it.

    Attributes:
        cache, daemon: the cache, and the daemon whose answers it computes: those of the case, or chosen by the user;
            while changes of the store are supposed, those of the changed store.
        place: the numbers of the case and of its probe.
        original: the unedited probe of the place, with the rules in use.
        change: the changes found by the last reload; None: there was no reload, or another case was chosen since.
        changed_since: the time when the store in ``change`` was read, in seconds since the epoch.
    """

    def __init__(self, loaded: OpenedStore) -> None:
        self.place: Place = (0, 0)
        self.original = _first_of(loaded)
        self.change: StoreChanges | None = None
        self.changed_since = 0.0
        self._load(loaded)

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
        return self._loaded, self.cache, self.change, self._walks

    @property
    def walk(self) -> Walk | None:
        """The walk of the place; None: it is not in a walk."""
        return self._walks.shown

    @property
    def earlier_answers(self) -> Sequence[tuple[Probe, Verdict]]:
        """In a walk, the probes before this one, as they were looked up in the actual store, and their answers."""
        return self.walk.answers_before(self.place[1]) if self.walk is not None else ()

    @property
    def shown_place(self) -> ShownPlace:
        """The place, and the daemon of the actual store. Works in any thread."""
        return ShownPlace(self.place, self._actual_daemon, self._chosen_rules)

    @property
    def instead_of(self) -> str:
        """Why this is open instead of the requested store; empty: it is the requested store."""
        return self._loaded.instead_of

    def open(self, loaded: OpenedStore) -> None:
        """Show another location, starting with its first case and probe."""
        self.place, self.original, self.change = (0, 0), _first_of(loaded), None
        self._load(loaded)

    def reload(self, loaded: OpenedStore) -> None:
        """Show the reloaded location, at the same place if that still exists.

        The original probe is that of the suite as it is now. Without probes, it stays.

        In a walk, the probes before the place are looked up here, unless ``loaded`` has their answers.
        """
        before, self.changed_since = self.store, self._loaded.read_at
        self.place = place_in(loaded.opened.cases, self.place)
        case, number = loaded.opened.cases[self.place[0]], self.place[1]
        if case.probes:
            self.original = _original(case, number)
        self._load(loaded)
        compared_stores = loaded.compared_stores
        if compared_stores is not None and compared_stores[0] is before and compared_stores[1] is self.store:
            self.change = compared_stores[2]
        else:
            self.change = changes(before, self.store)

    def _load(self, loaded: OpenedStore) -> None:
        self._loaded = replace(loaded, compared_stores=None, walk=None)  # drops the previous store
        self._walks = Walks(loaded.walk)
        is_first_case = self.place[0] == 0
        if is_first_case:
            self._use_daemon(_daemon_of(loaded), loaded.chosen_rules)
        else:
            self._use_daemon(daemon_again(self.case, self.shown_place), self._chosen_rules)
        self.cache = self._cache_here(loaded.cache if is_first_case else None)

    def _use_daemon(self, daemon: Daemon, chosen_rules: str) -> None:
        """Compute the answers of a daemon. ``chosen_rules``: the name by which the user chose it; empty: none."""
        self.daemon = self._actual_daemon = daemon
        self._chosen_rules = chosen_rules

    def _cache_here(self, prepared: ImageCache | None) -> ImageCache:
        """Return a cache of the current place with the rules of the daemon.

        ``prepared``: an existing one, which is used if it is of the same store.
        """
        case, number, rules = self.case, self.place[1], self.daemon.rules
        walk = self._walks.get(case, rules) if is_walk(case) else None
        self._walks.show(walk)
        if walk is not None and number:
            self.original, cache = _in_walk(walk, number)
            return cache
        fits = prepared is not None and prepared.store is case.store
        return prepared if prepared is not None and fits else ImageCache(case.store, rules)

    def has_place(self, place: Place) -> bool:
        """Whether there is a probe at a place."""
        number, probe = place
        cases = self.opened.cases
        return 0 <= number < len(cases) and 0 <= probe < max(1, probe_count(cases, number))

    def is_near(self, place: Place, rules: RuleSet | None = None) -> bool:
        """Whether `move` to a place takes only a moment, and with ``rules``, `use_rules` at this place.

        Its case must be available.
        """
        case = self.opened.cases[place[0]]
        if not _is_known(case):
            return False
        return not is_walk(case) or self._walks.is_near(case, place[1], rules or self._rules_at(place[0]))

    def prepare(self, place: Place, rules: RuleSet | None = None) -> None:
        """Compute what a place needs so that it `is_near`: its daemon and probe, and in a walk, all earlier answers.

        Works in any thread.
        """
        case = self.opened.cases[place[0]]
        daemon_known(case)
        builder_platform(case.store)  # a daemon with unknown rules may lack it
        if not case.probes:
            first_probe(case.store)
        if is_walk(case):
            self._walks.get(case, rules or self._rules_at(place[0])).at(place[1])

    def _rules_at(self, number: int) -> RuleSet:
        return self._daemon_at(number).rules

    def _original_at(self, place: Place) -> tuple[Original, ImageCache]:
        """Return the unedited probe of a place, and the cache to look it up in."""
        number, probe = place
        case, rules = self.opened.cases[number], self._rules_at(number)
        if is_walk(case):
            return _in_walk(self._walks.get(case, rules), probe)
        cache = self.cache if number == self.place[0] else ImageCache(case.store, rules)
        return _original(case, probe), cache

    def move(self, place: Place) -> None:
        """Move to another place, with its cache and rules."""
        case, daemon = self.opened.cases[place[0]], self._daemon_at(place[0])
        self.original, self.cache = self._original_at(place)
        self._walks.show(self._walks.get(case, daemon.rules) if is_walk(case) else None)
        self._use_daemon(daemon, self._chosen_rules if daemon is self._actual_daemon else "")
        if place[0] != self.place[0]:
            self.change = None
        self.place = place

    def use_rules(self, name: str, cache: ImageCache | None = None) -> bool:
        """Use the rules with a name, and their builder; without a name, those of the case.

        Returns whether they differ from the previous ones.

        In a walk, this looks up the probes before the place, unless it `is_near` with these rules.

        ``cache``: a cache with these rules and existing indexes, which is used if it is of the current store.

        Raises:
            DataError: the name is not known.
        """
        daemon, own, before = daemon_chosen(self.case, name), daemon_known(self.case), self.daemon
        if (daemon.rules, daemon.version) == (own.rules, own.version):
            daemon = own
        self._use_daemon(daemon, name)
        if (daemon.rules, daemon.version) == (before.rules, before.version):
            return False
        if daemon.rules is not self.cache.rules:
            self.cache = self._cache_here(cache)
        return True

    def look_up(self, probe: Probe) -> LookUp:
        """Return the lookup of a probe in the current cache."""
        case, number, loaded = self.case, self.place[1], self._loaded
        answered = loaded.answered if self.cache is loaded.cache and probe == loaded.probe else None
        expected = case.probes[number] if case.probes and case.probes[number].expect is not None else None
        if probe != self.original.probe or not _are_rules_of(case, self.cache.rules):
            expected = None
        return LookUp(self.cache, probe, expected, number if case.walk else None, answered)

    def _daemon_at(self, number: int) -> Daemon:
        """Return the daemon of a case: its own, or the current one if it names none."""
        case = self.opened.cases[number]
        names_daemon = number != self.place[0] and (case.rules or case.store.release is not None)
        return daemon_known(case) if names_daemon else self._actual_daemon


def _first_of(loaded: OpenedStore) -> Original:
    case = loaded.opened.cases[0]
    return _original(case, 0) if case.probes else Original(loaded.probe)


def _original(case: OpenedCase, number: int) -> Original:
    """Return a probe that is the first one of a walk, or in none."""
    return Original(case.probes[number].probe, SCRATCH) if case.probes else Original(first_probe(case.store))


def _in_walk(walk: Walk, number: int) -> tuple[Original, ImageCache]:
    probe, cache = walk.at(number)
    held = probe.model_copy(update={"parent": walk.probes[number].parent})
    return Original(held, walk.previous(number)), cache


def _are_rules_of(case: OpenedCase, rules: RuleSet) -> bool:
    """Return whether a case is for these rules, as `probe_results` reads their name."""
    try:
        return rules_named(case.rules).rules is rules
    except DataError:
        return False


def _is_known(case: OpenedCase) -> bool:
    """Return whether the daemon and the first probe of a case are computed, or take only a moment."""
    if len(case.store.images) <= _MAX_IMAGES_AT_ONCE:
        return True
    return is_computed(builder_platform, case.store) and (bool(case.probes) or is_computed(first_probe, case.store))


def _daemon_of(loaded: OpenedStore) -> Daemon:
    return loaded.daemon or daemon_of(loaded.opened.cases[0], loaded.cache.rules.name)
