"""Looks up one probe using all rule sets of one store, in another thread. No Qt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cacheview.cases import Daemon
from cacheview.collector import freeze_more
from cacheview.engine import RULE_SETS, RuleSet, explain
from cacheview.engine.matrix import Matrix, MatrixRow, compare, grouped, row_of
from cacheview.engine.rule_set_caches import RuleSetCaches, WalkCaches
from cacheview.model import ImageStore, Probe
from cacheview.report import matrices
from cacheview.ui.compare.line import RuleSetAnswer

if TYPE_CHECKING:
    from cacheview.engine.walk import Walk
    from cacheview.ui.loading import Report, Work

__all__ = ["FORMS", "RuleSetLookup"]

_SHOWN_TOGETHER_SECONDS: Final = 0.05
"""The seconds within which all verdicts are shown together. Once the indexes exist, they take less."""

FORMS: Final[dict[str, Callable[[Matrix, Daemon], str]]] = {
    "text": matrices.matrix_as_text,
    "Markdown": matrices.matrix_as_markdown,
    "JSON": matrices.matrix_as_json,
}
"""The formats for copying the table."""


class RuleSetLookup:
    """The caches of one store or of one place in a walk for all rule sets, kept from one probe to the next.

    With 10,000 candidates, the first lookup with each rule set takes some tenths of a second, and later ones well under
    a millisecond. The pieces of work that it returns may run in any thread and at the same time: they wait for one
    another, and a lookup lets the others run after each rule set.

    In a walk, each rule set first has to look up the earlier probes.

    Args:
        store: the store that is shown.
        walk: any walk through the case, and the number of the place in it; None: the store alone decides.
        earlier: the lookup at another place, whose walks are continued.
    """

    def __init__(
        self, store: ImageStore, walk: tuple[Walk, int] | None = None, earlier: RuleSetLookup | None = None
    ) -> None:
        self._caches = RuleSetCaches(store)
        if walk is not None:
            caches = earlier._caches if earlier is not None else None
            known = caches if isinstance(caches, WalkCaches) and caches.is_in(walk[0]) else None
            self._caches = WalkCaches(*walk, known)
        self._parents: set[str] = set()  # the parents that were looked up
        self._lock = threading.Lock()
        self._free = threading.Event()  # cleared while a shorter work is waiting
        self._free.set()

    def is_at(self, store: ImageStore, walk: tuple[Walk, int] | None) -> bool:
        """Return whether the answers here are those of a store, or of a place in a walk; see the arguments above."""
        caches = self._caches
        if isinstance(caches, WalkCaches):
            return walk is not None and caches.is_in(walk[0]) and caches.number == walk[1]
        return walk is None and caches.store is store

    def looking_up(self, probe: Probe, known: MatrixRow) -> Work:
        """Return work that looks up all rule sets except one whose row is already known.

        Its partial results are dictionaries with the `RuleSetAnswer` of each rule set with an answer so far, by name:
        first only the verdicts, then also what decided. In a walk, both come together. Its result is a list of all
        answers, in groups.
        """
        first = RuleSetAnswer.of(known)

        def work(report: Report) -> object:
            started_at = time.monotonic()
            lines = {first.rules.name: first} if self._is_walk else self._verdicts(report, probe, first)
            rows = self._rows(report, probe, known, lines)
            took_long = time.monotonic() - started_at > _SHOWN_TOGETHER_SECONDS
            if took_long and probe.parent not in self._parents:  # many indexes were created
                freeze_more()  # keeps garbage collection, which may run in the UI thread, from scanning them
            self._parents.add(probe.parent)
            return [
                replace(lines[row.rules.name], group=number)
                for number, group in enumerate(grouped(rows))
                for row in group
            ]

        return work

    @property
    def _is_walk(self) -> bool:
        return isinstance(self._caches, WalkCaches)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Acquire the caches once no shorter work is waiting for them."""
        self._free.wait()
        with self._lock:
            yield

    @contextmanager
    def _first(self) -> Iterator[None]:
        """Acquire the caches as soon as possible."""
        self._free.clear()
        try:
            with self._lock:
                yield
        finally:
            self._free.set()

    def _verdicts(self, report: Report, probe: Probe, first: RuleSetAnswer) -> dict[str, RuleSetAnswer]:
        lines = {first.rules.name: first}
        started_at = time.monotonic()
        for rules in RULE_SETS.values():
            report(len(lines), 2 * len(RULE_SETS), f"Querying: {len(lines)} of {len(RULE_SETS)} rule sets")
            if rules.name not in lines:
                with self._turn():
                    lines[rules.name] = RuleSetAnswer(rules, self._caches.cache(rules).verdict(probe))
            if len(lines) == len(RULE_SETS) or time.monotonic() - started_at > _SHOWN_TOGETHER_SECONDS:
                report.part(lambda: dict(lines))
        return lines

    def _rows(self, report: Report, probe: Probe, known: MatrixRow, lines: dict[str, RuleSetAnswer]) -> list[MatrixRow]:
        """Return the complete rows in order. The answers in ``lines`` are completed too."""
        rows: list[MatrixRow] = []
        started_at, many = time.monotonic(), len(RULE_SETS)

        def show(what: str) -> None:
            earlier = 0 if self._is_walk else many
            report(earlier + len(rows), earlier + many, f"{what}: {len(rows)} of {many} rule sets")

        for rules in RULE_SETS.values():
            show("Finding the deciding checks")
            if rules is known.rules:
                rows.append(known)
                continue
            with self._turn():
                for number in self._caches.approach(rules):
                    show(f"Looking up earlier probe {number + 1}")
                row = row_of(*self._caches.lookup(rules, probe))
                lines[rules.name] = RuleSetAnswer.of(row)
            rows.append(row)
            if time.monotonic() - started_at > _SHOWN_TOGETHER_SECONDS:
                report.part(lambda: dict(lines))
        return rows

    def copying(self, probe: Probe, own: Daemon, form: str) -> Work:
        """Return work whose result is the table in one of `FORMS`, with the full sentence of each answer."""

        def work(report: Report) -> object:
            with self._first():
                report(0, None, "Copying")
                text = FORMS[form](compare(self._caches.store, probe, caches=self._caches), own)
                freeze_more()  # as in `looking_up`
                return text

        return work

    def preparing(self, rules: RuleSet, probe: Probe) -> Work:
        """Return work whose result is the cache of one rule set, with all indexes for explaining the probe.

        The caller then owns the cache. If it is needed here again, another one is created.
        """

        def work(report: Report) -> object:
            with self._first():
                report(0, None, "Preparing")
                cache = self._caches.cache(rules)
                explain(cache, probe, at_once=False).prepare()
                freeze_more()  # keeps garbage collection, which may run in the UI thread, from scanning the indexes
                return self._caches.release(rules)

        return work
