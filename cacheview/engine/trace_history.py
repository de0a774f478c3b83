"""The checks that ``--cache-from`` adds: what it brings in, whose parent the local answer is, each source's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.cache import ImageCache
from cacheview.engine.certainty import descent_doubts, following_doubts, layer_doubts
from cacheview.engine.check import ABSENT, UNKNOWN, Check, CheckOutcome
from cacheview.engine.doubts import ENTRY_FIELDS, doubts_about, entry_doubts, field_doubts, prefix_doubts
from cacheview.engine.history import (
    IsParent,
    created_by,
    descends,
    has_nothing_to_compare,
    history_keys,
    matches_history,
)
from cacheview.engine.lazy import LazySequence
from cacheview.engine.lineage import Lineage
from cacheview.engine.ruleset import Descent, RuleSet
from cacheview.engine.trace import Stage, Subject
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.model import SCRATCH, Doubt, Image, ImageStore, Probe

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
        # How far the walk goes rests on the parents of those before.
        links = [doubt for step in lineage.sources[:place] for doubt in doubts_about(step, "parent")]
        doubts = tuple(dict.fromkeys((*lineage.doubts, *links)))
        name = f"cache_from[{i}].sources[{place}]"
        return Check(name, PASSED, ABSENT, lineage.sources[place].id, "cache_from", doubts=doubts)

    return Check(
        f"cache_from[{i}]",
        PASSED if lineage.sources else FAILED,
        lineage.reference,
        lineage.image.id if lineage.image is not None else ABSENT,
        "cache_from",
        lineage.reason,
        LazySequence(len(lineage.sources), source_check),
        tuple(dict.fromkeys((*lineage.doubts, *lineage.open_ended))),
    )


def descent_stage(verdict: Verdict, store: ImageStore, rules: RuleSet) -> Stage:
    """Whether the local answer counts: some source must have it as its parent, or as an ancestor."""
    sources, answer = verdict.sources, verdict.local
    if answer is None:
        subjects = LazySequence(
            len(sources),
            lambda i: Subject(sources[i], "source", NOT_REACHED, lambda: (_unasked(sources[i]),)),
        )
        return Stage(StageKind.DESCENT, NOT_REACHED, "the local cache has no answer", subjects=subjects, images=sources)
    results = LazySequence(len(sources), lambda i: descends(sources[i], answer, store, rules))
    end = next((i for i in range(len(sources)) if results[i] is not IsParent.NO), len(sources))
    kin = "parent" if rules.descent is Descent.PARENT else "ancestor"

    def make(i: int) -> Subject:
        check = _descent_check(sources[i], answer, results[i], store, rules) if i <= end else _unasked(sources[i])
        return Subject(sources[i], "source", check.outcome, lambda: (check,))

    if end == len(sources):
        outcome, note = (
            FAILED,
            f"no source has {answer.short_id} as its {kin}: the local answer does not count",
        )
    elif results[end] is IsParent.YES:
        outcome, note = PASSED, f"{sources[end].title} has {answer.short_id} as its {kin}"
    elif rules.descent is Descent.ANCESTOR:
        outcome, note = FAILED, f"the parents of {sources[end].title} go round in a circle, and the daemon with them"
    else:
        outcome, note = (
            FAILED,
            f"the daemon asks {answer.short_id} whether it is its own parent, and never stops asking",
        )
    return Stage(StageKind.DESCENT, outcome, note, subjects=LazySequence(len(sources), make), images=sources)


def _unasked(source: Image) -> Check:
    return Check("parent", NOT_REACHED, ABSENT, source.parent or ABSENT)


def _descent_check(source: Image, answer: Image, result: IsParent, store: ImageStore, rules: RuleSet) -> Check:
    doubts = descent_doubts(source, answer)
    outcome = PASSED if result is IsParent.YES else FAILED
    if rules.descent is Descent.ANCESTOR:
        return _ancestor_check(source, answer, result, store)
    if source.parent is not None:
        return Check("parent", outcome, answer.id, source.parent, doubts=doubts)
    note = "the source has no parent recorded, so the daemon asks the local answer itself"
    if result is IsParent.NEVER:
        note += ", which has none either, and so it asks again, for ever: it dies of stack overflow"
    own = answer.parent or (UNKNOWN if doubts_about(answer, "parent") else ABSENT)
    itself = Check("parent of the local answer", outcome, answer.id, own, doubts=doubts)
    told = UNKNOWN if doubts_about(source, "parent") else ABSENT
    return Check("parent", outcome, answer.id, told, note=note, children=(itself,), doubts=doubts)


def _ancestor_check(source: Image, answer: Image, result: IsParent, store: ImageStore) -> Check:
    """One check for each parent on the way."""
    steps = []
    current: Image | None = source
    seen: set[str] = set()
    while current is not None and current.id not in seen:
        seen.add(current.id)
        found = current.parent == answer.id
        doubts = doubts_about(current, "parent")
        told = current.parent or (UNKNOWN if doubts else ABSENT)
        name = f"parent of {current.short_id}"
        steps.append(Check(name, PASSED if found else FAILED, answer.id, told, doubts=doubts))
        current = None if found or current.parent is None else store.by_id.get(current.parent)
    note = "" if result is not IsParent.NEVER else "the parents go round in a circle: the daemon dies of stack overflow"
    outcome = PASSED if result is IsParent.YES else FAILED
    met = tuple(dict.fromkeys(doubt for step in steps for doubt in step.doubts))
    return Check("ancestor", outcome, answer.id, source.parent or ABSENT, note=note, children=tuple(steps), doubts=met)


def history_stage(probe: Probe, cache: ImageCache, verdict: Verdict) -> Stage:
    """Each source's history against the parent's, then its next entry against the probe's command."""
    sources = verdict.sources
    decided = verdict.stage in (StageKind.LOCAL, StageKind.DESCENT)
    if decided:
        note = "the local answer counts" if verdict.outcome is VerdictOutcome.HIT else "the daemon never comes this far"
    store, rules = cache.store, cache.rules
    parent = cache.parent(probe)
    stage_checks: tuple[Check, ...] = ()
    end = len(sources)
    if probe.parent != SCRATCH:
        found = parent is not None
        outcome = NOT_REACHED if decided else PASSED if found else FAILED
        lost = "" if found else "the store lacks the parent, which is an error when there is a --cache-from"
        if not found and probe.parent in store.by_id:
            lost = "the parent is of another platform than the builder, which is an error when there is a --cache-from"
        stage_checks = (
            Check("parent in store", outcome, probe.parent, probe.parent if found else ABSENT, "parent", lost),
        )
    fitting = _fitting(probe, cache, verdict, parent)
    if decided or (verdict.outcome is VerdictOutcome.ERROR and fitting is None):
        end = -1
    elif fitting is not None:
        end = next(i for i, source in enumerate(sources) if source.id == fitting.id)

    def make(i: int) -> Subject:
        reached = i <= end
        hit = reached and i == end < len(sources)
        outcome = (PASSED if hit else FAILED) if reached else NOT_REACHED
        return Subject(
            sources[i], "source", outcome, lambda: tuple(_checks(sources[i], parent, probe, rules, reached=reached))
        )

    if decided:
        outcome = NOT_REACHED
    elif verdict.outcome is VerdictOutcome.HIT:
        made = ": an image is made anew of this step" if verdict.narrowed is not None else ""
        outcome, note = PASSED, f"{sources[end].title} goes on with this command{made}"
    elif verdict.outcome in (VerdictOutcome.ERROR, VerdictOutcome.PANIC):
        outcome, note = FAILED, verdict.error
    else:
        outcome, note = FAILED, f"{len(sources)} source{'' if len(sources) == 1 else 's'}, none fits"
    return Stage(StageKind.HISTORY, outcome, note, stage_checks, LazySequence(len(sources), make), sources)


