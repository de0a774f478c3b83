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
from cacheview.engine.matrix import Matrix, MatrixRow, RuleSetCaches, compare, grouped, row_of
from cacheview.model import ImageStore, Probe
from cacheview.report import matrices
from cacheview.ui.compare.line import RuleSetAnswer

if TYPE_CHECKING:
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
    """The caches of one store for all rule sets, kept from one probe to the next.

    With 10,000 candidates, the first lookup with each rule set takes some tenths of a second, and later ones well under
    a millisecond. The pieces of work that it returns may run in any thread and at the same time: they wait for one
    another, and a lookup lets the others run after each rule set.
    """

    def __init__(self, store: ImageStore) -> None:
        self.store = store
        self._caches = RuleSetCaches(store)
        self._parents: set[str] = set()  # the parents that were looked up
        self._lock = threading.Lock()
        self._free = threading.Event()  # cleared while a shorter work is waiting
        self._free.set()

    def looking_up(self, probe: Probe, known: MatrixRow) -> Work:
        """Return work that looks up all rule sets except one whose row is already known.

        Its partial results are dictionaries with the `RuleSetAnswer` of each rule set with an answer so far, by name:
        first only the verdicts, then also what decided. Its result is a list of all answers, in groups.
        """
        first = RuleSetAnswer.of(known)

        def work(report: Report) -> object:
            started_at = time.monotonic()
            lines = self._verdicts(report, probe, first)
            rows = self._rows(report, probe, known, lines)
            took_long = time.monotonic() - started_at > _SHOWN_TOGETHER_SECONDS
            if took_long and probe.parent not in self._parents:  # many indexes were created
                freeze_more()  # keeps garbage collection, which may run in the UI thread, from scanning them
            self._parents.add(probe.parent)
            with self._turn():
                groups = grouped(probe, rows, self._caches).groups
            return [
                replace(lines[row.rules.name], group=number)
                for number, group in enumerate(groups)
                for row in group.rows
            ]

        return work

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
        rows = []
        started_at = time.monotonic()
        for done, rules in enumerate(RULE_SETS.values()):
            many = len(RULE_SETS)
            report(many + done, 2 * many, f"Finding the deciding checks: {done} of {many} rule sets")
            if rules is known.rules:
                rows.append(known)
                continue
            with self._turn():
                cache = self._caches.cache(rules)
                row = row_of(cache, probe)
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
                text = FORMS[form](compare(self.store, probe, caches=self._caches), own)
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
