"""A walk: probes that are looked up one after another in one cache and one store, which they may change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from copy import copy
from typing import Final

from cacheview.engine.build_cache import BuildCache
from cacheview.engine.cache import ImageCache
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import Verdict
from cacheview.model import SCRATCH, ImageStore, Probe, SuiteProbe
from cacheview.model.effort import go_on

__all__ = ["PREVIOUS", "Walk", "answers_in_walk", "continued", "probe_after"]

PREVIOUS = "@prev"
"""In a walk, a probe with this parent continues from the image of the last hit, or from scratch if there was none."""

_MAX_IMAGES: Final = 1_000_000
"""The most references to images in the stores that a walk keeps, counting every store as the largest possible one.
Their origins are not counted."""


def probe_after(suite_probe: SuiteProbe, previous: str = SCRATCH) -> Probe:
    """Return a suite's probe as it is looked up, with `PREVIOUS` replaced by that image."""
    return continued(suite_probe.probe, previous)


def continued(probe: Probe, previous: str) -> Probe:
    """Return a probe with the parent `PREVIOUS` replaced by that image."""
    return probe.model_copy(update={"parent": previous}) if probe.parent == PREVIOUS else probe


def answers_in_walk(store: ImageStore, rules: RuleSet, probes: Sequence[SuiteProbe]) -> Iterator[tuple[Probe, Verdict]]:
    """Yield each probe of a walk as it is looked up, and its answer."""
    state = _State.first(store, rules, probes)
    for suite_probe in probes:
        go_on()
        yield state.look_up(suite_probe)


class _State:
    """The state of a walk before a probe.

    Attributes:
        build_cache: the cache as the earlier probes left it.
        previous: the image that `PREVIOUS` refers to.
    """

    def __init__(self, build_cache: BuildCache) -> None:
        self.build_cache = build_cache
        self.previous = SCRATCH

    @staticmethod
    def first(store: ImageStore, rules: RuleSet, probes: Sequence[SuiteProbe]) -> _State:
        """Return the state before the first probe."""
        # A walk uses one cache object, created with the references of the first probe.
        return _State(BuildCache(store, rules, probes[0].probe.cache_from if probes else ()))

    def fork(self) -> _State:
        """Return an independent copy, without indexes."""
        result = copy(self)
        result.build_cache = self.build_cache.fork(with_indexes=False)
        return result

    def probe(self, suite_probe: SuiteProbe) -> Probe:
        """Return a probe as it is looked up in this state."""
        return self.build_cache.with_references(probe_after(suite_probe, self.previous))

    def look_up(self, suite_probe: SuiteProbe) -> tuple[Probe, Verdict]:
        """Look up the next probe, and go on to the state after it."""
        probe, verdict = self.build_cache.look_up(self.probe(suite_probe))
        self._see(verdict)
        return probe, verdict

    def follow(self, verdict: Verdict) -> None:
        """Go on to the state after the next probe, whose answer is known."""
        self.build_cache.follow(verdict)
        self._see(verdict)

    def _see(self, verdict: Verdict) -> None:
        if verdict.image is not None:
            self.previous = verdict.image.id


class Walk:
    """A walk through one store, whose probes are looked up as far as they are needed, each of them once.

    It keeps all answers. It also keeps the states before the probes, each with its store. In a large store, these are
    only the most recently used ones, and always the last one; a state that was dropped is created again from the
    answers, starting from the nearest earlier one.

    Several threads may use it at the same time, and none waits for another one's lookups: each goes on from the kept
    states, which never change. If two go on at the same time, their results are equal.

    Args:
        probes: of a suite.
        max_states: the most states to keep, at least 1; None: as many as there is memory for.
    """

    def __init__(
        self, store: ImageStore, rules: RuleSet, probes: Sequence[SuiteProbe], max_states: int | None = None
    ) -> None:
        self.store = store
        self.rules = rules
        self.probes = probes
        self._first = _State.first(store, rules, probes)
        if max_states is None:
            max_states = max(1, _MAX_IMAGES // max(1, len(store.images) + len(probes)))  # each probe adds at most one
        self._max_states = max_states
        self._states: OrderedDict[int, _State] = OrderedDict()  # by the number of the probe, the last used one last
        self._answers: list[tuple[Probe, Verdict]] = []
        self._lock = threading.Lock()  # of these two; held only for a moment

    def distance(self, number: int) -> int:
        """Return how many states lie between the nearest kept one and that before the Nth probe, from 0."""
        with self._lock:
            return number - self._nearest(number)

    def at(self, number: int) -> tuple[Probe, ImageCache]:
        """Return the Nth probe, from 0, as it is looked up, and a new cache, as the earlier probes left it.

        Earlier probes that have no answer yet are looked up. If that is canceled, those already answered stay.
        """
        state = self._state(number)
        return state.probe(self.probes[number]), state.fork().build_cache.cache

    def previous(self, number: int) -> str:
        """Return the image that `PREVIOUS` refers to in the Nth probe, from 0. Looks up earlier probes as `at` does."""
        return self._state(number).previous

    def answers_before(self, number: int) -> Sequence[tuple[Probe, Verdict]]:
        """Return the probes before the Nth, from 0, as they are looked up, and their answers."""
        if len(self._answers) < number:
            self._state(number)
        return self._answers[:number]

    def _nearest(self, number: int) -> int:
        """Return the number of the nearest kept state at or before the Nth."""
        return max((kept for kept in self._states if kept <= number), default=0)

    def _state(self, number: int) -> _State:
        """Return the state before the Nth probe, which must not be changed."""
        with self._lock:
            start = self._nearest(number)
            if start:
                self._states.move_to_end(start)
            state = self._states[start] if start else self._first
        walked = state.fork() if start < number else state
        for place in range(start, number):
            if place < len(self._answers):
                answer = self._answers[place]
                walked.follow(answer[1])
            else:
                answer = walked.look_up(self.probes[place])
            go_on()  # canceled work must not displace the states of other work
            state = walked.fork()
            self._keep(place, answer, state)
        return state

    def _keep(self, place: int, answer: tuple[Probe, Verdict], after: _State) -> None:
        with self._lock:
            if place == len(self._answers):  # otherwise another thread was first
                self._answers.append(answer)
            self._states[place + 1] = after
            self._states.move_to_end(place + 1)
            if len(self._states) > self._max_states:
                self._states.popitem(last=False)
