"""The walks of the shown store. Whatever takes more than a moment is looked up in another thread. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cacheview.cases import daemon_chosen
from cacheview.engine.walk import Walk
from cacheview.stores.suite_cases import probe_count

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.engine import RuleSet
    from cacheview.stores.opened_location import OpenedCase
    from cacheview.ui.document import Place
    from cacheview.ui.loaded import OpenedStore, ShownPlace

__all__ = ["ReloadedPlace", "Walks", "daemon_again", "is_walk", "place_in", "reloaded_place"]

_OVERHEAD_IN_IMAGES: Final = 1_000
"""The number of images among which a lookup takes about twice as long as in an empty store: a millisecond."""
_MAX_QUICK_COST: Final = 33 * _OVERHEAD_IN_IMAGES
"""The number of probes times the number of images and `_OVERHEAD_IN_IMAGES`, up to which a walk takes only a moment."""


class Walks:
    """The walk of the shown place, and those of a place and of rules that are about to be shown.

    Its methods may be called in any thread.

    Args:
        shown: the walk of the shown place; None: it is not in a walk.
    """

    def __init__(self, shown: Walk | None = None) -> None:
        self.shown = shown
        self._next: tuple[Walk, ...] = ()  # the latest first: one for a place, and one for rules

    def is_near(self, case: OpenedCase, number: int, rules: RuleSet) -> bool:
        """Return whether the state before a probe is known, or is found in a moment."""
        walk = self._known(case, rules)
        return _is_near(case, number if walk is None else walk.distance(number))

    def get(self, case: OpenedCase, rules: RuleSet) -> Walk:
        """Return the walk of a case that `is_walk`, as far as it is known."""
        walk = self._known(case, rules)
        if walk is None:
            walk = _walk_of(case, rules)
            self._next = (walk, *self._next[:1])
        return walk

    def show(self, walk: Walk | None) -> None:
        """From now on, a probe of this walk is shown; None: of none."""
        self.shown, self._next = walk, tuple(other for other in self._next if other is not walk)

    def _known(self, case: OpenedCase, rules: RuleSet) -> Walk | None:
        known = (walk for walk in (self.shown, *self._next) if walk is not None)
        return next((walk for walk in known if _is_of(walk, case, rules)), None)


def is_walk(case: OpenedCase) -> bool:
    """Return whether the answers to a case's probes depend on the probes before them."""
    return case.walk and bool(case.probes)


def _walk_of(case: OpenedCase, rules: RuleSet) -> Walk:
    return Walk(case.store, rules, case.probes)


def _is_of(walk: Walk, case: OpenedCase, rules: RuleSet) -> bool:
    return walk.probes is case.probes and walk.store is case.store and walk.rules == rules


def _is_near(case: OpenedCase, distance: int) -> bool:
    return distance * (len(case.store.images) + _OVERHEAD_IN_IMAGES) <= _MAX_QUICK_COST


def daemon_again(case: OpenedCase, shown: ShownPlace) -> Daemon:
    """Return the daemon of a case that was read again: the user's choice, or else the one that the case names now."""
    names_daemon = bool(case.rules) or case.store.release is not None
    return daemon_chosen(case, shown.chosen_rules) if shown.chosen_rules or names_daemon else shown.daemon


def place_in(cases: Sequence[OpenedCase], place: Place) -> Place:
    """Return a place in a location that was read again: the same one if it still exists."""
    case, number = place
    case = case if case < len(cases) else 0
    return case, min(number, max(0, probe_count(cases, case) - 1))


@dataclass(frozen=True)
class ReloadedPlace:
    """A place in a location that was read again, and is about to be shown there.

    Attributes:
        walk: as far as it is known; None: the place is not in a walk.
    """

    case: OpenedCase
    number: int
    walk: Walk | None

    @property
    def is_near(self) -> bool:
        """Whether showing it takes only a moment."""
        return self.walk is None or _is_near(self.case, self.walk.distance(self.number))


def reloaded_place(loaded: OpenedStore, shown: ShownPlace) -> ReloadedPlace:
    """Return what is shown in a location that was read again, instead of a place shown so far. Works in any thread."""
    cases = loaded.opened.cases
    case_number, number = place_in(cases, shown.place)
    case = cases[case_number]
    if not is_walk(case):
        return ReloadedPlace(case, number, None)
    rules = loaded.cache.rules if case_number == 0 else daemon_again(case, shown).rules
    walk = loaded.walk
    if walk is None or not _is_of(walk, case, rules):
        walk = _walk_of(case, rules)
    return ReloadedPlace(case, number, walk)