def _fitting(probe: Probe, cache: ImageCache, verdict: Verdict, parent: Image | None) -> Image | None:
    """The source that the history check came to, whatever came of it; None: none fits, or none was asked."""
    if verdict.stage is not StageKind.HISTORY:
        return None
    if verdict.narrowed is not None:
        return verdict.narrowed
    if verdict.image is not None:
        return verdict.image
    if parent is None and probe.parent != SCRATCH:
        return None
    distinct = {source.id: source for source in verdict.sources}.values()
    return next((source for source in distinct if matches_history(source, parent, probe.config, cache.rules)), None)


def _checks(source: Image, parent: Image | None, probe: Probe, rules: RuleSet, *, reached: bool) -> Iterator[Check]:
    """In the order of ``isValidParent`` and ``isValidConfig``."""
    free = has_nothing_to_compare(parent)
    ours = parent.history if parent is not None else ()
    layers = parent.diff_ids if parent is not None else ()
    is_open = reached  # until a check certainly failed

    def check(
        name: str,
        passes: bool,
        left: object,
        right: object,
        note: str = "",
        field: str = "",
        children: Sequence[Check] = (),
        doubts: tuple[Doubt, ...] = (),
    ) -> Check:
        nonlocal reached, is_open
        outcome = (PASSED if passes else FAILED) if reached else NOT_REACHED
        told = Check(name, outcome, left, right, field, note, children, doubts if is_open else ())
        reached = reached and passes
        is_open = is_open and (passes or bool(doubts))
        return told

    own_length = doubts_about(source, "history")
    lengths = own_length if parent is None else _joined(own_length, doubts_about(parent, "history"))
    yield check("history not empty", bool(source.history), ABSENT, len(source.history), doubts=own_length)
    if free:
        why = "there is no parent" if parent is None else "the parent has neither history nor layers"
        freedom = doubts_about(parent, "history", "diff_ids") if parent is not None and is_open else ()
        yield Check(
            "history",
            NOT_COMPARED,
            ABSENT,
            len(source.history),
            note=f"{why}: any source with a history fits",
            doubts=freedom,
        )
    else:
        assert parent is not None
        layering = layer_doubts(source, parent)
        yield check("len(history)", len(ours) < len(source.history), len(ours), len(source.history),
                    "the source must have more entries than the parent", doubts=lengths)  # fmt: skip
        yield check("len(diff_ids)", len(layers) <= len(source.diff_ids), len(layers), len(source.diff_ids),
                    "the source must have no fewer layers than the parent", doubts=layering)  # fmt: skip
        passes, entries = _history_prefix(parent, source, rules, reached=reached, is_open=is_open)
        alike = prefix_doubts(parent, source)
        yield check("history", passes, len(ours), len(source.history),
                    "the parent's entries against the source's first", children=entries, doubts=alike)  # fmt: skip
        passes, found = _layer_prefix(layers, source.diff_ids, layering if is_open else (), reached=reached)
        yield check("diff_ids", passes, len(layers), len(source.diff_ids),
                    "the parent's layers against the source's first", children=found, doubts=layering)  # fmt: skip
    following = source.history[len(ours)] if len(ours) < len(source.history) else None
    wanted = created_by(probe.config)
    told = following.created_by if following is not None else ABSENT
    yield check("created_by", told == wanted, wanted, told,
                f"the source's entry {len(ours)}, and the probe's Cmd joined with single spaces",
                "Cmd", doubts=following_doubts(source, parent))  # fmt: skip


