"""The check of a trace that decided, and for a miss, the nearest image."""

from __future__ import annotations

from dataclasses import dataclass

from cacheview.engine.check import Check, CheckOutcome
from cacheview.engine.continuations import NearestImage
from cacheview.engine.known_cache import KnownCache
from cacheview.engine.nearness import NearCandidate, countable, nearest
from cacheview.engine.trace import Stage, Subject, Trace, first_failed
from cacheview.engine.verdict import StageKind, UnknownAnswer, VerdictOutcome

__all__ = ["DecidingCheck", "deciding_in"]


@dataclass(frozen=True)
class DecidingCheck:
    """The check that decided, and its location in the trace. ``subject`` is None for a check of the stage itself.

    For an unknown answer, it is a check that would decide.
    """

    stage: Stage
    subject: Subject | None
    check: Check | None


def deciding_in(trace: Trace, cache: KnownCache) -> DecidingCheck | None:
    """Return the check that decided; None: no single check did."""
    verdict, kind = trace.verdict, trace.verdict.stage
    if verdict.unknown is not None:
        return _of_unknown(trace, verdict.unknown)
    if verdict.outcome is VerdictOutcome.MISS:
        return _of_miss(trace, cache)
    stage = trace.stage(kind) if kind is not None else None
    if stage is None:
        return None
    if verdict.outcome is VerdictOutcome.DIVERGES:
        failed_subjects = [subject for subject in stage.subjects if subject.outcome is CheckOutcome.FAILED]
        return DecidingCheck(stage, failed_subjects[-1], failed_subjects[-1].deciding)
    if verdict.outcome is VerdictOutcome.ERROR and (failed := first_failed(stage.checks)) is not None:
        return DecidingCheck(stage, None, failed)
    if verdict.outcome in (VerdictOutcome.ERROR, VerdictOutcome.PANIC):
        source = next((subject for subject in stage.subjects if subject.outcome is CheckOutcome.PASSED), None)
        return DecidingCheck(stage, source, source.checks[-1] if source is not None else None)
    image = verdict.only_source or verdict.image
    assert image is not None
    hit = trace.subject(stage.kind, image)
    passed = [check for check in hit.checks if check.outcome is CheckOutcome.PASSED] if hit is not None else []
    return DecidingCheck(stage, hit, passed[-1] if passed else None)


def _of_unknown(trace: Trace, unknown: UnknownAnswer) -> DecidingCheck | None:
    """Return the first unknown check of the first image that may be the answer."""
    for image in unknown.images:
        for stage in trace.stages:
            position = stage.position(image.id)
            subject = stage.subjects[position] if position is not None else None
            if subject is not None and subject.outcome in (CheckOutcome.PASSED, CheckOutcome.UNKNOWN):
                doubtful = next((check for check in subject.checks if check.doubts), None)
                if doubtful is not None:
                    return DecidingCheck(stage, subject, doubtful)
    return None


def _of_miss(trace: Trace, cache: KnownCache) -> DecidingCheck | None:
    """Return the check that stopped the nearest candidate that could count, or else the nearest source."""
    local, history = trace.stage(StageKind.LOCAL), trace.stage(StageKind.HISTORY)
    assert local is not None
    if cache.rules.by_layers:
        return _by_layers(trace, cache)
    index, probe = trace.index, trace.probe
    known_configs = ~index.unknowns.configs
    eligible = index.eligible(probe)
    among = index.dated & known_configs & eligible or index.dated & known_configs or index.all & known_configs
    if history is not None:
        among = countable(cache, index, index.dated & known_configs & eligible, probe.cache_from)
    near = next(nearest(index, probe.config, among), None)
    if near is None and history is None and index.unknowns.configs:
        near = NearCandidate(next(index.images(index.unknowns.configs)), len(cache.rules.compared_fields), 0)
    source = _nearest_source(trace, cache) if history is not None else None
    if near is not None and (source is None or near.fields > 0):
        subject = trace.subject(StageKind.LOCAL, near.image)
        return DecidingCheck(local, subject, subject.deciding if subject is not None else None)
    if history is not None and source is not None:
        return DecidingCheck(history, source, source.deciding)
    cache_from = trace.stage(StageKind.CACHE_FROM)
    if cache_from is not None:
        return DecidingCheck(cache_from, None, first_failed(cache_from.checks))
    return DecidingCheck(local, None, None)


def _by_layers(trace: Trace, cache: KnownCache) -> DecidingCheck | None:
    """Return the check that stopped the image with the most passed checks, preferring sources."""
    best: tuple[Stage, NearestImage] | None = None
    for stage in trace.stages:
        brings_all = stage.kind is StageKind.CACHE_FROM and all(
            lineage.sources for lineage in cache.lineages(trace.probe.cache_from)
        )
        if best is None and not brings_all and (failed := first_failed(stage.checks)) is not None:
            return DecidingCheck(stage, None, failed)
        if stage.kind is StageKind.CACHE_FROM:
            continue
        steps = cache.next_children if stage.kind is StageKind.LOCAL else cache.continuations
        near = steps(trace.probe, explained=True).nearest(trace.probe.config)
        if near is not None and (best is None or near.passed > best[1].passed):
            best = stage, near
    if best is None:
        return DecidingCheck(trace.stages[-1], None, None)
    stage, near = best
    if stage.kind is StageKind.LOCAL:  # the candidates are the images compared; searching them by id takes longer
        subject: Subject | None = stage.subjects[near.position]
    else:
        subject = trace.subject(stage.kind, near.image)
    return DecidingCheck(stage, subject, subject.deciding if subject is not None else None)


def _nearest_source(trace: Trace, cache: KnownCache) -> Subject | None:
    """Return the source that passed the most checks, counting history entries separately."""
    near = cache.continuations(trace.probe, explained=True).nearest(trace.probe.config)
    return trace.subject(StageKind.HISTORY, near.image) if near is not None else None
