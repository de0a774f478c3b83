"""The checks that ``--cache-from`` adds: what it brings in, whose parent the local answer is, each source's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.check import ABSENT, Check, CheckOutcome
from cacheview.engine.history import IsParent, created_by, descends, has_nothing_to_compare
from cacheview.engine.lazy import LazySequence
from cacheview.engine.lineage import Lineage
from cacheview.engine.trace import Stage, Subject
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.model import SCRATCH, HistoryEntry, Image, ImageStore, Probe

__all__ = ["cache_from_stage", "descent_stage", "history_stage"]

PASSED, FAILED = CheckOutcome.PASSED, CheckOutcome.FAILED
NOT_REACHED, NOT_COMPARED = CheckOutcome.NOT_REACHED, CheckOutcome.NOT_COMPARED


def cache_from_stage(lineages: Sequence[Lineage]) -> Stage:
    """Each reference, with the sources that it brought in."""
    total = sum(len(lineage.sources) for lineage in lineages)
    note = (
        f"{total} source{'' if total == 1 else 's'} from {len(lineages)} reference{'' if len(lineages) == 1 else 's'}"
    )
    return Stage(
        StageKind.CACHE_FROM,
        PASSED if total else FAILED,
        note,
        tuple(_reference_check(i, lineage) for i, lineage in enumerate(lineages)),
    )


def _reference_check(i: int, lineage: Lineage) -> Check:
    def source_check(place: int) -> Check:
        return Check(f"cache_from[{i}].sources[{place}]", PASSED, ABSENT, lineage.sources[place].id, "cache_from")

    return Check(
        f"cache_from[{i}]",
        PASSED if lineage.sources else FAILED,
        lineage.reference,
        lineage.image.id if lineage.image is not None else ABSENT,
        "cache_from",
        lineage.reason,
        LazySequence(len(lineage.sources), source_check),
    )


def descent_stage(verdict: Verdict) -> Stage:
    """Whether the local answer counts: some source must have it as its parent."""
    sources, answer = verdict.sources, verdict.local
    if answer is None:
        subjects = LazySequence(
            len(sources),
            lambda i: Subject(sources[i], "source", NOT_REACHED, lambda: (_unasked(sources[i]),)),
        )
        return Stage(StageKind.DESCENT, NOT_REACHED, "the local cache has no answer", subjects=subjects, images=sources)
    end = next((i for i, source in enumerate(sources) if descent(source, answer) is not Descent.NO), len(sources))

    def make(i: int) -> Subject:
        check = _descent_check(sources[i], answer) if i <= end else _unasked(sources[i])
        return Subject(sources[i], "source", check.outcome, lambda: (check,))

    if end == len(sources):
        outcome, note = (
            FAILED,
            f"no source has {answer.short_id} as its parent: the local answer does not count",
        )
    elif descent(sources[end], answer) is Descent.YES:
        outcome, note = PASSED, f"{sources[end].title} has {answer.short_id} as its parent"
    else:
        outcome, note = (
            FAILED,
            f"the daemon asks {answer.short_id} whether it is its own parent, and never stops asking",
        )
    return Stage(StageKind.DESCENT, outcome, note, subjects=LazySequence(len(sources), make), images=sources)


def _unasked(source: Image) -> Check:
    return Check("parent", NOT_REACHED, ABSENT, source.parent or ABSENT)


def _descent_check(source: Image, answer: Image) -> Check:
    result = descent(source, answer)
    outcome = PASSED if result is Descent.YES else FAILED
    if source.parent is not None:
        return Check("parent", outcome, answer.id, source.parent)
    note = "the source has no parent recorded, so the daemon asks the local answer itself"
    if result is Descent.NEVER:
        note += ", which has none either, and so it asks again, for ever: it dies of stack overflow"
    itself = Check("parent of the local answer", outcome, answer.id, answer.parent or ABSENT)
    return Check("parent", outcome, answer.id, ABSENT, note=note, children=(itself,))


def history_stage(probe: Probe, store: ImageStore, verdict: Verdict) -> Stage:
    """Each source's history against the parent's, then its next entry against the probe's command."""
    sources = verdict.sources
    decided = verdict.stage in (StageKind.LOCAL, StageKind.DESCENT)
    if decided:
        note = "the local answer counts" if verdict.outcome is VerdictOutcome.HIT else "the daemon never comes this far"
    parent = store.by_id.get(probe.parent)
    stage_checks: tuple[Check, ...] = ()
    end = len(sources)
    if probe.parent != SCRATCH:
        found = parent is not None
        outcome = NOT_REACHED if decided else PASSED if found else FAILED
        lost = "" if found else "the store lacks the parent, which is an error when there is a --cache-from"
        stage_checks = (
            Check("parent in store", outcome, probe.parent, probe.parent if found else ABSENT, "parent", lost),
        )
    if decided or verdict.outcome is VerdictOutcome.ERROR:
        end = -1
    elif verdict.image is not None:
        end = next(i for i, source in enumerate(sources) if source.id == verdict.image.id)

    def make(i: int) -> Subject:
        reached = i <= end
        hit = reached and i == end < len(sources)
        outcome = (PASSED if hit else FAILED) if reached else NOT_REACHED
        return Subject(
            sources[i], "source", outcome, lambda: tuple(_checks(sources[i], parent, probe, reached=reached))
        )

    if decided:
        outcome = NOT_REACHED
    elif verdict.outcome is VerdictOutcome.HIT:
        outcome, note = PASSED, f"{sources[end].title} goes on with this command"
    elif verdict.outcome is VerdictOutcome.ERROR:
        outcome, note = FAILED, verdict.error
    else:
        outcome, note = FAILED, f"{len(sources)} source{'' if len(sources) == 1 else 's'}, none fits"
    return Stage(StageKind.HISTORY, outcome, note, stage_checks, LazySequence(len(sources), make), sources)