def _joined(*doubts: tuple[Doubt, ...]) -> tuple[Doubt, ...]:
    return tuple(dict.fromkeys(doubt for some in doubts for doubt in some))


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


def _history_prefix(
    parent: Image, source: Image, rules: RuleSet, *, reached: bool, is_open: bool
) -> tuple[bool, Sequence[Check]]:
    """Whether the source's history begins with the parent's, and the checks entry by entry."""
    ours, theirs = parent.history, source.history
    end = _first_difference(history_keys(parent, rules), history_keys(source, rules))
    # The entries before the first that certainly differs: what comes after it is no matter.
    settled = _settled_at(parent, source) if is_open else -1

    def entry_check(i: int) -> Check:
        outcome = _outcome_at(i, end, reached=reached)
        left, right = ours[i], theirs[i] if i < len(theirs) else None
        if right is None:
            lengths = doubts_about(source, "history") if i <= settled else ()
            return Check(f"history[{i}]", outcome, left, ABSENT, doubts=lengths)
        doubts = entry_doubts(parent, source, left, right) if i <= settled else ()
        fields = _entry_fields(i, parent, source, rules, outcome, is_open=i <= settled)
        return Check(f"history[{i}]", outcome, left, right, children=fields, doubts=doubts)

    return end == len(ours), LazySequence(len(ours), entry_check)


def _settled_at(parent: Image, source: Image) -> int:
    """The first entry that certainly differs; the parent's length if none does."""
    if parent.doubts or source.doubts:
        for i, (left, right) in enumerate(zip(parent.history, source.history, strict=False)):
            if left != right and not entry_doubts(parent, source, left, right):
                return i
    return len(parent.history)


def _entry_fields(
    i: int, parent: Image, source: Image, rules: RuleSet, outcome: CheckOutcome, *, is_open: bool
) -> tuple[Check, ...]:
    """In the order of Go's struct, which ``reflect.DeepEqual`` goes through."""
    checks = []
    reached = outcome in (PASSED, FAILED)
    for field in ENTRY_FIELDS:
        ours, theirs = getattr(parent.history[i], field), getattr(source.history[i], field)
        if field == "created":
            ours, theirs = rules.time(ours), rules.time(theirs)
        same = ours == theirs
        doubts = field_doubts(parent, source, field, ours, theirs) if is_open else ()
        note = ""
        if field == "created" and not same and ours and theirs and ours.instant == theirs.instant:
            note = "the same instant, written in another zone: not equal to the daemon"
        own = (PASSED if same else FAILED) if reached else NOT_REACHED
        reached = reached and same
        is_open = is_open and (same or bool(doubts))
        checks.append(
            Check(f"history[{i}].{field}", own, _or_absent(ours), _or_absent(theirs), note=note, doubts=doubts)
        )
    return tuple(checks)


def _or_absent(value: object) -> object:
    return ABSENT if value is None else value


def _layer_prefix(
    ours: Sequence[str], theirs: Sequence[str], doubts: tuple[Doubt, ...], *, reached: bool
) -> tuple[bool, Sequence[Check]]:
    """Whether the source's layers begin with the parent's, and the checks layer by layer."""
    end = _first_difference(ours, theirs)

    def layer_check(i: int) -> Check:
        outcome = _outcome_at(i, end, reached=reached)
        return Check(f"diff_ids[{i}]", outcome, ours[i], theirs[i] if i < len(theirs) else ABSENT, doubts=doubts)

    return end == len(ours), LazySequence(len(ours), layer_check)
