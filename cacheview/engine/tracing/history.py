"""The checks that ``--cache-from`` adds: what it brings in, whose parent the local match is, each source's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.check import ABSENT, UNKNOWN, Check, CheckKind, CheckOutcome
from cacheview.engine.compared import Certainty, conjunction
from cacheview.engine.doubts import ENTRY_FIELDS, doubts_about, entry_doubts, field_doubts
from cacheview.engine.history import (
    HistoryCheck,
    IsParent,
    created_by,
    descends,
    descent_doubts,
    first_difference,
    history_checks,
)
from cacheview.engine.known import KnownCache
from cacheview.engine.lineage import Lineage
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.trace import Stage, Subject, outcome_of
from cacheview.engine.tracing.lazy import LazySequence
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.engine.words import trace as words
from cacheview.model import SCRATCH, Doubt, Image, ImageStore, Probe

__all__ = ["cache_from_stage", "descent_stage", "history_stage"]

PASSED, FAILED = CheckOutcome.PASSED, CheckOutcome.FAILED
NOT_REACHED, NOT_COMPARED = CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED


def cache_from_stage(lineages: Sequence[Lineage]) -> Stage:
    """Each reference, with the sources that it brought in."""
    total = sum(len(lineage.sources) for lineage in lineages)
    return Stage(
        StageKind.CACHE_FROM,
        PASSED if total else FAILED,
        words.sources_of(total, len(lineages)),
        tuple(_reference_check(i, lineage) for i, lineage in enumerate(lineages)),
    )


def _reference_check(i: int, lineage: Lineage) -> Check:
    def source_check(place: int) -> Check:
        # How far the walk goes rests on the parents of those before.
        links = [doubt for step in lineage.sources[:place] for doubt in doubts_about(step, "parent")]
        doubts = tuple(dict.fromkeys((*lineage.doubts, *links)))
        path = ("cache_from", i, "sources", place)
        source_id = lineage.sources[place].id
        return Check(CheckKind.SOURCE, PASSED, ABSENT, source_id, "cache_from", doubts=doubts, path=path)

    doubts = tuple(dict.fromkeys((*lineage.doubts, *lineage.open_ended)))
    return Check(
        CheckKind.REFERENCE,
        outcome_of(bool(lineage.sources), doubts),
        lineage.reference,
        lineage.image.id if lineage.image is not None else ABSENT,
        "cache_from",
        lineage.reason,
        LazySequence(len(lineage.sources), source_check),
        doubts,
        ("cache_from", i),
    )


def descent_stage(verdict: Verdict, cache: KnownCache) -> Stage:
    """Whether the local match counts: some source must have it as its parent, or as an ancestor."""
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
    kin = "parent" if rules.reads_one_parent else "ancestor"

    def make(i: int) -> Subject:
        source = sources[i]
        if i > end:
            return Subject(source, "source", NOT_REACHED, lambda: (_not_reached(source),))
        doubts = descent_doubts(source, answer, store, rules) if cache.has_doubts else ()
        outcome = outcome_of(results[i] is IsParent.YES, doubts)
        return Subject(source, "source", outcome, lambda: (_descent_check(source, answer, results[i], store, rules),))

    if end == len(sources):
        unsure = cache.has_doubts and any(descent_doubts(source, answer, store, rules) for source in sources)
        outcome = CheckOutcome.UNKNOWN if unsure else FAILED
        note = words.local_answer_ignored(answer, kin, unknown=unsure)
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
    own = answer.parent or (UNKNOWN if doubts_about(answer, "parent") else ABSENT)
    itself = Check(CheckKind.PARENT_OF_ANSWER, outcome, answer.id, own, doubts=doubts)
    value = UNKNOWN if doubts_about(source, "parent") else ABSENT
    return Check(CheckKind.PARENT, outcome, answer.id, value, note=note, children=(itself,), doubts=doubts)


def _ancestor_check(source: Image, answer: Image, result: IsParent, store: ImageStore) -> Check:
    """One check for each parent on the way."""
    steps = []
    current: Image | None = source
    seen: set[str] = set()
    while current is not None and current.id not in seen:
        seen.add(current.id)
        is_known = current.parent == answer.id
        doubts = doubts_about(current, "parent")
        value = current.parent or (UNKNOWN if doubts else ABSENT)
        outcome = outcome_of(is_known, doubts)
        steps.append(Check(CheckKind.PARENT_OF, outcome, answer.id, value, doubts=doubts, path=(current.short_id,)))
        current = None if is_known or current.parent is None else store.by_id.get(current.parent)
    note = words.CYCLE_OF_PARENTS if result is IsParent.NEVER else ""
    met = tuple(dict.fromkeys(doubt for step in steps for doubt in step.doubts))
    outcome = outcome_of(result is IsParent.YES, met)
    nearest = source.parent or ABSENT
    return Check(CheckKind.ANCESTOR, outcome, answer.id, nearest, note=note, children=tuple(steps), doubts=met)


def history_stage(probe: Probe, cache: KnownCache, verdict: Verdict) -> Stage:
    """Each source's history against the parent's, then its next entry against the probe's command."""
    sources = verdict.sources
    decided = verdict.stage in (StageKind.LOCAL, StageKind.DESCENT)
    if decided:
        note = words.LOCAL_COUNTS if verdict.outcome is VerdictOutcome.HIT else words.NEVER_REACHED
    store, rules = cache.store, cache.rules
    parent = cache.parent(probe)
    stage_checks: tuple[Check, ...] = ()
    end = len(sources)
    if probe.parent != SCRATCH:
        is_known = parent is not None
        outcome = NOT_REACHED if decided else PASSED if is_known else FAILED
        lost = "" if is_known else words.PARENT_MISSING_IS_ERROR
        if not is_known and probe.parent in store.by_id:
            lost = words.PARENT_OF_OTHER_PLATFORM
        stage_checks = (
            Check(
                CheckKind.PARENT_IN_STORE, outcome, probe.parent, probe.parent if is_known else ABSENT, "parent", lost
            ),
        )
    fitting = verdict.source
    if decided or (verdict.outcome is VerdictOutcome.ERROR and fitting is None):
        end = -1
    elif fitting is not None:
        end = next(i for i, source in enumerate(sources) if source.id == fitting.id)

    def may_fit(source: Image) -> bool:
        if not cache.has_doubts:
            return False
        return conjunction(history_checks(source, parent, probe.config, rules))[0] is not Certainty.NO

    def make(i: int) -> Subject:
        source, reached = sources[i], i <= end
        outcome = NOT_REACHED
        if reached:
            fits = i == end < len(sources)
            outcome = PASSED if fits else CheckOutcome.UNKNOWN if may_fit(source) else FAILED
        return Subject(source, "source", outcome, lambda: tuple(_checks(source, parent, probe, rules, reached=reached)))

    if decided:
        outcome = NOT_REACHED
    elif verdict.outcome is VerdictOutcome.HIT:
        note = words.source_matches(sources[end], creates_image=verdict.narrowed is not None)
        outcome = PASSED
    elif verdict.outcome in (VerdictOutcome.ERROR, VerdictOutcome.PANIC):
        outcome, note = FAILED, verdict.error
    else:
        unsure = sum(1 for _ in cache.continuations(probe).possible(probe.config)) if cache.has_doubts else 0
        outcome = CheckOutcome.UNKNOWN if unsure else FAILED
        note = words.matching_source(len(sources), unsure)
    return Stage(StageKind.HISTORY, outcome, note, stage_checks, LazySequence(len(sources), make), sources)


