"""The checks of each source's history against the parent's, and of its next entry against the probe's command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.check import ABSENT, Check, CheckKind, CheckOutcome
from cacheview.engine.doubts import ENTRY_FIELDS, doubts_about, entry_doubts, field_doubts
from cacheview.engine.history import HistoryCheck, created_by, first_difference, history_checks
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import Certainty, conjunction
from cacheview.engine.trace import Stage, Subject, outcome_of
from cacheview.engine.tracing.lazy import LazySequence
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.engine.words import trace as words
from cacheview.model import SCRATCH, Doubt, Image, Probe

__all__ = ["history_stage"]

PASSED, FAILED = CheckOutcome.PASSED, CheckOutcome.FAILED
NOT_REACHED, NOT_COMPARED = CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED


def history_stage(probe: Probe, cache: KnownCache, verdict: Verdict) -> Stage:
    """Return the stage of all sources, in order."""
    sources, parent = verdict.sources, cache.parent(probe)
    is_decided = verdict.stage in (StageKind.LOCAL, StageKind.DESCENT)  # by an earlier stage
    last = -1 if is_decided else _last_reached(verdict)

    def outcome_at(i: int) -> CheckOutcome:
        if i > last:
            return NOT_REACHED
        return PASSED if i == last < len(sources) else _without_match(sources[i], parent, probe, cache)

    def make(i: int) -> Subject:
        source, reached = sources[i], i <= last
        return Subject(
            source,
            "source",
            outcome_at(i),
            lambda: tuple(_checks(source, parent, probe, cache.rules, reached=reached)),
        )

    checks = (_parent_check(probe, parent, cache, reached=not is_decided),) if probe.parent != SCRATCH else ()
    subjects = LazySequence(len(sources), make)
    if is_decided:
        note = words.LOCAL_COUNTS if verdict.outcome is VerdictOutcome.HIT else words.NEVER_REACHED
        outcome = NOT_REACHED
    elif verdict.outcome is VerdictOutcome.HIT:
        note = words.source_matches(sources[last], creates_image=verdict.only_source is not None)
        outcome = PASSED
    elif verdict.outcome in (VerdictOutcome.ERROR, VerdictOutcome.PANIC):
        outcome, note = FAILED, verdict.error
    else:
        undecided = sum(1 for _ in cache.continuations(probe).possible(probe.config)) if cache.has_doubts else 0
        outcome, note = CheckOutcome.UNKNOWN if undecided else FAILED, words.matching_source(len(sources), undecided)
    return Stage(StageKind.HISTORY, outcome, note, checks, subjects, sources)


def _last_reached(verdict: Verdict) -> int:
    """Return the index of the source that matches; the number of sources if none does; -1: the daemon compares none."""
    sources, match = verdict.sources, verdict.source
    if match is not None:
        return next(i for i, source in enumerate(sources) if source.id == match.id)
    return -1 if verdict.outcome is VerdictOutcome.ERROR else len(sources)


def _without_match(source: Image, parent: Image | None, probe: Probe, cache: KnownCache) -> CheckOutcome:
    """Return the outcome of a source that does not match with the values as the store reports them."""
    if not cache.has_doubts:
        return FAILED
    certainty, _ = conjunction(history_checks(source, parent, probe.config, cache.rules))
    return FAILED if certainty is Certainty.NO else CheckOutcome.UNKNOWN


def _parent_check(probe: Probe, parent: Image | None, cache: KnownCache, *, reached: bool) -> Check:
    outcome = NOT_REACHED if not reached else PASSED if parent is not None else FAILED
    if parent is not None:
        return Check(CheckKind.PARENT_IN_STORE, outcome, probe.parent, probe.parent, "parent")
    is_in_store = probe.parent in cache.store.by_id
    note = words.PARENT_OF_OTHER_PLATFORM if is_in_store else words.PARENT_MISSING_IS_ERROR
    return Check(CheckKind.PARENT_IN_STORE, outcome, probe.parent, ABSENT, "parent", note)


def _checks(source: Image, parent: Image | None, probe: Probe, rules: RuleSet, *, reached: bool) -> Iterator[Check]:
    """Yield the checks in the order of ``isValidParent`` and ``isValidConfig``."""
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
    entries, source_layers = len(source.history), len(source.diff_ids)
    match each.kind:
        case CheckKind.NOT_EMPTY:
            return Check(CheckKind.NOT_EMPTY, outcome, ABSENT, entries, doubts=doubts)
        case CheckKind.HISTORY if not each.is_compared:
            note = words.any_history_matches(has_parent=parent is not None)
            return Check(CheckKind.HISTORY, NOT_COMPARED, ABSENT, entries, note=note, doubts=doubts)
        case CheckKind.ENTRY_COUNT:
            note = words.MORE_ENTRIES
            return Check(CheckKind.ENTRY_COUNT, outcome, len(parent_value), entries, note=note, doubts=doubts)
        case CheckKind.LAYER_COUNT:
            note = words.NOT_FEWER_LAYERS
            return Check(CheckKind.LAYER_COUNT, outcome, len(layers), source_layers, note=note, doubts=doubts)
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
            return Check(
                CheckKind.LAYERS, outcome, len(layers), source_layers, note=note, children=children, doubts=doubts
            )
        case _:
            next_entry = source.history[len(parent_value)] if len(parent_value) < entries else None
            value = next_entry.created_by if next_entry is not None else ABSENT
            note = words.command_entry("source", len(parent_value))
            return Check(CheckKind.COMMAND, outcome, created_by(probe.config), value, "Cmd", note, doubts=doubts)


def _history_entries(parent: Image, source: Image, rules: RuleSet, *, reached: bool) -> Sequence[Check]:
    """Return the checks of the parent's history against the source's first entries, one by one."""
    parent_value, source_value = parent.history, source.history
    end = first_difference(rules.history_keys(parent), rules.history_keys(source))
    # After an entry that may be equal, entries are undecided up to the first that certainly differs.
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
    """Return the first entry that certainly differs; the parent's length if there is none.

    ``end``: the first that differs.
    """
    parent_value, source_value = parent.history, source.history
    for i in range(end, min(len(parent_value), len(source_value))):
        differs = rules.entry_key(parent_value[i]) != rules.entry_key(source_value[i])
        if differs and not entry_doubts(parent, source, parent_value[i], source_value[i], rules):
            return i
    return len(parent_value)


def _entry_fields(i: int, parent: Image, source: Image, rules: RuleSet, outcome: CheckOutcome) -> tuple[Check, ...]:
    """Return the checks in the order of Go's struct, which ``reflect.DeepEqual`` follows."""
    checks = []
    reached = outcome is not NOT_REACHED
    for field in ENTRY_FIELDS:
        parent_value, source_value = getattr(parent.history[i], field), getattr(source.history[i], field)
        if field == "created":
            parent_value, source_value = rules.time(parent_value), rules.time(source_value)
        is_equal = parent_value == source_value
        doubts = field_doubts(parent, source, field, parent_value, source_value) if reached else ()
        note = ""
        if (
            field == "created"
            and not is_equal
            and parent_value
            and source_value
            and parent_value.instant == source_value.instant
        ):
            note = words.OTHER_ZONE
        field_outcome = outcome_of(is_equal, doubts) if reached else NOT_REACHED
        reached = reached and field_outcome is not FAILED
        sides = (_or_absent(parent_value), _or_absent(source_value))
        path = ("history", i, field)
        checks.append(Check(CheckKind.ENTRY_FIELD, field_outcome, *sides, note=note, doubts=doubts, path=path))
    return tuple(checks)


def _or_absent(value: object) -> object:
    return ABSENT if value is None else value


def _layers(
    parent_value: Sequence[str], source_value: Sequence[str], doubts: tuple[Doubt, ...], *, reached: bool
) -> Sequence[Check]:
    """Return the checks of the parent's layers against the source's first layers, one by one."""
    end = first_difference(parent_value, source_value)

    def layer_check(i: int) -> Check:
        outcome = outcome_of(i < end, doubts) if reached and i <= end else NOT_REACHED
        other = source_value[i] if i < len(source_value) else ABSENT
        return Check(CheckKind.LAYER, outcome, parent_value[i], other, doubts=doubts, path=("diff_ids", i))

    return LazySequence(len(parent_value), layer_check)