def _checks(source: Image, parent: Image | None, probe: Probe, *, reached: bool) -> Iterator[Check]:
    """In the order of ``isValidParent`` and ``isValidConfig``."""
    free = has_nothing_to_compare(parent)
    ours = parent.history if parent is not None else ()
    layers = parent.diff_ids if parent is not None else ()

    def check(name: str, passes: bool, left: object, right: object, note: str = "") -> Check:
        nonlocal reached
        outcome = (PASSED if passes else FAILED) if reached else NOT_REACHED
        reached = reached and passes
        return Check(name, outcome, left, right, note=note)

    yield check("history not empty", bool(source.history), ABSENT, len(source.history))
    if free:
        why = "there is no parent" if parent is None else "the parent has neither history nor layers"
        yield Check(
            "history",
            NOT_COMPARED,
            ABSENT,
            len(source.history),
            note=f"{why}: any source with a history fits",
        )
    else:
        yield check("len(history)", len(ours) < len(source.history), len(ours), len(source.history),
                    "the source must have more entries than the parent")  # fmt: skip
        yield check("len(diff_ids)", len(layers) <= len(source.diff_ids), len(layers), len(source.diff_ids),
                    "the source must have no fewer layers than the parent")  # fmt: skip
        assert parent is not None
        prefix = _history_prefix(parent, source, reached=reached)
        reached = reached and not prefix.failed
        yield prefix
        prefix = _layer_prefix(layers, source.diff_ids, reached=reached)
        reached = reached and not prefix.failed
        yield prefix
    following = source.history[len(ours)] if len(ours) < len(source.history) else None
    wanted = created_by(probe.config)
    told = following.created_by if following is not None else ABSENT
    result = check("created_by", told == wanted, wanted, told,
                   f"the source's entry {len(ours)}, and the probe's Cmd joined with single spaces")  # fmt: skip
    yield Check(result.name, result.outcome, result.probe, result.image, "Cmd", result.note)


def _first_difference(ours: Sequence[object], theirs: Sequence[object]) -> int:
    """The first place where the longer does not repeat the shorter; the length of the shorter if there is none."""
    if theirs[: len(ours)] == ours:
        return len(ours)
    for i, (left, right) in enumerate(zip(ours, theirs, strict=False)):
        if left != right:
            return i
    return min(len(ours), len(theirs))


def _outcome_at(i: int, end: int, *, reached: bool) -> CheckOutcome:
    if not reached or i > end:
        return NOT_REACHED
    return FAILED if i == end else PASSED


def _history_prefix(parent: Image, source: Image, *, reached: bool) -> Check:
    ours, theirs = parent.history, source.history
    end = _first_difference(parent.history_keys, source.history_keys)

    def entry_check(i: int) -> Check:
        outcome = _outcome_at(i, end, reached=reached)
        left, right = ours[i], theirs[i] if i < len(theirs) else None
        if right is None:
            return Check(f"history[{i}]", outcome, left, ABSENT)
        fields = _entry_fields(i, left, right, outcome)
        return Check(f"history[{i}]", outcome, left, right, children=fields)

    outcome = (PASSED if end == len(ours) else FAILED) if reached else NOT_REACHED
    return Check("history", outcome, len(ours), len(theirs), note="the parent's entries against the source's first",
                 children=LazySequence(len(ours), entry_check))  # fmt: skip


def _entry_fields(i: int, left: HistoryEntry, right: HistoryEntry, outcome: CheckOutcome) -> tuple[Check, ...]:
    """In the order of Go's struct, which ``reflect.DeepEqual`` goes through."""
    checks = []
    reached = outcome in (PASSED, FAILED)
    for field in ("created", "created_by", "author", "comment", "empty_layer"):
        ours, theirs = getattr(left, field), getattr(right, field)
        same = ours == theirs
        note = ""
        if field == "created" and not same and ours and theirs and ours.instant == theirs.instant:
            note = "the same instant, written in another zone: not equal to the daemon"
        own = (PASSED if same else FAILED) if reached else NOT_REACHED
        reached = reached and same
        checks.append(Check(f"history[{i}].{field}", own, _or_absent(ours), _or_absent(theirs), note=note))
    return tuple(checks)


def _or_absent(value: object) -> object:
    return ABSENT if value is None else value


def _layer_prefix(ours: Sequence[str], theirs: Sequence[str], *, reached: bool) -> Check:
    end = _first_difference(ours, theirs)

    def layer_check(i: int) -> Check:
        outcome = _outcome_at(i, end, reached=reached)
        return Check(f"diff_ids[{i}]", outcome, ours[i], theirs[i] if i < len(theirs) else ABSENT)

    outcome = (PASSED if end == len(ours) else FAILED) if reached else NOT_REACHED
    return Check("diff_ids", outcome, len(ours), len(theirs), note="the parent's layers against the source's first",
                 children=LazySequence(len(ours), layer_check))  # fmt: skip
