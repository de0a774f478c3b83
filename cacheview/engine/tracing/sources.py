"""The checks of the images that ``--cache-from`` brings in, and of whether the local match counts."""

from __future__ import annotations

from collections.abc import Sequence

from cacheview.engine.check import ABSENT, UNKNOWN, Check, CheckKind, CheckOutcome
from cacheview.engine.doubts import doubts_about
from cacheview.engine.history import IsParent, descends, descent_doubts
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.lineage import Lineage
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import joined
from cacheview.engine.trace import Stage, Subject, outcome_of
from cacheview.engine.tracing.lazy import LazySequence
from cacheview.engine.verdict import StageKind, Verdict
from cacheview.engine.words import trace as words
from cacheview.model import Image, ImageStore

__all__ = ["cache_from_stage", "descent_stage"]

PASSED, FAILED, NOT_REACHED = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.NOT_REACHED


def cache_from_stage(lineages: Sequence[Lineage]) -> Stage:
    """Return the stage of the references, with the sources that each brings in."""
    total = sum(len(lineage.sources) for lineage in lineages)
    return Stage(
        StageKind.CACHE_FROM,
        PASSED if total else FAILED,
        words.sources_of(total, len(lineages)),
        LazySequence(len(lineages), lambda i: _reference_check(i, lineages[i])),
    )


def _reference_check(i: int, lineage: Lineage) -> Check:
    def source_check(place: int) -> Check:
        # How far the walk goes depends on the parents of earlier images.
        links = [doubt for step in lineage.sources[:place] for doubt in doubts_about(step, "parent")]
        doubts = joined(lineage.doubts, links)
        path = ("cache_from", i, "sources", place)
        source_id = lineage.sources[place].id
        return Check(CheckKind.SOURCE, PASSED, ABSENT, source_id, "cache_from", doubts=doubts, path=path)

    doubts = joined(lineage.doubts, lineage.open_ended)
    return Check(
        CheckKind.REFERENCE,
        outcome_of(bool(lineage.sources), doubts),
        lineage.reference,
        lineage.image.id if lineage.image is not None else ABSENT,
        "cache_from",
        lineage.reason(),
        LazySequence(len(lineage.sources), source_check),
        doubts,
        ("cache_from", i),
    )


def descent_stage(verdict: Verdict, cache: KnownCache) -> Stage:
    """Return the stage that decides whether the local match counts: a source must have it as a parent or ancestor."""
    store, rules = cache.store, cache.rules
    sources, answer = verdict.sources, verdict.local
    if answer is None:
        subjects = LazySequence(
            len(sources),
            lambda i: Subject(sources[i], "source", NOT_REACHED, lambda: (_not_reached(sources[i]),)),
        )
        return Stage(StageKind.DESCENT, NOT_REACHED, words.NO_LOCAL_ANSWER, subjects=subjects, images=sources)
    not_below: set[str] = set()
    results = LazySequence(len(sources), lambda i: descends(sources[i], answer, store, rules, not_below))
    end = next((i for i in range(len(sources)) if results[i] is not IsParent.NO), len(sources))
    kin = "its parent" if rules.reads_one_parent else "an ancestor"

    def make(i: int) -> Subject:
        source = sources[i]
        if i > end:
            return Subject(source, "source", NOT_REACHED, lambda: (_not_reached(source),))
        doubts = descent_doubts(source, answer, store, rules) if cache.has_doubts else ()
        outcome = outcome_of(results[i] is IsParent.YES, doubts)
        return Subject(source, "source", outcome, lambda: (_descent_check(source, answer, results[i], store, rules),))

    if end == len(sources):
        is_undecided = cache.has_doubts and any(descent_doubts(source, answer, store, rules) for source in sources)
        outcome = CheckOutcome.UNKNOWN if is_undecided else FAILED
        note = words.local_answer_ignored(answer, kin, unknown=is_undecided)
    elif results[end] is IsParent.YES:
        outcome, note = PASSED, words.counting_source(sources[end], answer, kin)
    elif rules.follows_ancestors:
        outcome, note = FAILED, words.cycle_of_source(sources[end])
    else:
        outcome, note = FAILED, words.own_parent(answer)
    return Stage(StageKind.DESCENT, outcome, note, subjects=LazySequence(len(sources), make), images=sources)


def _not_reached(source: Image) -> Check:
    return Check(CheckKind.PARENT, NOT_REACHED, ABSENT, source.parent or ABSENT)


def _descent_check(source: Image, answer: Image, result: IsParent, store: ImageStore, rules: RuleSet) -> Check:
    doubts = descent_doubts(source, answer, store, rules)
    outcome = outcome_of(result is IsParent.YES, doubts)
    if rules.follows_ancestors:
        return _ancestor_check(source, answer, result, store)
    if source.parent is not None:
        return Check(CheckKind.PARENT, outcome, answer.id, source.parent, doubts=doubts)
    note = words.ASKS_ANSWER_FOREVER if result is IsParent.NEVER else words.ASKS_ANSWER
    value_of_answer = answer.parent or (UNKNOWN if doubts_about(answer, "parent") else ABSENT)
    answer_check = Check(CheckKind.PARENT_OF_ANSWER, outcome, answer.id, value_of_answer, doubts=doubts)
    value = UNKNOWN if doubts_about(source, "parent") else ABSENT
    return Check(CheckKind.PARENT, outcome, answer.id, value, note=note, children=(answer_check,), doubts=doubts)


def _ancestor_check(source: Image, answer: Image, result: IsParent, store: ImageStore) -> Check:
    """Return a check with one element for each parent that is followed."""
    steps = []
    current: Image | None = source
    visited: set[str] = set()
    while current is not None and current.id not in visited:
        visited.add(current.id)
        is_known = current.parent == answer.id
        doubts = doubts_about(current, "parent")
        value = current.parent or (UNKNOWN if doubts else ABSENT)
        outcome = outcome_of(is_known, doubts)
        steps.append(Check(CheckKind.PARENT_OF, outcome, answer.id, value, doubts=doubts, path=(current.short_id,)))
        current = None if is_known or current.parent is None else store.by_id.get(current.parent)
    note = words.CYCLE_OF_PARENTS if result is IsParent.NEVER else ""
    doubts_of_steps = joined(*(step.doubts for step in steps))
    outcome = outcome_of(result is IsParent.YES, doubts_of_steps)
    nearest = source.parent or ABSENT
    return Check(
        CheckKind.ANCESTOR, outcome, answer.id, nearest, note=note, children=tuple(steps), doubts=doubts_of_steps
    )
