"""The checks of the first containerd cache: sources, then children, by one more layer and one more history entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.check import ABSENT, Check, CheckKind, CheckOutcome
from cacheview.engine.history import created_by
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.layers import LayerCheck, child_doubts, layer_checks
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import Certainty, conjunction
from cacheview.engine.trace import Role, Stage, Subject, outcome_of
from cacheview.engine.tracing.lazy import LazySequence
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.engine.words import trace as words
from cacheview.model import SCRATCH, Doubt, Image, Probe

__all__ = ["layer_stages"]

PASSED, FAILED, NOT_REACHED = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.NOT_REACHED


def layer_stages(probe: Probe, cache: KnownCache, verdict: Verdict) -> tuple[Stage, Stage]:
    """Return the stages of the sources and of the children. moby: ``daemon/containerd/cache.go`` at v24.0."""
    sources, children = verdict.sources, cache.children(probe.parent)
    return (
        _stage(StageKind.HISTORY, "source", sources, probe, cache, verdict),
        _stage(StageKind.LOCAL, "candidate", children, probe, cache, verdict),
    )


def _stage(
    kind: StageKind, role: Role, images: Sequence[Image], probe: Probe, cache: KnownCache, verdict: Verdict
) -> Stage:
    parent = cache.store.by_id.get(probe.parent)
    is_decided = verdict.outcome is VerdictOutcome.ERROR or (
        verdict.outcome is VerdictOutcome.HIT and verdict.stage is StageKind.HISTORY and kind is StageKind.LOCAL
    )
    checks = (_parent_check(probe, parent, verdict),) if kind is StageKind.HISTORY else ()
    end = -1 if is_decided or parent is None else len(images)
    if verdict.image is not None and verdict.stage is kind:
        end = next(i for i, image in enumerate(images) if image.id == verdict.image.id)

    def may_be_next(image: Image) -> bool:
        if parent is None or not cache.has_doubts:
            return False
        return conjunction(layer_checks(image, parent, probe.config, cache.rules))[0] is not Certainty.NO

    def make(i: int) -> Subject:
        image, reached = images[i], i <= end
        outcome = NOT_REACHED
        if reached:
            outcome = PASSED if i == end else CheckOutcome.UNKNOWN if may_be_next(image) else FAILED
        member = child_doubts(image, parent) if parent is not None and role == "candidate" else ()
        return Subject(
            image, role, outcome, lambda: _checks(image, parent, probe, cache.rules, reached=reached), membership=member
        )

    if end == -1:
        return Stage(
            kind,
            NOT_REACHED,
            verdict.error or words.NOT_LOOKED_UP,
            checks,
            LazySequence(len(images), make),
            tuple(images),
        )
    is_known = 0 <= end < len(images)
    undecided = 0
    if not is_known and cache.has_doubts:
        steps = cache.next_children(probe) if kind is StageKind.LOCAL else cache.continuations(probe)
        undecided = sum(1 for _ in steps.possible(probe.config))
    note = words.next_step(images[end]) if is_known else words.next_steps(len(images), role, undecided)
    outcome = PASSED if is_known else CheckOutcome.UNKNOWN if undecided else FAILED
    return Stage(kind, outcome, note, checks, LazySequence(len(images), make), tuple(images))


def _parent_check(probe: Probe, parent: Image | None, verdict: Verdict) -> Check:
    if probe.parent == SCRATCH:
        return Check(CheckKind.PARENT, FAILED, ABSENT, ABSENT, "parent", words.SCRATCH)
    if parent is not None:
        return Check(CheckKind.PARENT_IN_STORE, PASSED, probe.parent, parent.id, "parent")
    note = words.parent_missing(is_error=verdict.outcome is VerdictOutcome.ERROR)
    return Check(CheckKind.PARENT_IN_STORE, FAILED, probe.parent, ABSENT, "parent", note)


def _checks(image: Image, parent: Image | None, probe: Probe, rules: RuleSet, *, reached: bool) -> tuple[Check, ...]:
    """Return the checks in the order of ``isMatch``. Without a parent, nothing is compared."""
    return tuple(_reached(image, parent, probe, rules, reached=reached)) if parent is not None else ()


def _reached(image: Image, parent: Image, probe: Probe, rules: RuleSet, *, reached: bool) -> Iterator[Check]:
    for each in layer_checks(image, parent, probe.config, rules):
        doubts = each.doubts if reached else ()
        outcome = outcome_of(each.passes, doubts) if reached else NOT_REACHED
        reached = reached and outcome is not FAILED
        yield _check(each, image, parent, probe, rules, outcome, doubts)


def _check(
    each: LayerCheck,
    image: Image,
    parent: Image,
    probe: Probe,
    rules: RuleSet,
    outcome: CheckOutcome,
    doubts: tuple[Doubt, ...],
) -> Check:
    entries = len(parent.history)
    match each.kind:
        case CheckKind.ENTRY_COUNT:
            note = words.ONE_ENTRY_MORE
            return Check(CheckKind.ENTRY_COUNT, outcome, entries, len(image.history), note=note, doubts=doubts)
        case CheckKind.LAYER_COUNT:
            note = words.ONE_LAYER_MORE
            return Check(
                CheckKind.LAYER_COUNT, outcome, len(parent.diff_ids), len(image.diff_ids), note=note, doubts=doubts
            )
        case CheckKind.HISTORY:
            keys, image_keys = rules.history_keys(parent), rules.history_keys(image)
            differs = next((i for i, key in enumerate(keys) if image_keys[i : i + 1] != (key,)), None)
            note = words.entries_of_parent("image") if differs is None else words.entry_differs(differs)
            return Check(CheckKind.HISTORY, outcome, entries, len(image.history), note=note, doubts=doubts)
        case _:
            command = image.history[entries].created_by if entries < len(image.history) else ABSENT
            note = words.command_entry("image", entries)
            return Check(CheckKind.COMMAND, outcome, created_by(probe.config), command, "Cmd", note, doubts=doubts)