def _checks(source: Image, parent: Image | None, probe: Probe, rules: RuleSet, *, reached: bool) -> Iterator[Check]:
    """In the order of ``isValidParent`` and ``isValidConfig``."""
    for each in history_checks(source, parent, probe.config, rules):
        doubts = each.doubts if reached else ()
        check = _check(each, source, parent, probe, rules, doubts, reached=reached)
        reached = reached and check.outcome is not FAILED
        yield check


def _check(
    each: HistoryCheck,
    source: Image,
    parent: Image | None,
    probe: Probe,
    rules: RuleSet,
    doubts: tuple[Doubt, ...],
    *,
    reached: bool,
) -> Check:
    outcome = outcome_of(each.passes, doubts) if reached else NOT_REACHED
    parent_value = parent.history if parent is not None else ()
    layers = parent.diff_ids if parent is not None else ()
    entries, blobs = len(source.history), len(source.diff_ids)
    match each.kind:
        case CheckKind.NOT_EMPTY:
            return Check(CheckKind.NOT_EMPTY, outcome, ABSENT, entries, doubts=doubts)
        case CheckKind.HISTORY if not each.compared:
            note = words.any_history_matches(has_parent=parent is not None)
            return Check(CheckKind.HISTORY, NOT_COMPARED, ABSENT, entries, note=note, doubts=doubts)
        case CheckKind.ENTRY_COUNT:
            note = words.MORE_ENTRIES
            return Check(CheckKind.ENTRY_COUNT, outcome, len(parent_value), entries, note=note, doubts=doubts)
        case CheckKind.LAYER_COUNT:
            note = words.NOT_FEWER_LAYERS
            return Check(CheckKind.LAYER_COUNT, outcome, len(layers), blobs, note=note, doubts=doubts)
        case CheckKind.HISTORY:
            assert parent is not None
            note = words.entries_of_parent("source")
            children = _history_entries(parent, source, rules, reached=reached)
            return Check(
                CheckKind.HISTORY, outcome, len(parent_value), entries, note=note, children=children, doubts=doubts
            )
        case CheckKind.LAYERS:
            note = words.LAYERS_OF_PARENT
            children = _layers(layers, source.diff_ids, doubts, reached=reached)
            return Check(CheckKind.LAYERS, outcome, len(layers), blobs, note=note, children=children, doubts=doubts)
        case _:
            following = source.history[len(parent_value)] if len(parent_value) < entries else None
            value = following.created_by if following is not None else ABSENT
            note = words.command_entry("source", len(parent_value))
            return Check(CheckKind.COMMAND, outcome, created_by(probe.config), value, "Cmd", note, doubts=doubts)


