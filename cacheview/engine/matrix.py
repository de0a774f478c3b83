"""The answers of many rule sets to one probe, side by side, and the checks that decided."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cacheview.engine.cache import ImageCache
from cacheview.engine.deciding_check import DecidingCheck
from cacheview.engine.explain import Explanation, deciding_check, explain
from cacheview.engine.rule_set_caches import RuleSetCaches
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets import RULE_SETS
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.engine.words import matrix as words
from cacheview.model import ImageStore, Probe
from cacheview.model.effort import Effort

__all__ = ["Matrix", "MatrixGroup", "MatrixRow", "compare", "grouped", "row_of"]


@dataclass(frozen=True)
class MatrixRow:
    """The answer of one rule set. ``deciding`` is None if no single check decided."""

    rules: RuleSet
    verdict: Verdict
    deciding: DecidingCheck | None

    @property
    def key(self) -> Hashable:
        """A key that is equal for rows with the same answer for the same reason."""
        verdict, deciding = self.verdict, self.deciding
        image = verdict.image.id if verdict.image is not None else None
        why: Hashable = None
        if verdict.outcome is VerdictOutcome.MISS and deciding is not None:
            check, subject = deciding.check, deciding.subject
            why = (
                deciding.stage.kind,
                subject.image.id if subject is not None else None,
                check.name if check is not None else None,
            )
        if verdict.unknown is not None:
            images = tuple(image.id for image in verdict.unknown.images)
            why = (verdict.unknown.outcomes, images, verdict.unknown.may_hit_others, verdict.unknown.aspects)
        return (verdict.outcome, image, verdict.stage, verdict.is_new, verdict.error, why)

    @property
    def why(self) -> str:
        """The reason for the answer, in a few words."""
        deciding = self.deciding
        if deciding is None:
            return words.why(self.verdict)
        subject = deciding.subject
        return words.why(self.verdict, deciding.stage.kind, deciding.check, subject.image if subject else None)


@dataclass(frozen=True)
class MatrixGroup:
    """Rule sets that give the same answer for the same reason, in order.

    Attributes:
        cache, probe: the cache of the first of them, and the probe as it looks it up.
    """

    rows: tuple[MatrixRow, ...]
    cache: ImageCache
    probe: Probe

    @property
    def verdict(self) -> Verdict:
        """The answer that they all give."""
        return self.rows[0].verdict

    @cached_property
    def explanation(self) -> Explanation:
        """The complete explanation, using the first of the rule sets; computed on first use."""
        return explain(self.cache, self.probe)

    def __contains__(self, rules: RuleSet) -> bool:
        return any(row.rules is rules for row in self.rows)


@dataclass(frozen=True)
class Matrix:
    """All answers to one probe, and groups of equal answers, in the order of their first rule set.

    Attributes:
        probe: the probe, as `compare` was called with it.
        earlier_probes: the number of probes in a walk that each rule set looked up before it.
    """

    probe: Probe
    rows: tuple[MatrixRow, ...]
    groups: tuple[MatrixGroup, ...] = field(default=())
    earlier_probes: int = 0


def row_of(cache: ImageCache, probe: Probe) -> MatrixRow:
    """Return the row of one rule set. Raises `LimitError` if that takes too long."""
    with Effort.about(len(cache.store.images)).spent():
        return MatrixRow(cache.rules, *deciding_check(cache, probe))


def grouped(rows: Iterable[MatrixRow]) -> Sequence[tuple[MatrixRow, ...]]:
    """Return groups of rows with the same answer for the same reason, in the order of their first row."""
    by_key: dict[Hashable, list[MatrixRow]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    return [tuple(group) for group in by_key.values()]


def compare(
    store: ImageStore, probe: Probe, rules: Iterable[RuleSet] = RULE_SETS.values(), caches: RuleSetCaches | None = None
) -> Matrix:
    """Look up one probe under many rule sets.

    Args:
        store: the images; in a walk, before its first probe.
        caches: of the same store, kept from one probe to the next. Raises ValueError if they belong to another store.
    """
    caches = caches or RuleSetCaches(store)
    if caches.store is not store:
        raise ValueError(words.OTHER_STORE)
    rows: list[MatrixRow] = []
    lookups: dict[Hashable, tuple[ImageCache, Probe]] = {}
    for each in rules:
        lookup = caches.lookup(each, probe)
        row = row_of(*lookup)
        rows.append(row)
        lookups.setdefault(row.key, lookup)  # no other cache is needed any longer
    groups = tuple(MatrixGroup(group, *lookups[group[0].key]) for group in grouped(rows))
    return Matrix(probe, tuple(rows), groups, caches.earlier_probes)
