"""A record as one side of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache

from cacheview.collector import paused_collector
from cacheview.diff.answers import recorded, replayed
from cacheview.diff.finding import all_files, base_finder
from cacheview.diff.requested_steps import RequestedStep, requested_steps
from cacheview.diff.side import BuildSide, Circumstances, SideKind, SideStep
from cacheview.dockerfile.context import SourcesSum, UnknownError
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.replay.check import checksums_of, store_of
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.file import ReplayCase
from cacheview.replay.recorded import ImageFacts, RecordedImageFiles
from cacheview.replay.records import time_of
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay

__all__ = ["side_of_record"]


def side_of_record(case: ReplayCase, title: str) -> BuildSide:
    """Return the side for one build of a replay file.

    Raises:
        DataError: a part of it is malformed, or no rules are known for its engine.
    """
    with paused_collector():
        return _side(case, title)


def _side(case: ReplayCase, title: str) -> BuildSide:
    rules, release, options = case.rules, case.release, case.options
    store = store_of(case) if case.images is not None else None
    checksums = checksums_of(case)
    image_files = RecordedImageFiles(ImageFacts(case.image_sums, case.image_owners))

    def replay_under(circumstances: Circumstances) -> Replay:
        return replay(
            case.text,
            checksums,
            circumstances.store,
            circumstances.rules,
            circumstances.release,
            circumstances.options,
            name=case.dockerfile_path,
            image_files=image_files,
        )

    @cache
    def own_replay() -> Replay | None:
        return replay_under(Circumstances(store, rules, release, options)) if store is not None else None

    @cache
    def reasons() -> Mapping[int, str]:
        value = own_replay()
        return {each.number: each.reason for each in value.steps} if value is not None else {}

    if store is not None:  # a malformed context makes the side unusable, whatever its steps copy
        with suppress(BuildRefusedError):
            checksums.prepare()
    find = base_finder(store, rules, release, options)
    requested = requested_steps(
        case.text,
        case.dockerfile_path,
        release,
        options,
        base_of=find,
        sum_of=_sums(checksums, case),
        replayed=own_replay,
    )

    def reason(step: RequestedStep) -> str:
        if step.stage < 0 or (step.name == "FROM" and (step.uses or find(step.command) is not None)):
            return ""
        return reasons().get(step.number, "")

    expected, error = case.expect.steps, case.expect.error
    steps: tuple[SideStep, ...]
    if expected is not None:
        steps = tuple(recorded(requested.steps, expected, reason, is_ok=case.expect.ok))
    elif store is not None and (value := own_replay()) is not None:
        steps = tuple(replayed(requested.steps, value, store))
    else:
        steps = tuple(SideStep(step, why="the record does not contain the results") for step in requested.steps)
    side = BuildSide(
        SideKind.RECORD,
        title,
        steps,
        options,
        case.client,
        case.daemon or f"Docker {case.engine}, {case.store_kind.value}",
        case.engine,
        rules,
        release,
        case.store_kind,
        store,
        started=time_of(case.started),
        files=checksums,
        all_sums=all_files(checksums),
        after_target=requested.after_target,
        dockerfile=case.text,
        error="" if case.expect.ok else error or "the build failed",
        cut=str(requested.refused) if requested.refused is not None else "",
        replay=replay_under,
    )
    based = (
        replace(step, base=side.image(step.image) or find(step.requested.command)) if _has_base(step) else step
        for step in steps
    )
    return replace(side, steps=tuple(based))


def _has_base(step: SideStep) -> bool:
    return step.requested.name == "FROM" and not step.requested.uses and step.base is None


def _sums(checksums: ContextChecksums, case: ReplayCase) -> Callable[[CopySources], SourcesSum]:
    def of(copy: CopySources) -> SourcesSum:
        if not copy.from_:
            return checksums.sum(copy)
        key = (tuple(copy.sources), copy.destination)
        sums = {each.sum for each in case.image_sums if (each.sources, each.destination) == key and each.sum}
        if len(sums) != 1:
            raise UnknownError("the record does not contain the files of this image")
        return SourcesSum(sums.pop(), ())

    return of