def _history_entries(parent: Image, source: Image, rules: RuleSet, *, reached: bool) -> Sequence[Check]:
    """The parent's history against the source's first entries, one by one."""
    parent_value, source_value = parent.history, source.history
    end = first_difference(rules.history_keys(parent), rules.history_keys(source))
    # An entry that may be equal leaves those after it open, up to the first that certainly differs.
    settled = _settled_at(parent, source, end, rules) if reached else -1

    def entry_check(i: int) -> Check:
        left, right = parent_value[i], source_value[i] if i < len(source_value) else None
        if right is None:
            doubts = doubts_about(source, "history") if i <= settled else ()
        else:
            doubts = entry_doubts(parent, source, left, right, rules) if i <= settled else ()
        outcome = NOT_REACHED if i > settled else outcome_of(i < end, doubts)
        if end < i < settled:
            outcome = CheckOutcome.UNKNOWN  # reached if the one at `end` passes
        if right is None:
            return Check(CheckKind.ENTRY, outcome, left, ABSENT, doubts=doubts, path=("history", i))
        fields = _entry_fields(i, parent, source, rules, outcome)
        return Check(CheckKind.ENTRY, outcome, left, right, children=fields, doubts=doubts, path=("history", i))

    return LazySequence(len(parent_value), entry_check)


def _settled_at(parent: Image, source: Image, end: int, rules: RuleSet) -> int:
    """The first entry that certainly differs; the parent's length if none does. ``end``: the first that differs."""
    parent_value, source_value = parent.history, source.history
    for i in range(end, min(len(parent_value), len(source_value))):
        differs = rules.entry_key(parent_value[i]) != rules.entry_key(source_value[i])
        if differs and not entry_doubts(parent, source, parent_value[i], source_value[i], rules):
            return i
    return len(parent_value)


def _entry_fields(i: int, parent: Image, source: Image, rules: RuleSet, outcome: CheckOutcome) -> tuple[Check, ...]:
    """In the order of Go's struct, which ``reflect.DeepEqual`` goes through."""
    checks = []
    reached = outcome is not NOT_REACHED
    for field in ENTRY_FIELDS:
        parent_value, source_value = getattr(parent.history[i], field), getattr(source.history[i], field)
        if field == "created":
            parent_value, source_value = rules.time(parent_value), rules.time(source_value)
        same = parent_value == source_value
        doubts = field_doubts(parent, source, field, parent_value, source_value) if reached else ()
        note = ""
        if (
            field == "created"
            and not same
            and parent_value
            and source_value
            and parent_value.instant == source_value.instant
        ):
            note = words.OTHER_ZONE
        own = outcome_of(same, doubts) if reached else NOT_REACHED
        reached = reached and own is not FAILED
        sides = (_or_absent(parent_value), _or_absent(source_value))
        path = ("history", i, field)
        checks.append(Check(CheckKind.ENTRY_FIELD, own, *sides, note=note, doubts=doubts, path=path))
    return tuple(checks)


def _or_absent(value: object) -> object:
    return ABSENT if value is None else value


def _layers(
    parent_value: Sequence[str], source_value: Sequence[str], doubts: tuple[Doubt, ...], *, reached: bool
) -> Sequence[Check]:
    """The parent's layers against the source's first, one by one."""
    end = first_difference(parent_value, source_value)

    def layer_check(i: int) -> Check:
        outcome = outcome_of(i < end, doubts) if reached and i <= end else NOT_REACHED
        other = source_value[i] if i < len(source_value) else ABSENT
        return Check(CheckKind.LAYER, outcome, parent_value[i], other, doubts=doubts, path=("diff_ids", i))

    return LazySequence(len(parent_value), layer_check)
